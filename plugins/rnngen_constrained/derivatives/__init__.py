"""Regular languages as terms whose derivatives are made when they are reached.

A state is a term, and what follows a byte is its derivative (Brzozowski 1964, "Derivatives of
regular expressions"), so nothing is compiled in advance: counters stay numbers, intersection,
complement and look-around need no tables, and memory depends on what is visited.

`term` says what a term is, `kinds` are its kinds, `maker` and `space` make and keep them, `rowset`
combines their rows, `as_term` reads expressions, `endings` finds the fewest bytes to an end,
`trie`, `walk`, `horizon` and `masks` the tokens that may follow, `budget` the fewest tokens.
"""
