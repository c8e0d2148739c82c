"""The real application in this process, as the tests of the API have it."""

from tests.api.conftest import admin, app, client, deployment, engine, executor, key_for, parts, settings

__all__ = ["admin", "app", "client", "deployment", "engine", "executor", "key_for", "parts", "settings"]
