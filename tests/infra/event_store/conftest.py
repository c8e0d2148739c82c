"""The event store on both engines, as the tests of the executor have it."""

from tests.commands.conftest import executor, store, where

__all__ = ["executor", "store", "where"]
