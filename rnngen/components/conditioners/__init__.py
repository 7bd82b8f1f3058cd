"""Conditioners: how a document is told to the cells that read it."""
