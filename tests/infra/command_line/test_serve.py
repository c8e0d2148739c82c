"""`recount serve` in the embedded deployment: everything in one process, from one folder."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.infra.recount import COMMAND, Running, environment, recount
from tests.waiting import PATIENCE, wait_until

Serve = Callable[..., Running]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server at its first start, for all tests that only look at one and send it requests."""
    folder = tmp_path_factory.mktemp("first")
    server = Running(folder, environment(folder / "home"), "serve").wait_for("Recount is ready")
    yield server
    assert server.end() == 0


@pytest.fixture
def its_home(first: Running) -> Path:
    return first.folder / "home"


def _register(caller: httpx.Client, name: str) -> httpx.Response:
    answer = caller.post("/v1/customers", json={"kind": "person", "name": name})
    assert answer.status_code == 201, answer.text
    return answer


def _name(caller: httpx.Client, registered: httpx.Response) -> str:
    answer = caller.get(registered.headers["Location"], params={"after": registered.headers["Position"]})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["name"])


def test_a_registered_customer_can_be_read_immediately(first: Running) -> None:
    with first.caller() as caller:
        assert _name(caller, _register(caller, "Ada")) == "Ada"


def test_the_requests_shown_at_the_first_start_work_unchanged(first: Running) -> None:
    lines = [line.strip() for line in first.output.splitlines() if line.strip().startswith("curl")]
    assert [_sent(_arguments(line)).status_code for line in lines] == [201, 200, 200]


def _arguments(line: str) -> list[str]:
    """The arguments that a shell makes of the line."""
    shown = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True)
    return shown.stdout.split("\0")[:-1]


def _sent(curl: list[str]) -> httpx.Response:
    headers = dict(value.split(": ", 1) for flag, value in pairwise(curl) if flag == "-H")
    body = next((value for flag, value in pairwise(curl) if flag == "-d"), None)
    return httpx.request("GET" if body is None else "POST", curl[-1], headers=headers, content=body)


def test_without_a_terminal_the_first_key_is_in_a_private_file_and_in_no_output(first: Running, its_home: Path) -> None:
    file = its_home / "first-admin-key"
    assert first.key == file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert re.search("rk_", first.output + first.errors) is None
    assert [path.name for path in its_home.glob("first-admin-key*")] == [file.name]
    with first.caller() as caller:
        _register(caller, "Ada")


def test_without_a_terminal_no_output_signs_anybody_in_and_it_names_the_command_that_does(
    first: Running, its_home: Path
) -> None:
    assert f"Console: {first.url}/   (to sign in, run recount sign-in)" in first.output
    assert re.search("rl_", first.output + first.errors) is None
    shown = recount(environment(its_home), "sign-in").output
    [token] = re.findall(rf"^Console: {re.escape(first.url)}/#sign-in=(rl_[\w-]+)$", shown, re.MULTILINE)
    assert httpx.post(f"{first.url}/v1/sessions", json={"link": token}).json()["roles"] == ["admin"]


def _plain(shown: str) -> str:
    """The text without the colours of a terminal."""
    return re.sub(r"\x1b\[[\d;]*m", "", shown)


