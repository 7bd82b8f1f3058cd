"""What a cell, codec, domain, decoder, engine, likelihood, constraint, condition or strategy is."""
