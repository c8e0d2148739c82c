"""Kafka: the topic, sending events to it and reading them from it."""
