"""Real servers on one machine with only Python: PostgreSQL and Apache Kafka out of wheels (the extra `servers`).

`recount up`, the tests and the benchmarks stand on these; a production deployment brings its own.
"""
