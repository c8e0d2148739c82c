"""How often the statistics of reports are right: `python -m tests.benchmarks.calibration [TOPIC …]`.

A topic is a module with a function `figures()`. It simulates or enumerates what a method claims, with the functions that
reports use and from a seed, and takes less than two minutes.
"""