def test_on_a_terminal_the_first_key_is_shown_once_and_in_no_file(variables: dict[str, str], home: Path) -> None:
    ours, theirs = pty.openpty()
    with (
        os.fdopen(ours, "rb", buffering=0) as terminal,
        subprocess.Popen([*COMMAND, "serve"], env=variables, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as process,
    ):
        os.close(theirs)
        shown, deadline = "", time.monotonic() + PATIENCE
        while "/v1/events?limit=3" not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([terminal], [], [], 1)[0]:
                shown += terminal.read(65536).decode(errors="replace")
        try:
            keys = set(re.findall(r"rk_[0-9a-f]{32}_[\w-]{63}", shown))
            url = re.search(r"http://[\d.]+:\d+(?=/docs)", shown)
            assert len(keys) == 1
            assert url
            answer = httpx.get(f"{url[0]}/v1/keys", headers={"Authorization": f"Bearer {keys.pop()}"})
            assert answer.status_code == 200
            link = re.search(rf"Console: {re.escape(url[0])}/#sign-in=(rl_[\w-]+)", _plain(shown))
            assert link
            assert httpx.post(f"{url[0]}/v1/sessions", json={"link": link[1]}).status_code == 201
        finally:
            process.kill()
    assert not list(home.glob("first-admin-key*"))


def test_a_first_key_that_cannot_be_kept_is_not_issued(serve: Serve, variables: dict[str, str], home: Path) -> None:
    (home / "first-admin-key").mkdir(parents=True)
    ran = recount(variables, "serve")
    assert ran.status == 1
    assert "RECOUNT_HOME: the first admin key cannot be written" in ran.errors
    (home / "first-admin-key").rmdir()
    assert serve().key


def test_a_second_start_keeps_the_data_and_shows_no_key(serve: Serve) -> None:
    first = serve()
    key = first.key
    with first.caller() as caller:
        registered = _register(caller, "Ada")
    assert first.end() == 0
    second = serve()
    assert second.key is None
    with second.caller(key) as caller:
        assert _name(caller, registered) == "Ada"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_cleanly_when_asked_and_leaves_no_server_file(serve: Serve, home: Path, number: signal.Signals) -> None:
    server, file = serve(), home / "server.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert server.end(number) == 0
    assert "Traceback" not in server.errors
    assert not file.exists()


def test_a_server_that_is_asked_at_its_start_ends_cleanly_too(tmp_path: Path, variables: dict[str, str], home: Path) -> None:
    server = Running(tmp_path, variables, "serve")
    wait_until((home / "tmp").exists, "it has opened its stores")
    assert server.end(signal.SIGTERM) == 0
    assert not (home / "running").exists(), "the next start has nothing to verify"
    assert "Traceback" not in server.errors


def test_a_second_server_on_the_same_folder_is_refused_with_the_address_of_the_first(first: Running, its_home: Path) -> None:
    second = recount(environment(its_home), "serve")
    assert second.status == 1
    assert "RECOUNT_HOME" in second.errors
    assert str(its_home) in second.errors
    assert first.url in second.errors


def test_the_error_names_a_port_that_is_taken(first: Running, tmp_path: Path) -> None:
    port = first.url.rpartition(":")[2]
    second = recount(environment(tmp_path / "other", PORT=port), "serve")
    assert second.status == 1
    assert f"RECOUNT_PORT {port}" in second.errors


def test_a_command_does_not_ask_a_server_that_was_killed(serve: Serve, variables: dict[str, str], home: Path) -> None:
    server = serve()
    server.process.kill()
    server.process.wait()
    assert (home / "server.json").exists()
    ran = recount(variables, "status", "--json")
    assert (ran.status, ran.answer["healthy"]) == (0, True), ran.errors


def test_a_file_to_load_is_imported_after_the_first_start_only(serve: Serve, mapping: Path, rows: Path) -> None:
    first = serve("--load", mapping, rows).wait_for("customers.csv: 3 rows: 2 accepted, 0 repeated, 1 refused")
    with first.caller() as caller:
        head = caller.get("/v1/status").json()["head"]
    first.end()
    second = serve("--load", mapping, rows)
    with second.caller(first.key) as caller:
        assert caller.get("/v1/status").json()["head"] == head
    assert second.end() == 0
    assert "rows" not in second.output


def test_the_error_names_a_missing_file_to_load(variables: dict[str, str], mapping: Path) -> None:
    ran = recount(variables, "serve", "--load", mapping, "nowhere.csv")
    assert ran.status == 2
    assert "nowhere.csv" in ran.errors


def test_commands_that_were_accepted_before_the_end_are_kept(serve: Serve) -> None:
    server = serve()
    key = server.key
    with server.caller() as caller:
        registered = [_register(caller, f"Customer {number}") for number in range(20)]
        server.process.send_signal(signal.SIGTERM)
    assert server.end() == 0
    with serve().caller(key) as caller:
        assert [_name(caller, one) for one in registered] == [f"Customer {number}" for number in range(20)]


def test_logs_outside_a_terminal_are_json_without_personal_data(serve: Serve) -> None:
    server = serve()
    with server.caller() as caller:
        _register(caller, "Ada Lovelace")
    server.end()
    wait_until(lambda: server.process.poll() is not None, "the server is gone")
    assert all(line.startswith("{") for line in server.errors.splitlines())
    assert not re.search("Ada|Lovelace", server.errors)
