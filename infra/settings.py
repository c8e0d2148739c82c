"""Settings, read from environment variables. At start, a wrong or incomplete setting is refused, and the error names it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.shared.occurrence import checked_zone
from domain.shared.refusals import Malformed
from infra.kafka.settings import KafkaSettings
from infra.master_keys import KEYS, parsed, printed_by
from infra.networks import Network, networks
from infra.webhooks.addresses import EVERYTHING, Reach

# A hundred years.
LONGEST_LIMIT = 3_155_760_000.0


class Settings(KafkaSettings, BaseSettings):
    """Environment variables with the prefix RECOUNT_. Set DATABASE_URL and KAFKA for the distributed deployment.

    Times are in seconds.
    """

    model_config = SettingsConfigDict(env_prefix="RECOUNT_", extra="ignore", hide_input_in_errors=True)

    home: Path = Path("recount-data")
    database_url: str | None = Field(default=None, pattern=r"^postgresql://")
    topic: str = "crm.events"
    replication_factor: int = Field(default=1, ge=1)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    master_key: str | None = Field(default=None, pattern=KEYS)
    master_key_file: Path | None = None
    master_key_command: str | None = None
    backup_recipients: str = ""
    erasures_file: Path | None = None
    projections: str = ""
    queue_limit: int = Field(default=4096, ge=1)
    cache_limit: int = Field(default=50_000, ge=1)
    settle_timeout: float = Field(default=30.0, gt=0)
    lock_timeout: float = Field(default=5.0, gt=0)
    idle_timeout: float = Field(default=3.0, gt=0)
    after_timeout: float = Field(default=5.0, gt=0)
    drain_seconds: float = Field(default=0.0, ge=0, le=3600)
    chain_patience: float = Field(default=60.0, gt=0)
    session_timeout: float = Field(default=6.0, gt=0)
    sign_in_seconds: float = Field(default=12 * 3600.0, ge=1, le=30 * 24 * 3600.0)
    stream_limit: int = Field(default=100, ge=0)
    command_limit: int = Field(default=128, ge=1)
    read_limit: int = Field(default=128, ge=1)
    report_limit: int = Field(default=8, ge=1)
    bulk_limit: int = Field(default=6, ge=1)
    after_limit: int = Field(default=512, ge=1)
    read_threads: int = Field(default=4, ge=1)
    report_threads: int = Field(default=2, ge=1)
    frame_limit: int = Field(default=256 * 1024**2, ge=0)
    wait_limit: float = Field(default=3.0, gt=0)
    long_wait_limit: float = Field(default=30.0, gt=0)
    body_limit: int = Field(default=8 * 1024 * 1024, ge=1024)
    head_limit: int = Field(default=32 * 1024, ge=1024)
    upload_limit: int = Field(default=8 * 1024**3, ge=1024)
    upload_reserve: int = Field(default=512 * 1024**2, ge=0)
    connection_limit: int = Field(default=10_000, ge=1)
    first_byte_timeout: float = Field(default=10.0, gt=0)
    head_timeout: float = Field(default=10.0, gt=0)
    body_timeout: float = Field(default=30.0, gt=0)
    send_timeout: float = Field(default=30.0, gt=0)
    keep_alive_timeout: float = Field(default=75.0, gt=0)
    trusted_proxies: str = ""
    docs: bool = True
    console: bool = True
    webhook_networks: str = ""
    webhook_http: bool = False
    webhook_private: bool = False
    zone: str = "UTC"
    clock_limit: float = Field(default=4 * 24 * 3600.0, gt=0, le=LONGEST_LIMIT)
    clock_confirmed: AwareDatetime | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def whole(self) -> Self:
        if (self.database_url is None) != (self.kafka is None):
            raise ValueError("RECOUNT_DATABASE_URL and RECOUNT_KAFKA belong together: set both or neither")
        if len(given := self._sources()) > 1:
            raise ValueError(f"{' and '.join(given)} cannot be set together: set one of them")
        return self

    @field_validator("zone")
    @classmethod
    def known_zone(cls, zone: str) -> str:
        try:
            checked_zone(zone)
        except Malformed as error:
            raise ValueError(str(error)) from None
        return zone

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def valid_networks(cls, text: str) -> str:
        networks(text)
        return text

    @cached_property
    def trusted_networks(self) -> tuple[Network, ...]:
        """The networks of TRUSTED_PROXIES."""
        return networks(self.trusted_proxies)

    @property
    def webhook_reach(self) -> Reach:
        """Where webhooks may be sent. `webhook_private` allows everything."""
        return (
            Reach(EVERYTHING, http=True) if self.webhook_private else Reach(networks(self.webhook_networks), self.webhook_http)
        )

    @property
    def distributed(self) -> bool:
        return self.database_url is not None

    @cached_property
    def master_keys(self) -> tuple[bytes, ...]:
        """The master keys, each of 32 bytes; the last one is the newest. Raises ValueError, which names the setting."""
        return self.read_master_keys()

    def read_master_keys(self) -> tuple[bytes, ...]:
        """The master keys as the file has them or the command prints them now. Raises ValueError, which names the setting."""
        given = self._sources()
        if not given:
            names = "RECOUNT_MASTER_KEY, RECOUNT_MASTER_KEY_FILE or RECOUNT_MASTER_KEY_COMMAND"
            raise ValueError(f"{names} is needed: 64 hexadecimal digits")
        [name] = given
        try:
            return parsed(self._master_key_text())
        except (OSError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None

    def _master_key_text(self) -> str:
        if self.master_key_command is not None:
            return printed_by(self.master_key_command)
        return self.master_key if self.master_key is not None else Path(str(self.master_key_file)).read_text(errors="replace")

    def _sources(self) -> list[str]:
        """The names of the settings that give the master key."""
        fields = ("master_key", "master_key_file", "master_key_command")
        return [f"RECOUNT_{name.upper()}" for name in fields if getattr(self, name) is not None]
