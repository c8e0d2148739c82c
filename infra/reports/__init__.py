"""Answers of reports as people read them: in a terminal, or as a file."""
