"""Histories from files: a mapping says which commands the rows of a CSV give, and an import runs them."""
