"""Real servers on one machine with only Python: PostgreSQL and Apache Kafka from wheels (the extra `servers`).

`recount up`, the tests and the benchmarks use them; a production deployment uses its own servers.
"""
