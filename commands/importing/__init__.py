"""Histories from files: a mapping says which commands the rows of a CSV give, and an import runs them."""

from commands.importing.mapping import Mapping, MappingError, parse_mapping
from commands.importing.reading import FileUnreadable
from commands.importing.report import RefusedRow, Report
from commands.importing.run import ImportInterrupted, run_import

__all__ = [
    "FileUnreadable",
    "ImportInterrupted",
    "Mapping",
    "MappingError",
    "RefusedRow",
    "Report",
    "parse_mapping",
    "run_import",
]
