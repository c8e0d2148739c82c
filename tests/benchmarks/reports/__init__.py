"""Reports over a million rows: wall time, CPU and memory of each, in a process of its own.

`python -m tests.benchmarks.reports [--rows N] [--engine sqlite] [--only buyers]` fills the tables of read models directly, with
rows from a seed, and prints a table. A part (`sales.py`) says how to fill its tables and which reports read them.
"""
