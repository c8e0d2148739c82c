"""Settings, read from environment variables. At start, a wrong or incomplete setting is refused, and the error names it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.shared.occurrence import checked_zone
from domain.shared.refusals import Malformed


class Settings(BaseSettings):
    """Environment variables with the prefix RECOUNT_. Set DATABASE_URL and KAFKA for the distributed deployment.

    Times are in seconds.
    """

    model_config = SettingsConfigDict(env_prefix="RECOUNT_", extra="ignore")

    home: Path = Path("recount-data")
    database_url: str | None = Field(default=None, pattern=r"^postgresql://")
    kafka: str | None = None
    topic: str = "crm.events"
    replication_factor: int = Field(default=1, ge=1)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    master_key: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    master_key_file: Path | None = None
    projections: str = ""
    queue_limit: int = Field(default=4096, ge=1)
    cache_limit: int = Field(default=50_000, ge=1)
    settle_timeout: float = Field(default=30.0, gt=0)
    lock_timeout: float = Field(default=5.0, gt=0)
    idle_timeout: float = Field(default=3.0, gt=0)
    after_timeout: float = Field(default=5.0, gt=0)
    chain_patience: float = Field(default=60.0, gt=0)
    session_timeout: float = Field(default=6.0, gt=0)
    stream_limit: int = Field(default=100, ge=0)
    body_limit: int = Field(default=8 * 1024 * 1024, ge=1024)
    head_limit: int = Field(default=32 * 1024, ge=1024)
    connection_limit: int = Field(default=10_000, ge=1)
    first_byte_timeout: float = Field(default=10.0, gt=0)
    head_timeout: float = Field(default=10.0, gt=0)
    body_timeout: float = Field(default=30.0, gt=0)
    send_timeout: float = Field(default=30.0, gt=0)
    keep_alive_timeout: float = Field(default=75.0, gt=0)
    webhook_private: bool = False
    zone: str = "UTC"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def whole(self) -> Self:
        if (self.database_url is None) != (self.kafka is None):
            raise ValueError("RECOUNT_DATABASE_URL and RECOUNT_KAFKA belong together: set both or neither")
        if self.master_key and self.master_key_file:
            raise ValueError("RECOUNT_MASTER_KEY and RECOUNT_MASTER_KEY_FILE cannot both be set: set one of them")
        return self

    @field_validator("zone")
    @classmethod
    def known_zone(cls, zone: str) -> str:
        try:
            checked_zone(zone)
        except Malformed as error:
            raise ValueError(str(error)) from None
        return zone

    @property
    def distributed(self) -> bool:
        return self.database_url is not None

    @cached_property
    def master_key_bytes(self) -> bytes:
        """The 32 bytes of the master key. Raises ValueError with the setting's name if it is missing or malformed."""
        text = self.master_key or (self._key_file_text() if self.master_key_file else None)
        if text is None:
            raise ValueError("RECOUNT_MASTER_KEY or RECOUNT_MASTER_KEY_FILE is needed: 64 hexadecimal digits")
        try:
            key = bytes.fromhex(text.strip())
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError(f"RECOUNT_MASTER_KEY_FILE: {self.master_key_file} does not contain 64 hexadecimal digits")
        return key

    def _key_file_text(self) -> str:
        try:
            return Path(str(self.master_key_file)).read_text()
        except OSError as error:
            raise ValueError(f"RECOUNT_MASTER_KEY_FILE: {error}") from None
