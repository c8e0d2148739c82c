"""The settings for Kafka: where it is, and how connections to it are protected."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


class KafkaSettings(BaseModel):
    """`kafka` names bootstrap servers, separated by commas. `kafka_protocol` has the values of Kafka's `security.protocol`.

    Files are in PEM format. A password file holds the password and, perhaps, the end of its line.
    """

    kafka: str | None = None
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_file: Path | None = None
    kafka_certificate_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_user: str | None = None
    kafka_password: str | None = Field(default=None, repr=False)
    kafka_password_file: Path | None = None

    @property
    def kafka_is_encrypted(self) -> bool:
        return self.kafka_protocol.endswith("SSL")

    @property
    def kafka_knows_users(self) -> bool:
        return self.kafka_protocol.startswith("SASL")

    @model_validator(mode="after")
    def kafka_settings_have_an_effect(self) -> Self:
        """Otherwise, somebody might believe that a connection is protected which is not."""
        tls, sasl = self.kafka_is_encrypted, self.kafka_knows_users
        self._refuse("RECOUNT_KAFKA", self.kafka, "protocol")
        self._refuse("RECOUNT_KAFKA_PROTOCOL=SSL or SASL_SSL", tls, "ca_file", "certificate_file", "key_file")
        sasl_settings = "user", "password", "password_file", "mechanism"
        self._refuse("RECOUNT_KAFKA_PROTOCOL=SASL_SSL or SASL_PLAINTEXT", sasl, *sasl_settings)
        self._refuse("RECOUNT_KAFKA_CERTIFICATE_FILE", self.kafka_certificate_file, "key_file")
        return self

    @model_validator(mode="after")
    def kafka_user_is_complete(self) -> Self:
        if self.kafka_knows_users and not self.kafka_user:
            raise ValueError(f"RECOUNT_KAFKA_PROTOCOL={self.kafka_protocol} needs RECOUNT_KAFKA_USER")
        if self.kafka_knows_users and (self.kafka_password is None) == (self.kafka_password_file is None):
            one_of = "either RECOUNT_KAFKA_PASSWORD or RECOUNT_KAFKA_PASSWORD_FILE"
            raise ValueError(f"RECOUNT_KAFKA_PROTOCOL={self.kafka_protocol} needs {one_of}")
        return self

    def _refuse(self, needed: str, given: object, *names: str) -> None:
        """Refuse these settings if what they need is not given."""
        idle = [name for name in names if self.model_dump(include={f"kafka_{name}"}, exclude_unset=True, exclude_none=True)]
        if idle and not given:
            raise ValueError(f"RECOUNT_KAFKA_{idle[0].upper()} has no effect without {needed}")

    def kafka_secret(self) -> str | None:
        """The password. Raises ValueError with the setting's name if its file cannot be read."""
        if self.kafka_password_file is None:
            return self.kafka_password
        try:
            return self.kafka_password_file.read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"RECOUNT_KAFKA_PASSWORD_FILE: {error}") from None
