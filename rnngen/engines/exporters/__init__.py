"""Exporters: a bundle in another system's format, one file each."""
