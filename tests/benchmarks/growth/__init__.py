"""How Recount behaves as its log grows: commands, reads, starts, rebuilds, memory and bytes at 10 thousand to 5 million events.

    python -m tests.benchmarks.growth                          # both engines, into docs/growth.json and docs/growth/
    python -m tests.benchmarks.growth --engine sqlite --stages 10000,100000 --into FOLDER
    python -m tests.benchmarks.growth --draw                   # only the pictures, from the record

A deployment grows from stage to stage. At each stage, commands are measured in turn against it and an empty one of its engine.
"""
