"""Kafka: the topic, and events on their way into it and out of it."""
