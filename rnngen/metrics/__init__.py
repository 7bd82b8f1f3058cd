"""Numbers about a model and pictures of them; no file formats."""
