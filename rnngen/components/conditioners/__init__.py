"""Conditioners: how cells read the condition of a document."""
