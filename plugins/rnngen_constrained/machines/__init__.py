"""Machines, and how several are combined: tables, lazy rules, products, plans."""
