"""Conditional requests (RFC 9110, section 13): If-Match and If-None-Match, with ETags that begin with a version.

The answer to a command has the ETag `"3"`, that of a read `"3-<digest of the body>"`. A command compares versions, so it
accepts both.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from fastapi import Request

from api.shared.problems import Problem
from commands.shared.precondition import Precondition, Versions

CONDITIONS = (b"if-match", b"if-none-match")
VERSION = re.compile(r"(\d{1,9})(?:-[0-9a-f]{16})?", re.ASCII)
_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_ONE_TAG = re.compile(_TAG)
_TAGS = re.compile(rf"[ \t,]*{_TAG}([ \t]*,[ \t,]*{_TAG})*[ \t,]*")


class Tag(NamedTuple):
    """An entity tag without its quotes."""

    text: str
    weak: bool

    @property
    def version(self) -> int | None:
        """The version that it names. None if it is not one of this server."""
        match = VERSION.fullmatch(self.text)
        return int(match[1]) if match else None


Tags: TypeAlias = tuple[Tag, ...] | Literal["*"]


def precondition(request: Request) -> Precondition | None:
    """What the request demands of its target's version; None if it has neither header. Raises Problem 400."""
    if not any(name in CONDITIONS for name, _ in request.scope["headers"]):
        return None
    match, none_match = tags(request, "If-Match"), tags(request, "If-None-Match")
    # If-Match compares strongly: a weak tag matches nothing. If-None-Match compares weakly.
    return Precondition(_versions(match, weak=False), _versions(none_match, weak=True))


def refuse_conditions(request: Request, what: str) -> None:
    """Raises Problem 400 if the request has a condition. `what` names the kind of request, which has no version."""
    if precondition(request) is not None:
        raise Problem(400, "malformed-if-match", f"{what} has no version: leave If-Match and If-None-Match out.")


def wanted(request: Request, tag: str) -> bool:
    """Whether a read wants the answer with this tag: If-Match is absent, or names it or its version. Raises Problem 400."""
    asked = tags(request, "If-Match")
    current = {tag, tag.partition("-")[0]}
    return not isinstance(asked, tuple) or any(one.text in current and not one.weak for one in asked)


def known(request: Request, tag: str) -> bool:
    """Whether the caller has the answer with this tag, according to If-None-Match. Raises Problem 400."""
    asked = tags(request, "If-None-Match")
    return any(one.text == tag for one in asked) if isinstance(asked, tuple) else asked == "*"


def tags(request: Request, name: str) -> Tags | None:
    """The tags in this header. None if it is absent. Raises Problem 400."""
    stated = request.headers.getlist(name)
    if not stated:
        return None
    text = ",".join(stated).strip(" \t")
    if text == "*":
        return "*"
    if not _TAGS.fullmatch(text):
        raise Problem(400, f"malformed-{name.lower()}", f'{name} must be * or versions in quotes, such as "3".')
    return tuple(Tag(match[2], bool(match[1])) for match in _ONE_TAG.finditer(text))


def _versions(tags: Tags | None, *, weak: bool) -> Versions | None:
    if not isinstance(tags, tuple):
        return tags
    return frozenset(tag.version for tag in tags if tag.version is not None and (weak or not tag.weak))
