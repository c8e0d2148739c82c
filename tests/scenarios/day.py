"""Those who take part in a day, each with their own key, and what none of them but the permitted may ever see."""

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
    """`personal` are the texts about people that were told so far; an analyst's answers hold none of them."""

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

    def tells(self, who: str, method: str, path: str, body: Any = None, status: int | None = None) -> httpx.Response:
        """What this one commands; `status` where it should be refused."""
        answer = self._callers[who].request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, f"{who} {method} {path}: {answer.text}"
        self.position = max(self.position, int(answer.headers.get("Position", 0)))
        return answer

    def makes(self, who: str, path: str, body: Answer) -> str:
        """The place of what this one creates."""
        return self.tells(who, "POST", path, body, 201).headers["Location"]

    def sees(self, who: str, path: str, **asked: Any) -> Any:
        """What this one reads, complete up to all that was told before."""
        answer = self._callers[who].get(path, params={"after": self.position} | asked)
        assert answer.status_code == 200, f"{who} {path}: {answer.text}"
        if who == "analyst":
            assert not self._told_in(answer.text), f"{path} shows an analyst {self._told_in(answer.text)}"
        return answer.json()

    def reads_the_log(self, who: str, **asked: Any) -> list[Answer]:
        """Events are read from the store itself, which is complete."""
        answer = self._callers[who].get("/v1/events", params=asked)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def may_not(self, who: str, method: str, path: str) -> None:
        answer = self._callers[who].request(method, path)
        assert answer.status_code == 403, f"{who} {method} {path}: {answer.status_code}"

    def comes_to_see(self, who: str, path: str, holds: Callable[[Any], bool]) -> Any:
        """What follows by itself: asked again until it is so."""
        seen: list[Answer] = []

        def is_so() -> bool:
            seen[:] = [self.sees(who, path)]
            return holds(seen[0])

        wait_until(is_so, f"{path} is as {who} expects it", lambda: tuple(map(str, seen)))
        return seen[0]

    def nobody_sees_a_word_of_it(self, *paths: str) -> None:
        """Whoever asks, and whatever the answer."""
        for who, caller in self._callers.items():
            for path in paths:
                answer = caller.get(path, params=None if "/events" in path else {"after": self.position})
                assert answer.status_code in (200, 403), f"{who} {path}: {answer.text}"
                assert not self._told_in(answer.text), f"{path} shows {who} {self._told_in(answer.text)}"

    def _told_in(self, text: str) -> list[str]:
        return [personal for personal in self.personal if personal in text]
