"""The people of a day, each with their own API key, and the personal texts that only permitted people may see."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx

from tests.scenarios.recount import Recount
from tests.waiting import wait_until

ROLES = {
    "manager": ["agent", "marketer", "sales"],
    "agent": ["agent"],
    "marketer": ["marketer"],
    "analyst": ["analyst"],
    "auditor": ["auditor"],
    "admin": ["admin"],
}

Answer = dict[str, Any]


class Day:
    """`personal` are the personal texts recorded so far; no answer to an analyst contains one."""

    def __init__(self, recount: Recount, open: ExitStack) -> None:
        self.recount = recount
        self.position = 0
        self.personal: list[str] = []
        self.ids: dict[str, str] = {}
        self._callers = {name: open.enter_context(recount.with_key(self._key(roles))) for name, roles in ROLES.items()}

    def _key(self, roles: list[str]) -> str:
        answer = self.recount.api.post("/v1/keys", json={"label": "+".join(roles), "roles": roles})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    def sends(self, who: str, method: str, path: str, body: Any = None, status: int | None = None) -> httpx.Response:
        """Sends a command as this person; `status` is given if it should be refused."""
        answer = self._callers[who].request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, f"{who} {method} {path}: {answer.text}"
        self.position = max(self.position, int(answer.headers.get("Position", 0)))
        return answer

    def creates(self, who: str, path: str, body: Answer) -> str:
        """Creates a resource as this person; returns its path."""
        return self.sends(who, "POST", path, body, 201).headers["Location"]

    def sees(self, who: str, path: str, **asked: Any) -> Any:
        """Reads as this person; the answer includes all events recorded before."""
        answer = self._callers[who].get(path, params={"after": self.position} | asked)
        assert answer.status_code == 200, f"{who} {path}: {answer.text}"
        if who == "analyst":
            assert not self._personal_in(answer.text), f"{path} shows an analyst {self._personal_in(answer.text)}"
        return answer.json()

    def reads_the_log(self, who: str, **asked: Any) -> list[Answer]:
        """Events are read from the event store itself, which is always complete."""
        answer = self._callers[who].get("/v1/events", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def may_not(self, who: str, method: str, path: str) -> None:
        answer = self._callers[who].request(method, path)
        assert answer.status_code == 403, f"{who} {method} {path}: {answer.status_code}"

    def waits_to_see(self, who: str, path: str, expected: Callable[[Any], bool]) -> Any:
        """Reads again until `expected` is true for the answer, which changes without a command."""
        seen: list[Answer] = []

        def is_expected() -> bool:
            seen[:] = [self.sees(who, path)]
            return expected(seen[0])

        wait_until(is_expected, f"{path} is as {who} expects it", lambda: tuple(map(str, seen)))
        return seen[0]

    def nobody_sees_personal_texts(self, *paths: str) -> None:
        """No answer at these paths contains a personal text, for any person."""
        for who, caller in self._callers.items():
            for path in paths:
                answer = caller.get(path, params=None if "/events" in path else {"after": self.position})
                assert answer.status_code in (200, 403), f"{who} {path}: {answer.text}"
                assert not self._personal_in(answer.text), f"{path} shows {who} {self._personal_in(answer.text)}"

    def _personal_in(self, text: str) -> list[str]:
        return [personal for personal in self.personal if personal in text]
