"""Personal data needs a permission of its own, in every answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from api.shared.access import ROLES
from domain.shared.events import type_name
from infra.event_store.places import EACH, personal_paths
from infra.wiring import EVENTS
from tests.api.conftest import Headers, World
from tests.api.given_personal import EMAIL, MARK, PHONE, Places, personal_things_happened
from tests.api.questions import Question, chosen, plain, searching
from tests.waiting import wait_until

UNMARKED = "Quitte"
MARKS = (MARK.casefold(), PHONE.removeprefix("+"))
# The reference of a voided payment comes only from imports.
ONLY_FROM_IMPORTS = {("crm.order.payment_voided.v1", "reference")}
# The digest of a file that contains the mark does not contain the mark.
DIGESTS = {("crm.import.started.v2", "file_sha256")}


@pytest.fixture(scope="module")
def story(world: World) -> Places:
    story = personal_things_happened(world.client)
    wait_until(lambda: _import(world, story)["state"] != "running", "the import ended")
    assert world.client.get("/v1/customers", params={"after": world.head()}).status_code == 200
    return story


@pytest.fixture(scope="module")
def blind(world: World) -> Iterator[Headers]:
    """A key with all permissions but personal:read, which is more than any role has without it."""
    everything = frozenset[str]().union(*ROLES.values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ROLES, "auditor", everything - {"personal:read"})
        yield world.key("auditor")


def test_the_story_contains_every_personal_value_that_an_event_may_have(world: World, story: Places) -> None:
    answer = world.client.get("/v1/events", headers=world.admin | {"Accept": "application/x-ndjson"})
    recorded = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    found = {(event["type"], path) for event in recorded for path in _marked(event["data"])}
    personal = {(type_name(kind), _name(path)) for kind in EVENTS for path in personal_paths(kind)}
    assert personal - ONLY_FROM_IMPORTS - DIGESTS - found == set()


def test_without_the_permission_no_answer_contains_a_personal_value(world: World, story: Places, blind: Headers) -> None:
    document, answered = world.app.openapi(), set()
    asked = [*(question for _, question in plain(document, story)), *chosen(document, story)]
    for question in asked:
        answer = _ask(world, question, blind)
        assert answer.status_code < 500, (question, answer.text)
        assert not _marked_text(answer), (question, answer.text)
        answered |= {question.path} if answer.is_success else set()
    unanswered = {question.path for question in asked} - answered
    # The customer of the story was not erased.
    assert {path for path in unanswered if "nobody" not in path and not path.endswith("/erasure")} == set()


def test_without_the_permission_no_answer_reveals_whether_a_personal_value_exists(
    world: World, story: Places, blind: Headers
) -> None:
    document = world.app.openapi()
    known, unknown = (searching(document, story, value) for value in (MARK, UNMARKED))
    for one, other in zip(known, unknown, strict=True):
        assert _revealed(_ask(world, one, blind), MARK) == _revealed(_ask(world, other, blind), UNMARKED), one


def test_searching_and_sorting_by_personal_values_is_refused(world: World, story: Places, blind: Headers) -> None:
    by = [f"/v1/{things}/by/shop/{MARK}" for things in ("customers", "orders", "tickets", "leads", "deals", "campaigns")]
    for question in (f"/v1/customers?q={EMAIL}", "/v1/customers?sort=name", "/v1/customers?sort=-name", *by):
        assert world.client.get(question, headers=blind).status_code == 403, question


def test_a_selection_finds_nobody_by_personal_values(world: World, story: Places, blind: Headers) -> None:
    for filter in ({"q": MARK}, {"name": MARK}, {"sort": "name"}):
        wanted = {"filter": filter, "then": {"path": "tags", "body": {"tags": ["seen"]}}}
        assert world.client.post("/v1/customers/select", wanted, headers=blind).status_code == 422


def test_the_answers_to_commands_contain_no_personal_value(world: World, story: Places, blind: Headers) -> None:
    customer = story["/v1/customers"]["id"]
    wanted = {"filter": {}, "then": {"path": "tags", "body": {"tags": ["seen"]}}}
    line = {"method": "POST", "path": f"/v1/customers/{customer}/tags", "body": {"tags": ["batch"]}}
    batch = {"content": msgspec.json.encode(line), "headers": blind | {"Content-Type": "application/x-ndjson"}}
    for answer in (
        world.client.post("/v1/customers/select", wanted, headers=blind),
        world.client.request("POST", "/v1/batch", **batch),
    ):
        assert answer.status_code == 200
        assert not _marked_text(answer), answer.text


def test_with_the_permission_the_values_are_there(world: World, story: Places) -> None:
    shown = {path for path, question in plain(world.app.openapi(), story) if _marked_text(_ask(world, question))}
    things = ("customers", "orders", "tickets", "interactions", "feedback", "leads", "deals", "campaigns", "touchpoints")
    for thing in (*things, "tasks", "saved-views"):
        assert {f"/v1/{thing}/{{id}}", f"/v1/{thing}/{{id}}/history"} <= shown, thing
    assert {"/v1/customers/{id}/relations", "/v1/events", "/v1/events/stream", "/v1/keys", "/v1/users"} <= shown


def _import(world: World, story: Places) -> dict[str, Any]:
    return dict(world.client.get(f"/v1/imports/{story['/v1/imports']['id']}").json())


def _name(path: tuple[str, ...]) -> str:
    return ".".join(step for step in path if step != EACH)


def _ask(world: World, question: Question, key: Headers | None = None) -> httpx.Response:
    headers = (key or world.admin) | {"Accept": question.form}
    return world.client.get(question.path, params=list(question.asked), headers=headers)


def _marked_text(answer: httpx.Response) -> bool:
    text = f"{answer.text}{dict(answer.headers)}".casefold()
    return any(mark in text for mark in MARKS)


def _revealed(answer: httpx.Response, text: str) -> tuple[int, str]:
    """The status and the text without the caller's own text. A 422 reveals nothing, as it only says why the text is invalid."""
    if answer.status_code == 422:
        return 422, ""
    return answer.status_code, answer.text.replace(text, "")


def _marked(data: Any, path: str = "") -> Iterator[str]:
    """The paths of the marked values, and of all objects that contain one."""
    if isinstance(data, dict):
        found = [inner for name, value in data.items() for inner in _marked(value, f"{path}.{name}" if path else name)]
    elif isinstance(data, list):
        found = [inner for value in data for inner in _marked(value, path)]
    else:
        found = [path] if any(mark in str(data).casefold() for mark in MARKS) else []
    yield from found
    if found and path:
        yield path
