"""Runs every step of a page against a running server, and checks everything that the page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import httpx

from tests.docs.blocks import Answer, Command, File, Mention, Request, Step
from tests.docs.shown import LEFT_OUT, Names, difference, filled, parsed

ADDRESS = "http://127.0.0.1:8000"
KEY = "rk_…"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
Routes = dict[str, dict[str, Any]]


class Place(NamedTuple):
    """A request in a sentence, and its route."""

    route: str
    path: str
    query: list[tuple[str, str]]


class Reader:
    """`run` runs the command line; files are in `folder`. Remembers names, and the last created id of each collection."""

    def __init__(self, caller: httpx.Client, run: Callable[..., Any], folder: Path) -> None:
        self._caller, self._run, self._folder = caller, run, folder
        self._routes: Routes = caller.get("/openapi.json").json()["paths"]
        self._names: Names = {}
        self._made: dict[str, str] = {}
        self._position = 0

    def follow(self, steps: Iterable[Step], key: str) -> None:
        """Raises AssertionError if something differs from the page."""
        self._caller.headers["Authorization"] = f"Bearer {key}"
        for step in steps:
            match step:
                case Request():
                    self._exchange(step)
                case Command():
                    self._command(step.words)
                case Mention():
                    self._mention(step)
                case File(name, text):
                    (self._folder / name).write_text(text)

    # Complete requests

    def _exchange(self, request: Request) -> None:
        body = request.body and filled(request.body, self._names)
        headers = {name: filled(value, self._names) for name, value in request.headers.items()}
        answer = self._ask(request.method, filled(request.path, self._names), headers, body)
        seen = f"{request.method} {request.path}: {answer.status_code} {answer.text[:2000]}"
        if request.answer is None:
            assert answer.is_success, seen
        else:
            problem = self._compared(request.answer, answer)
            assert problem is None, f"{problem}\n{seen}"

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> httpx.Response:
        """Reads wait for earlier writes. Registering a customer waits too, because it searches for duplicates."""
        seen = {"Position": str(self._position)}
        if method == "GET":
            headers = {**seen, **headers}
        elif path == "/v1/customers":
            assert self._caller.get(path, params={"limit": 1}, headers=seen).is_success
        if method != "GET" and body is not None:
            headers = {"Content-Type": "application/json", **headers}
        answer = self._caller.request(method, path, headers=headers, content=body)
        if method != "GET":
            self._position = max(self._position, int(answer.headers.get("Position", 0)))
        if made := answer.headers.get("Location"):
            collection, _, id = made.rpartition("/")
            self._made[collection] = id
        return answer

    def _compared(self, shown: Answer, seen: httpx.Response) -> str | None:
        if shown.status != seen.status_code:
            return f"{shown.status} is {seen.status_code}"
        for name, value in shown.headers.items():
            if problem := difference(value, seen.headers.get(name), self._names, name):
                return problem
        return None if shown.body is None else difference(*_bodies(shown.body, seen), self._names)

    def _command(self, words: list[str]) -> None:
        if words[0] == "recount":
            files = {word: self._folder / word for word in words if (self._folder / word).is_file()}
            self._run(*(files.get(word, word) for word in words[1:]))
            return
        assert words[0] == "curl", f"no test executes {words[0]}"
        given = {flag: value for flag, value in pairwise(words) if flag in ("-d", "-X")}
        headers = dict(value.split(": ", 1) for flag, value in pairwise(words) if flag == "-H")
        assert headers.pop("Authorization") == f"Bearer {KEY}"
        [url] = [word for word in words if word.startswith(ADDRESS)]
        body = given.get("-d")
        method = given.get("-X") or ("GET" if body is None else "POST")
        answer = self._ask(method, filled(url.removeprefix(ADDRESS), self._names), headers, body)
        assert answer.is_success, f"{' '.join(words)}: {answer.status_code} {answer.text[:2000]}"

    # Requests in a sentence

    def _mention(self, mention: Mention) -> None:
        """There must be a route with these parameters. Reads, and requests with a complete body, are also sent."""
        place = self._place(mention.method, mention.path)
        methods = self._routes[place.route]
        if mention.body and LEFT_OUT not in mention.body:
            answer = self._ask(mention.method or "POST", self._path(place), {}, mention.body)
        elif mention.method in (None, "GET") and "get" in methods:
            answer = self._ask("GET", f"{self._path(place)}?{urlencode(self._query(place))}", {})
        else:
            return
        assert answer.is_success, f"{mention.path}: {answer.url} {answer.status_code} {answer.text[:2000]}"

    def _place(self, method: str | None, shown: str) -> Place:
        """Raises AssertionError if there is no such route, or the route has no such parameter."""
        path, _, query = shown.partition("?")
        found = [route for route, methods in self._routes.items() if _fits(route, path, method, methods)]
        assert found, f"there is no {method or ''} {path}"
        route = min(found, key=lambda route: route.count("{"))
        asked = parse_qsl(query, keep_blank_values=True)
        known = {one["name"] for one in self._routes[route].get("get", {}).get("parameters", ()) if one["in"] == "query"}
        assert {name for name, _ in asked} <= known, f"{route} has no {sorted({name for name, _ in asked} - known)}"
        return Place(route, path, asked)

    def _path(self, place: Place) -> str:
        """The path, with placeholders replaced by the ids of the resources that were created last."""

        return PLACEHOLDER.sub(lambda found: self._named(found[1], place, place.path[: found.start() - 1]), place.path)

    def _named(self, name: str, place: Place, collection: str) -> str:
        if name in self._names:
            return str(self._names[name])
        if name == "position":
            return str(self._position)
        if name.endswith("_id"):
            collection = f"/v1/{name.removesuffix('_id')}s"
        assert collection in self._made, f"nothing was created in {collection}, for {place.path}"
        return self._made[collection]

    def _query(self, place: Place) -> list[tuple[str, str]]:
        """Parameters with a value, with placeholders replaced; of several values such as `a|b` the first.

        A live stream gets an end.
        """
        filled = [(name, PLACEHOLDER.sub(lambda found: self._named(found[1], place, ""), value)) for name, value in place.query]
        given = [(name, value.split("|")[0]) for name, value in filled if value and value != LEFT_OUT]
        return [*given, ("after", "0"), ("upto", "1")] if place.route.endswith("/stream") else given


def _fits(route: str, path: str, method: str | None, methods: dict[str, Any]) -> bool:
    """Whether the path, with any placeholders, belongs to this route."""
    if method and method.lower() not in methods:
        return False
    pairs = list(zip(route.split("/"), path.split("/"), strict=False))
    same_length = route.count("/") == path.count("/")
    return same_length and all(ours == theirs or ours.startswith("{") for ours, theirs in pairs)


def _bodies(shown: str, seen: httpx.Response) -> tuple[Any, Any]:
    """The bodies as shown and as seen, in a form that can be compared."""
    kind = seen.headers.get("Content-Type", "").partition(";")[0]
    if kind.endswith("/x-ndjson"):
        lines = [line if line == LEFT_OUT else parsed(line) for line in shown.splitlines()]
        return lines, list(map(json.loads, seen.text.splitlines()))
    if kind.endswith("json"):
        return parsed(shown), seen.json()
    return shown.splitlines(), seen.text.splitlines()
