"""`recount report`: the figures of the API in a terminal, a file or a picture, beside a running server and without one."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas
import pytest
from typer.testing import CliRunner

from infra.command_line import app
from infra.command_line.failures import explained
from infra.command_line.report import parsed
from infra.command_line.terminal import WrongUsage
from tests.infra.recount import Ran, Running, environment, recount

Report = Callable[..., Ran]
WEB, DAY = "web", "2026-03-02"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("reports") / "home")


@pytest.fixture(scope="module")
def server(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with three orders and a campaign of two variants."""
    server = Running(tmp_path_factory.mktemp("server"), variables, "serve").wait_for("Recount is ready")
    with server.caller() as caller:
        happened(caller)
    yield server
    server.process.kill()
    server.process.wait()


def happened(caller: httpx.Client) -> None:
    def send(method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        answer = caller.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer

    people = [send("PUT", f"/v1/customers/by/shop/{n}", {"name": f"Ada {n}"}).json()["id"] for n in range(4)]
    line = {"line_id": "tea", "name": "Tea", "sku": "007", "quantity": "2", "unit_price": "12.50"}
    for currency in ("EUR", "EUR", "USD"):
        order = {"channel": WEB, "currency": currency, "lines": [line], "occurred_at": f"{DAY}T10:00:00Z"}
        send("POST", "/v1/orders", order | {"customer_id": people[0]})
    campaign = send("POST", "/v1/campaigns", {"name": "春天", "currency": "EUR"}).headers["Location"]
    send("POST", f"{campaign}/launch", {})
    members = [{"customer_id": id, "variant": ("control", "treatment")[n % 2]} for n, id in enumerate(people)]
    send("POST", f"{campaign}/members", {"members": members})
    last = send("POST", f"{campaign}/touches", {"touches": [{"customer_id": people[1], "kind": "sent", "touch_id": "t"}]})
    seen = caller.get("/v1/reports/channel-sales", params={"after": last.headers["Position"]})
    assert seen.is_success, seen.text


@pytest.fixture
def report(server: Running, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Report:
    """Runs the command in this process, as `main` does, with the settings of the deployment."""
    del server
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return run


def run(*arguments: object) -> Ran:
    done = CliRunner().invoke(app, ["report", *map(str, arguments)])
    error = done.exception
    if isinstance(error, Exception):
        status, why = explained(error)
        return Ran(status, done.stdout, why)
    return Ran(done.exit_code, done.stdout, done.stderr)


def lines(ran: Ran) -> list[str]:
    assert ran.status == 0, ran.errors
    return [" ".join(line.split()) for line in ran.output.splitlines()]


def test_a_report_is_a_table_with_the_parameters_of_the_api(report: Report) -> None:
    shown = lines(report("channel-sales", "--by", "channel", "by=month", f"--from={DAY}", "--to", "2026-04-01"))
    assert "from 2026-03-02" in shown[1]
    gross = [line for line in shown if "gross" in line]
    assert [line.split()[-2:] for line in gross] in (
        [["gross", "50.00"], ["gross", "25.00"]],
        [["50.00", "EUR"], ["25.00", "USD"]],
    )


def test_json_csv_and_ndjson_are_what_the_api_answers(report: Report, server: Running) -> None:
    asked = {"by": ["channel", "month"], "currency": "EUR"}
    arguments = ("channel-sales", "by=channel", "by=month", "currency=EUR", "--format")
    with server.caller() as caller:
        for form, accepted in (("json", "application/json"), ("csv", "text/csv"), ("ndjson", "application/x-ndjson")):
            answer = caller.get("/v1/reports/channel-sales", params=asked, headers={"Accept": accepted})
            ran = report(*arguments, form)
            assert ran.status == 0, ran.errors
            if form == "json":
                assert ran.answer == answer.json()
            else:
                assert list(csv.reader(io.StringIO(ran.output))) == list(csv.reader(io.StringIO(answer.text)))


def test_a_file_has_what_would_be_printed(report: Report, tmp_path: Path) -> None:
    for form in ("table", "json", "csv"):
        file = tmp_path / form
        printed = report("sales", "--format", form)
        assert report("sales", "--format", form, "--output", file).output == ""
        assert file.read_bytes().splitlines() == printed.output.encode().splitlines()


def test_parquet_keeps_codes_as_texts_and_figures_as_numbers(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "sales.parquet"
    assert report("sales", "by=product", "--format", "parquet", "--output", file).status == 0
    frame = pandas.read_parquet(file)
    [product] = [name for name in frame.columns if name.rpartition(".")[2] == "product"]
    assert frame[product].tolist() == ["007", "007"]
    assert len(frame) == 2


def test_the_picture_of_a_report_is_drawn(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "funnel.svg"
    ran = report("campaign-effect", "by=variant", "--draw", file)
    assert ran.status == 0, ran.errors
    assert f"campaign-effect is drawn in {file}" in ran.output
    drawn = file.read_text()
    assert "春天, control" in drawn
    assert "Source: recount report campaign-effect by=variant" in drawn
    wrong = report("campaign-effect", "--draw", file, "--measure", "targetd")
    assert (wrong.status, wrong.output) == (1, "")
    assert "there is no figure targetd. The nearest is targeted" in wrong.errors


def test_a_refusal_is_the_apis_own_in_one_line(report: Report, variables: dict[str, str]) -> None:
    for arguments, why in (
        (["sale"], "There is no report sale: recount report lists all."),
        (["../status"], "There is no report ../status"),
        (["sales", "--chanel", "web"], "chanel: There is no such parameter; did you mean channel?"),
        (["sales", "from=soon"], "from: "),
        (["sales", "by=day", "by=month"], "A report has one kind of period at most"),
    ):
        ran = report(*arguments)
        assert (ran.status, ran.output) == (1, ""), arguments
        assert why in ran.errors
        assert "\n" not in ran.errors.strip()
    process = recount(variables, "report", "sale")
    assert (process.status, process.output) == (1, "")
    assert process.errors.startswith("recount: ")


def test_wrong_usage_is_found_before_anything_is_asked(report: Report, tmp_path: Path) -> None:
    for arguments, why in (
        (["sales", "month"], "month is no parameter: write name=value, or --name value"),
        (["sales", "--by"], "--by is no parameter"),
        (["sales", "--format", "parquet"], "Parquet needs a file: --output FILE"),
        (["sales", "--draw", tmp_path / "picture.gif"], "is neither .svg nor .png"),
        (["sales", "--output", tmp_path / "none" / "file"], "there is no folder"),
        (["sales", "--url", "http://127.0.0.1:9"], "--url needs the key of an analyst"),
    ):
        ran = report(*arguments)
        assert (ran.status, ran.output) == (2, ""), arguments
        assert why in ran.errors


def test_a_package_that_is_not_installed_is_named_with_its_extra(report: Report, tmp_path: Path) -> None:
    for module, extra, arguments in (
        ("matplotlib", "drawing", ["--draw", tmp_path / "picture.svg"]),
        ("pyarrow", "parquet", ["--format", "parquet", "--output", tmp_path / "file"]),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            ran = report("sales", *arguments)
        assert ran.status == 1
        assert f"needs the extra `{extra}` ({module}): pip install 'recount[{extra}]'" in ran.errors


def test_all_reports_are_listed_with_a_line_each(report: Report) -> None:
    listed = lines(report())
    [sales] = [line for line in listed if line.startswith("sales ")]
    assert "Goods sold and returned" in sales
    assert sales.endswith("top, zone")


def test_another_server_is_asked_with_a_key_of_its_own(
    report: Report, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = report("sales", "--format", "json").answer
    monkeypatch.setenv("RECOUNT_HOME", "/nowhere")
    assert report("sales", "--format", "json", "--url", server.url, "--key", server.key).answer == here
    monkeypatch.setenv("RECOUNT_KEY", str(server.key))
    assert report("sales", "--format", "json", "--url", server.url).answer == here
    ran = report("sales", "--url", server.url, "--key", "rk_wrong")
    assert ran.status == 1
    assert "key" in ran.errors
    assert "does not answer" in report("sales", "--url", "http://127.0.0.1:9").errors


def test_it_is_the_same_without_a_server(report: Report, server: Running) -> None:
    """The last test of this file: it ends the server."""
    asked = ("channel-sales", "by=channel", "by=month")
    before = report(*asked)
    assert server.end() == 0
    after = report(*asked)
    assert lines(after) == lines(before)
    refused = report("sale")
    assert (refused.status, refused.errors) == (1, "Not found. There is no report sale: recount report lists all.")


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (["by=month", "--by", "channel"], [("by", "month"), ("by", "channel")]),
        (["--from=2026-01-01", "name=a=b"], [("from", "2026-01-01"), ("name", "a=b")]),
        (["--campaign-id", "7", "sort=-net"], [("campaign_id", "7"), ("sort", "-net")]),
        (["--sort", "-net"], [("sort", "-net")]),
        (["top="], [("top", "")]),
    ],
)
def test_parameters_are_written_as_options_or_with_an_equals_sign(
    arguments: list[str], parameters: list[tuple[str, str]]
) -> None:
    assert parsed(arguments) == parameters


def test_what_has_no_value_is_no_parameter() -> None:
    with pytest.raises(WrongUsage, match="--by is no parameter"):
        parsed(["by=month", "--by"])
