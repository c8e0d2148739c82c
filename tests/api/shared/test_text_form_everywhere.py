"""No route can forget the one form of texts: all paths, queries and bodies pass the same places."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from api.app import OPERATED, ROUTERS
from api.shared.admission import Admission
from api.shared.fields import Body
from api.shared.head import Head
from api.shared.safe_headers import SafeHeaders
from api.shared.strict import StrictRoute
from api.shared.text_form import OneForm, composed_body
from tests.api.conftest import World
from tests.api.shared import every_body


def routes() -> Iterator[APIRoute]:
    for router in (*ROUTERS, *OPERATED):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield route


def bodies() -> set[type[Body]]:
    found: set[type[Body]] = set()
    unseen = [Body]
    while unseen:
        for kind in unseen.pop().__subclasses__():
            found.add(kind)
            unseen.append(kind)
    return found


def test_every_parameter_of_every_path_is_trimmed_and_printable() -> None:
    parameters = [convertor for route in routes() for convertor in route.param_convertors.values()]
    assert len(parameters) > 200
    for convertor in parameters:
        assert convertor.convert(" x1\u3000") == "x1"
        with pytest.raises(Exception, match="control characters"):
            convertor.convert("x\uffff")


def test_every_json_body_is_read_strictly() -> None:
    otherwise = {route.path for route in routes() if route.body_field is not None and not isinstance(route, StrictRoute)}
    assert otherwise == {"/v1/imports"}, "this route reads files"


def test_every_text_of_every_body_is_the_same_with_blanks_around_it() -> None:
    tried, wrong = 0, set[str]()
    for body in bodies():
        schema = body.model_json_schema()
        for stated in every_body.bodies(schema, schema.get("$defs", {})):
            expected = read(body, stated)
            for place, text in texts(stated) if isinstance(expected, Body) else ():
                found = read(body, replaced(stated, place, f" \u3000{text}\n"))
                tried += 1
                refused = isinstance(found, set) and found <= NO_FREE_TEXT
                if found != expected and not refused and READ_LATER.isdisjoint(place):
                    wrong.add(f"{body.__name__}: {place}: {found}")
    assert not wrong
    assert tried > 1_000


def test_two_forms_of_one_name_are_refused_in_every_object() -> None:
    found, lost = set[str](), set[str]()
    for body in bodies():
        schema = body.model_json_schema()
        for stated in every_body.bodies(schema, schema.get("$defs", {})):
            for field in named_freely(schema) & {name for name, value in stated.items() if value}:
                ((name, value),) = stated[field].items()
                found.add(field)
                if read(body, stated | {field: {name: value, f"\u3000{name} ": value}}) != {"value_error"}:
                    lost.add(f"{body.__name__}.{field}")
    assert not lost
    assert found >= {"allocation", "attributes", "click_ids", "filter", "filters"}


def named_freely(schema: dict[str, Any]) -> set[str]:
    """The fields that are objects with any names. The domain reads the names in a rule."""
    fields = schema["properties"].items()
    return {name for name, field in fields if field.get("type") == "object" and "properties" not in field} - {"rule"}


def read(body: type[Body], stated: Any) -> Body | set[str]:
    """The body, or the types of its errors."""
    try:
        return body.model_validate(stated)
    except ValidationError as error:
        return {one["type"] for one in error.errors()}


READ_LATER = {"rule", "body"}
"""Fields with any JSON: the domain reads a rule, and the body of a selection's command is read by its own route."""
NO_FREE_TEXT = {"literal_error", "value_error", "uuid_parsing", "union_tag_invalid"}
"""The errors of values that are no texts of people: choices, numbers, times and ids of this store. Blanks are refused there."""


def texts(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """All texts of a JSON value, with their places."""
    if isinstance(value, str):
        yield place, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from texts(part, (*place, key))


def replaced(value: Any, place: tuple[Any, ...], text: str) -> Any:
    """The JSON value with another text at this place."""
    if not place:
        return text
    key, *rest = place
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[key] = replaced(copy[key], tuple(rest), text)
    return copy


def test_every_request_passes_the_one_form(world: World) -> None:
    world.client.get("/v1/health")
    layer: Any = world.app.middleware_stack
    layers = [type(layer)]
    while layers[-1] is not OneForm:
        layer = layer._app
        layers.append(type(layer))
    assert layers == [SafeHeaders, Admission, Head, OneForm]


def seen_by_routes(path: str, query: str) -> tuple[str, dict[str, list[str]]]:
    """The path and the query of a request as the routes see them."""
    scopes: list[Any] = []

    async def routes(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("no answer is sent")

    raw, asked = quote(path).encode(), f"owner={quote(query)}&tag={quote_plus(query)}".encode()
    scope = {"type": "http", "path": path, "raw_path": raw, "query_string": asked}
    asyncio.run(OneForm(routes)(scope, nothing, nothing))
    return scopes[0]["path"], parse_qs(scopes[0]["query_string"].decode(), keep_blank_values=True, errors="strict")


@given(some.text(some.characters(exclude_categories=["Cs", "Cc", "Cn"])))
def test_a_path_and_a_query_are_the_same_in_every_form(text: str) -> None:
    one, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    expected = (f"/v1/{one}", {"owner": [one.strip()], "tag": [one.strip()]})
    for form in (text, one, decomposed):
        assert seen_by_routes(f"/v1/{form}", f" \u3000{form}\r\n") == expected


@given(some.recursive(some.text(some.characters(exclude_categories=("Cs", "Cc"))) | some.integers(), some.lists))
def test_a_body_has_the_same_texts_in_every_form(value: Any) -> None:
    def texts(body: str) -> Any:
        return composed_body(body.encode(), json.loads(body))

    escaped, plain = json.dumps(value), json.dumps(value, ensure_ascii=False)
    forms = [escaped, plain, unicodedata.normalize("NFD", plain), unicodedata.normalize("NFC", plain)]
    assert all(texts(form) == texts(escaped) for form in forms)
    assert unicodedata.is_normalized("NFC", json.dumps(texts(escaped), ensure_ascii=False))
