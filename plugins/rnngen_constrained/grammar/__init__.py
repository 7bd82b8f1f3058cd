"""Context-free grammars as machines that know the fewest steps to every ending.

Text becomes expressions (`notations` picks the reader: `lark_text`, `gbnf`, `ebnf` or `w3c`; for
the check, others than Lark's are written in its notation too, by `to_lark`). Expressions become a
network of automata, one per rule (`loops`, `network`), restricted to what the vocabulary can
spell and with the least cost of an ending in every state. The network is read from left to right
with a graph-structured stack (`stack`), which is lifted from characters or bytes to the tokens of a
vocabulary (`over_tokens`, `machine`).
"""
