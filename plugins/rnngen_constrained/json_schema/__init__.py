"""JSON Schema as a grammar: every valid document in its form is derived, and few others.

`flatten` takes references and combinations apart into alternatives with plain keywords, and
`lower` writes each as an expression, with the rest of the package: `numbers`, `strings`, `formats`,
`objects`, `arrays`. Documents have one form, so that the grammar stays small and unambiguous:
properties in the order of the schema, then others; characters are escaped only where they must be;
numbers have no exponent where there are bounds. What can't be kept exactly is noted, with its
place, and left to the validator of whole documents; what it rarely would pass is refused.
"""
