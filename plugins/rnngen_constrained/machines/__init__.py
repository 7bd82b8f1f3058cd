"""Machines, and how several become one: tables, lazy rules, products, plans."""
