"""Imports of CSV files: a mapping says which commands each row becomes, and an import runs these commands."""
