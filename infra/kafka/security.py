"""How clients connect to Kafka: in plain text, or encrypted by TLS, with or without a user's name and password (SASL)."""

from __future__ import annotations

import ssl
from typing import Any

from infra.kafka.connection import Brokers
from infra.kafka.settings import KafkaSettings


def brokers(settings: KafkaSettings) -> Brokers:
    """The cluster that the settings name. Raises ValueError with the setting's name if a file of theirs cannot be used."""
    assert settings.kafka is not None
    security: dict[str, Any] = {"security_protocol": settings.kafka_protocol}
    if settings.kafka_is_encrypted:
        security["ssl_context"] = _context(settings)
    if settings.kafka_knows_users:
        security["sasl_mechanism"] = settings.kafka_mechanism
        security["sasl_plain_username"] = settings.kafka_user
        security["sasl_plain_password"] = settings.kafka_secret()
    return Brokers(settings.kafka, security)


def _context(settings: KafkaSettings) -> ssl.SSLContext:
    """Verifies the brokers' certificates and host names; shows our own certificate if there is one."""
    context = _trusting(settings)
    if settings.kafka_certificate_file:
        try:
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
        except OSError as error:
            files = f"{settings.kafka_certificate_file}, {settings.kafka_key_file or 'the same file'}"
            raise ValueError(f"RECOUNT_KAFKA_CERTIFICATE_FILE, RECOUNT_KAFKA_KEY_FILE: {files}: {error}") from None
    return context


def _trusting(settings: KafkaSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca_file)
    except OSError as error:
        raise ValueError(f"RECOUNT_KAFKA_CA_FILE: {settings.kafka_ca_file}: {error}") from None
