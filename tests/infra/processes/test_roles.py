"""docker-compose.yml describes the processes of infra/processes/roles.py, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.command_line import app as command_line
from infra.processes.roles import PROBE, ROLES, SERVERS, Place, Role, Server, environment
from infra.servers.jars import LOCK
from infra.servers.postgres import ERASABLE
from infra.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PLACE = Place(
    "postgresql://recount:${POSTGRES_PASSWORD:?letters and digits}@postgres:5432/recount",
    "kafka:9092",
    {"RECOUNT_MASTER_KEY": "${RECOUNT_MASTER_KEY:?64 hexadecimal digits}"},
)
PORTS = {"PORT": 8000, "METRICS_PORT": 9100}

each_role = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
each_server = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)


def _service(name: str) -> dict[str, Any]:
    service: dict[str, Any] = COMPOSE["services"][name]
    return service


def test_the_services_are_the_servers_and_the_roles() -> None:
    assert set(COMPOSE["services"]) == {server.name for server in SERVERS} | {role.name for role in ROLES}


@each_role
def test_a_role_has_as_many_containers_as_processes_with_the_same_command(role: Role) -> None:
    service = _service(role.name)
    assert service["command"] == [role.command]
    assert service["deploy"]["replicas"] == role.copies


@each_role
def test_a_container_has_the_settings_of_a_process(role: Role) -> None:
    assert _service(role.name)["environment"] == environment(role, PLACE, "0.0.0.0", PORTS[role.port])


@each_role
def test_the_health_check_of_a_container_is_that_of_a_process(role: Role) -> None:
    address = f"http://127.0.0.1:{PORTS[role.port]}{role.health}"
    assert _service(role.name)["healthcheck"]["test"] == ["CMD", *PROBE, address]


@each_role
def test_a_container_waits_until_all_servers_answer(role: Role) -> None:
    waits = _service(role.name)["depends_on"]
    assert waits == {server.name: {"condition": "service_healthy"} for server in SERVERS}


@each_role
def test_the_environment_of_a_process_consists_of_settings(role: Role) -> None:
    settings = {f"RECOUNT_{name.upper()}" for name in Settings.model_fields}
    assert environment(role, PLACE, "127.0.0.1", 1).keys() <= settings


@each_role
def test_a_process_runs_a_command_of_the_command_line(role: Role) -> None:
    assert role.command in {command.callback.__name__ for command in command_line.registered_commands if command.callback}


@each_server
def test_a_server_has_the_image_and_the_probe_of_its_description(server: Server) -> None:
    service = _service(server.name)
    assert service["image"] == f"${{{server.name.upper()}_IMAGE:-{server.image}}}"
    assert service["healthcheck"]["test"] == ["CMD", *server.probe]


@each_server
def test_the_data_of_a_server_outlive_its_container(server: Server) -> None:
    [volume] = _service(server.name)["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]


def test_kafka_in_a_container_has_the_version_of_the_tests() -> None:
    version = _service("kafka")["image"].rpartition(":")[2].removesuffix("}")
    assert f"org.apache.kafka:kafka_2.13:{version} " in LOCK.read_text()


def test_every_api_worker_has_a_published_port() -> None:
    [api] = [role for role in ROLES if role.name == "api"]
    [published] = _service("api")["ports"]
    _, outside, inside = published.split(":")
    first, last = map(int, outside.split("-"))
    assert (int(inside), last - first + 1) == (PORTS["PORT"], api.copies)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|KEY|SECRET)\w*)(:?.)", text)
    assert {name for name, _ in secrets} == {"POSTGRES_PASSWORD", "RECOUNT_MASTER_KEY"}
    assert {default for _, default in secrets} == {":?"}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_has_no_right_of_root_and_bounded_memory(name: str) -> None:
    service = _service(name)
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert service["mem_limit"]
    assert "privileged" not in service
    assert service.get("user") != "root"


@each_role
def test_the_file_system_of_a_process_is_read_only_apart_from_home(role: Role) -> None:
    service = _service(role.name)
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    # Only the API writes files: uploads, large answers, and the first key, which both workers must find.
    assert service.get("volumes", []) == (["home:/home/recount/data"] if role.name == "api" else [])
    assert "RECOUNT_HOME=/home/recount/data" in (ROOT / "Dockerfile").read_text()


@each_server
def test_a_server_can_be_reached_only_by_the_containers_of_the_file(server: Server) -> None:
    service = _service(server.name)
    assert "ports" not in service
    assert service["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_only_what_is_called_or_calls_others_is_in_a_network_with_a_way_out() -> None:
    outside = {role.name for role in ROLES if "outside" in _service(role.name)["networks"]}
    assert outside == {"api", "follower"}


def test_postgres_in_a_container_keeps_no_old_write_ahead_log() -> None:
    settings = [part for pair in ERASABLE.items() for part in ("-c", "=".join(pair))]
    assert _service("postgres")["command"] == ["postgres", *settings]


def test_everything_that_pip_installs_into_the_image_is_checked_by_its_hash() -> None:
    installs = re.findall(r"pip install ([^\n&]*)", (ROOT / "Dockerfile").read_text())
    assert len(installs) == 2
    assert all("--require-hashes -r run.lock" in one or "--no-index" in one for one in installs)
    assert re.search(r"^pdm-backend==\S+ \\\n *--hash=", (ROOT / "requirements/run.lock").read_text(), re.MULTILINE)


def test_the_image_runs_as_an_unprivileged_user() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER recount" in lines
    assert lines.index("USER recount") < lines.index('ENTRYPOINT ["recount"]')


def test_the_image_contains_every_package() -> None:
    copied = {line.split()[1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")}
    assert {"domain", "commands", "projections", "consumers", "infra", "api"} <= copied
