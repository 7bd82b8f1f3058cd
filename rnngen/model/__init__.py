"""Embedding, cells, readout and loss, built from components by name."""
