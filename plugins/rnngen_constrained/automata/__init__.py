"""Regular expressions and automata over characters, bytes and tokens."""
