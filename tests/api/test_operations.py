"""How the system is, and what an operator does, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from infra.command_line.parts import Parts
from infra.infra_names import NAMES
from infra.read_models.positions import dead_letters
from infra.servers.process import wait_until
from tests.api.client import Client
from tests.api.conftest import KeyFor, on_both_engines
