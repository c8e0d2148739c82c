"""Every way in which a command can fail: the exit status, and one line that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.command_line.terminal import FAILED, WRONG_USAGE, Failed, WrongUsage
from infra.file_modes import warn_of_readers

if TYPE_CHECKING:
    from infra.kafka.connection import Brokers
    from infra.settings import Settings

SECRET_FILES = ("master_key_file", "kafka_key_file", "kafka_password_file")


def settings() -> Settings:
    """All settings. Raises WrongUsage, which names the wrong settings."""
    from pydantic import ValidationError

    from infra.settings import Settings

    try:
        settings = Settings()
        _ = settings.master_keys
    except ValidationError as error:
        raise WrongUsage("; ".join(map(_misfit, error.errors()))) from None
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    for name in SECRET_FILES:
        if file := getattr(settings, name):
            warn_of_readers(f"RECOUNT_{name.upper()}", file)
    return settings


def distributed_settings(command: str) -> tuple[Settings, Brokers]:
    """The settings and the Kafka cluster, for a command of the distributed deployment. Raises WrongUsage."""
    found = settings()
    if not found.distributed:
        raise WrongUsage(f"recount {command} needs the distributed deployment: set RECOUNT_DATABASE_URL and RECOUNT_KAFKA")
    from infra.kafka.security import brokers

    try:
        return found, brokers(found)
    except ValueError as error:
        raise WrongUsage(str(error)) from None


def _misfit(error: object) -> str:
    assert isinstance(error, dict)
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"RECOUNT_{str(error['loc'][0]).upper()}: {message}" if error["loc"] else message


def explained(error: Exception) -> tuple[int, str]:
    """Exit status and explanation."""
    if isinstance(error, Failed):
        return FAILED, str(error)
    if isinstance(error, WrongUsage):
        return WRONG_USAGE, str(error)
    return _of_the_stores(error) or (FAILED, f"unexpected {type(error).__name__}: {error}")


def _of_the_stores(error: Exception) -> tuple[int, str] | None:
    """The exit status and explanation for an error of the stores at the start. Later a process waits for its stores instead."""
    from sqlalchemy.exc import DBAPIError

    from commands.shared.commit import StoreUnavailable
    from infra.event_store.rows import RestoreUnfinished
    from infra.event_store.store_format import OtherFormat
    from infra.event_store.vault import WrongMasterKey
    from infra.home import HomeInUse
    from infra.kafka.connection import KafkaUnavailable
    from infra.kafka.topic import UnfitTopic
    from infra.read_models.repair_lock import BeingRepaired, StillInUse

    if isinstance(error, HomeInUse):
        return FAILED, f"RECOUNT_HOME: {error}"
    if isinstance(error, BeingRepaired | StillInUse):
        return FAILED, str(error)
    if isinstance(error, WrongMasterKey):
        return WRONG_USAGE, f"RECOUNT_MASTER_KEY, RECOUNT_MASTER_KEY_FILE or RECOUNT_MASTER_KEY_COMMAND: {error}"
    if isinstance(error, OtherFormat):
        return WRONG_USAGE, f"RECOUNT_DATABASE_URL or RECOUNT_HOME: {error}"
    if isinstance(error, RestoreUnfinished):
        return FAILED, f"RECOUNT_DATABASE_URL or RECOUNT_HOME: {error}"
    if isinstance(error, StoreUnavailable | DBAPIError):
        return (
            FAILED,
            f"the database (RECOUNT_DATABASE_URL, or RECOUNT_HOME) does not answer: {_first_line(_asked_again() or error)}",
        )
    if isinstance(error, KafkaUnavailable):
        return FAILED, f"RECOUNT_KAFKA: {error}"
    if isinstance(error, UnfitTopic):
        return FAILED, f"RECOUNT_TOPIC: {error}"
    return None


def _asked_again() -> Exception | None:
    """Why PostgreSQL cannot be reached, such as a wrong certificate: a pool of connections only says that it waited."""
    import psycopg

    url = settings().database_url
    if url is None:
        return None
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error as error:
        return error
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
