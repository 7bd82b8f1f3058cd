"""Context-free grammars, with the fewest steps a valid ending still takes."""
