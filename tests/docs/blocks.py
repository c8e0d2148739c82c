"""The steps on a page: exchanges (```http), command lines (```sh), requests within a sentence, and files to create."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

FENCED = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_A_SENTENCE = re.compile(r"`(?:(GET|POST|PUT|PATCH|DELETE) )?(/(?:v1|health|metrics)[^`\s]*)(?: (\{[^`]*\}))?`")
HEADER = re.compile(r"([A-Z][A-Za-z-]*): (.*)")
REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (\S+)")
STATUS = re.compile(r"(\d{3})\b.*")


class Answer(NamedTuple):
    """An answer as the page shows it: status, some headers, and the body, which is None if the page shows none."""

    status: int
    headers: dict[str, str]
    body: str | None


class Request(NamedTuple):
    """A request, with the answer if the page shows one."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    answer: Answer | None = None


class Mention(NamedTuple):
    """A request in a sentence. Its path may contain placeholders and empty parameters."""

    method: str | None
    path: str
    body: str | None


class Command(NamedTuple):
    """A shell command, split into words."""

    words: list[str]


class File(NamedTuple):
    """A block with a file name after its language."""

    name: str
    text: str


Step = Request | Mention | Command | File


def steps(page: str) -> Iterator[Step]:
    """The steps in their order on the page."""
    end = 0
    for block in FENCED.finditer(page):
        yield from _mentions(page[end : block.start()])
        end = block.end()
        if block[1] == "http":
            yield from _exchanges(block[3])
        elif block[1] == "sh":
            yield from _commands(block[3])
        elif block[2]:
            yield File(block[2], block[3])
    yield from _mentions(page[end:])


def unread(page: str) -> list[str]:
    """Lines that look like a command, but are in a block that no test executes."""
    return [line for line in FENCED.sub("", page).splitlines() if re.match(r"\s{4,}(curl|recount) ", line)]


def _mentions(text: str) -> Iterator[Mention]:
    yield from (Mention(found[1], found[2], found[3]) for found in IN_A_SENTENCE.finditer(text))


def _exchanges(block: str) -> Iterator[Request]:
    parts = [part.strip("\n").splitlines() for part in re.split(r"\n\s*\n", block.strip("\n"))]
    for number, lines in enumerate(parts):
        if asked := REQUEST.fullmatch(lines[0]):
            following = parts[number + 1] if number + 1 < len(parts) else [""]
            yield Request(asked[1], asked[2], *_headers_and_body(lines[1:]), _answer(following))
        else:
            assert STATUS.fullmatch(lines[0]), f"neither a request nor an answer: {lines[0]}"


def _answer(lines: list[str]) -> Answer | None:
    status = STATUS.fullmatch(lines[0])
    return Answer(int(status[1]), *_headers_and_body(lines[1:])) if status else None


def _headers_and_body(lines: list[str]) -> tuple[dict[str, str], str | None]:
    headers = dict[str, str]()
    for number, line in enumerate(lines):
        header = HEADER.fullmatch(line)
        if header is None:
            return headers, "\n".join(lines[number:])
        headers[header[1]] = header[2]
    return headers, None


def _commands(block: str) -> Iterator[Command]:
    for line in block.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield Command(words)
