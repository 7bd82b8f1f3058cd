"""Plugins: hooks, discovery, catalog, option resolution."""
