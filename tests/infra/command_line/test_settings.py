"""A wrong or incomplete setting is refused at the start, with one line that names it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.recount import environment, free_port, recount

DATABASE = "postgresql://postgres@127.0.0.1:1/nowhere"
BOTH = {"DATABASE_URL": DATABASE, "KAFKA": "127.0.0.1:1"}
SASL = BOTH | {"KAFKA_PROTOCOL": "SASL_SSL"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"PORT": "high"}, "RECOUNT_PORT"),
        ({"PORT": "65536"}, "RECOUNT_PORT"),
        ({"KAFKA": "127.0.0.1:1"}, "RECOUNT_DATABASE_URL and RECOUNT_KAFKA"),
        ({"DATABASE_URL": DATABASE}, "RECOUNT_DATABASE_URL and RECOUNT_KAFKA"),
        ({"DATABASE_URL": "mysql://here/there", "KAFKA": "127.0.0.1:1"}, "RECOUNT_DATABASE_URL"),
        ({"MASTER_KEY": None}, "RECOUNT_MASTER_KEY, RECOUNT_MASTER_KEY_FILE or RECOUNT_MASTER_KEY_COMMAND"),
        ({"MASTER_KEY": "short"}, "RECOUNT_MASTER_KEY"),
        ({"MASTER_KEY_FILE": "key"}, "RECOUNT_MASTER_KEY and RECOUNT_MASTER_KEY_FILE"),
        ({"MASTER_KEY": None, "MASTER_KEY_FILE": "nowhere/key"}, "RECOUNT_MASTER_KEY_FILE"),
        ({"MASTER_KEY_COMMAND": "cat key"}, "RECOUNT_MASTER_KEY and RECOUNT_MASTER_KEY_COMMAND"),
        ({"MASTER_KEY": None, "MASTER_KEY_COMMAND": "no-such-program"}, "RECOUNT_MASTER_KEY_COMMAND"),
        ({"QUEUE_LIMIT": "0"}, "RECOUNT_QUEUE_LIMIT"),
        ({"LOG_LEVEL": "LOUD"}, "RECOUNT_LOG_LEVEL"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, proxy.internal"}, "RECOUNT_TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.0/33"}, "RECOUNT_TRUSTED_PROXIES"),
        ({"DOCS": "perhaps"}, "RECOUNT_DOCS"),
        ({"ZONE": "Europe/Lummerland"}, "RECOUNT_ZONE"),
        ({"KAFKA_PROTOCOL": "SSL"}, "RECOUNT_KAFKA_PROTOCOL has no effect without RECOUNT_KAFKA"),
        (BOTH | {"KAFKA_PROTOCOL": "TLS"}, "RECOUNT_KAFKA_PROTOCOL"),
        (BOTH | {"KAFKA_CA_FILE": "ca"}, "RECOUNT_KAFKA_CA_FILE has no effect without RECOUNT_KAFKA_PROTOCOL=SSL"),
        (BOTH | {"KAFKA_USER": "ada"}, "RECOUNT_KAFKA_USER has no effect without RECOUNT_KAFKA_PROTOCOL=SASL"),
        (BOTH | {"KAFKA_PROTOCOL": "SSL", "KAFKA_PASSWORD": "x"}, "RECOUNT_KAFKA_PASSWORD has no effect"),
        (BOTH | {"KAFKA_PROTOCOL": "SSL", "KAFKA_KEY_FILE": "x"}, "RECOUNT_KAFKA_KEY_FILE has no effect"),
        (SASL, "RECOUNT_KAFKA_USER"),
        (SASL | {"KAFKA_USER": "ada"}, "RECOUNT_KAFKA_PASSWORD"),
        (SASL | {"KAFKA_USER": "ada", "KAFKA_PASSWORD": "x", "KAFKA_PASSWORD_FILE": "y"}, "RECOUNT_KAFKA_PASSWORD_FILE"),
        (SASL | {"KAFKA_USER": "ada", "KAFKA_PASSWORD": "x", "KAFKA_MECHANISM": "GUESS"}, "RECOUNT_KAFKA_MECHANISM"),
    ],
)
def test_the_refusal_of_a_wrong_setting_names_it(home: Path, settings: dict[str, str | None], named: str) -> None:
    ran = recount(environment(home, **settings), "serve")
    assert ran.status == 2
    assert named in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1
    assert not home.exists()


def test_the_error_names_the_setting_of_a_database_that_does_not_answer(home: Path) -> None:
    ran = recount(environment(home, DATABASE_URL=DATABASE, KAFKA="127.0.0.1:1", LOCK_TIMEOUT=0.5), "serve")
    assert ran.status == 1
    assert "RECOUNT_DATABASE_URL" in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1


def test_another_master_key_is_refused(home: Path) -> None:
    assert recount(environment(home), "status").status == 0
    ran = recount(environment(home, MASTER_KEY="8d" * 32), "status")
    assert ran.status == 2
    assert "RECOUNT_MASTER_KEY" in ran.errors


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (BOTH | {"KAFKA_PROTOCOL": "SSL", "KAFKA_CA_FILE": "nowhere/ca"}, "RECOUNT_KAFKA_CA_FILE"),
        (BOTH | {"KAFKA_PROTOCOL": "SSL", "KAFKA_CERTIFICATE_FILE": "nowhere/crt"}, "RECOUNT_KAFKA_CERTIFICATE_FILE"),
        (SASL | {"KAFKA_USER": "ada", "KAFKA_PASSWORD_FILE": "nowhere/password"}, "RECOUNT_KAFKA_PASSWORD_FILE"),
    ],
)
def test_a_file_for_kafka_that_cannot_be_read_is_named(home: Path, settings: dict[str, str | None], named: str) -> None:
    ran = recount(environment(home, **settings), "relay")
    assert ran.status == 2
    assert named in ran.errors
    assert "nowhere" in ran.errors
    assert len(ran.errors.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["relay", "project", "follow"])
def test_a_command_of_the_distributed_deployment_is_refused_in_the_embedded_one(home: Path, command: str) -> None:
    ran = recount(environment(home), command)
    assert ran.status == 2
    assert "RECOUNT_DATABASE_URL and RECOUNT_KAFKA" in ran.errors


def test_up_is_refused_with_settings_of_other_servers(home: Path) -> None:
    ran = recount(environment(home, DATABASE_URL=DATABASE, KAFKA="127.0.0.1:1"), "up")
    assert ran.status == 2
    assert "RECOUNT_DATABASE_URL and RECOUNT_KAFKA" in ran.errors


@pytest.mark.parametrize("worker", [0, 1])
def test_up_is_refused_if_a_port_of_its_api_is_taken_before_it_starts_anything(home: Path, tmp_path: Path, worker: int) -> None:
    port = free_port(tmp_path)
    with socket.create_server(("127.0.0.1", port)):
        ran = recount(environment(home, PORT=port - worker), "up")
    assert ran.status == 1
    assert f"RECOUNT_PORT: another process listens on 127.0.0.1, port {port}" in ran.errors
    assert not home.exists()


def test_a_projector_of_an_unknown_read_model_is_refused_with_a_list_of_the_known_ones(home: Path) -> None:
    ran = recount(environment(home, DATABASE_URL=DATABASE, KAFKA="127.0.0.1:1"), "project", "customer_veiw")
    assert ran.status == 2
    assert "customer_veiw" in ran.errors
    assert "customer_view" in ran.errors


@pytest.mark.parametrize("arguments", [("sreve",), ("import", "a.toml"), ("keys", "create", "me"), ("rebuild",)])
def test_wrong_usage_has_its_own_exit_status(home: Path, arguments: tuple[str, ...]) -> None:
    assert recount(environment(home), *arguments).status == 2


def test_help_needs_no_settings_and_no_heavy_module() -> None:
    heavy = "{'fastapi', 'sqlalchemy', 'kafka', 'pydantic', 'pandas', 'sklearn', 'httpx', 'uvicorn'}"
    script = f"import sys, infra.command_line; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
