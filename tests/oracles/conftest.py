"""The fixtures of the API tests: the real application in this process."""

from tests.api.conftest import (
    admin,
    app,
    client,
    deployment,
    document,
    empty_home,
    engine,
    executor,
    key_for,
    parts,
    settings,
    shared_world,
)

__all__ = [
    "admin",
    "app",
    "client",
    "deployment",
    "document",
    "empty_home",
    "engine",
    "executor",
    "key_for",
    "parts",
    "settings",
    "shared_world",
]
