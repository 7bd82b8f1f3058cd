"""Small texts of the project's own, and recipes for well-known public ones; see README.md."""
