"""`recount` with a built-in fault: `python -m tests.faults.altered ALTERATION [ARGUMENTS] COMMAND`.

kill_before NAMED CALL      kills its process with SIGKILL when NAMED ("module:attribute.path") is called for the CALL-th time
kill_after NAMED CALL       the same, after that call has returned, or the next one that does not raise
lose CALL                   does not send the CALL-th window of the relay, but treats it as acknowledged
unlocked                    runs a relay that does not take the lock
marking leased|unleased     runs followers with a policy that marks each registered customer each time it runs, with or without
                            the lease
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any

KILLED = "killed by an alteration"
LOST = "lost by an alteration"


def kill_before(named: str, call: str) -> None:
    def die(original: Callable[[], Any]) -> Any:
        _die()

    _alter_call(named, int(call), die)


def kill_after(named: str, call: str) -> None:
    def finish_and_die(original: Callable[[], Any]) -> Any:
        original()
        _die()

    _alter_call(named, int(call), finish_and_die)


def lose(call: str) -> None:
    def report_loss(original: Callable[[], Any]) -> Any:
        _print(LOST)

    _alter_call("infra.kafka.producer:Producer.send", int(call), report_loss)


def unlocked() -> None:
    from consumers.relay import Relay

    defaults = Relay.__init__.__kwdefaults__
    assert defaults is not None
    assert defaults["exclusive"], "a relay takes the lock by default"
    defaults["exclusive"] = False


def marking(leased: str) -> None:
    from consumers import policies as followed
    from infra.read_models import lease
    from tests.faults.marks import marks

    original = followed.policies
    followed.policies = lambda store: (*original(store), marks)
    if leased == "unleased":
        lease.wait_for_lock = lambda *_: True


def _alter_call(named: str, which: int, instead: Callable[[Callable[[], Any]], Any]) -> None:
    """Replace the call with this number by `instead`, which gets the original call as a function.

    If the original call raises, as a commit does that another worker was faster than, the next call is replaced too.
    """
    module_name, _, path = named.partition(":")
    module = importlib.import_module(module_name)
    *owner, name = path.split(".")
    holder = attrgetter(".".join(owner))(module) if owner else module
    original = getattr(holder, name)
    calls, done = 0, False

    @functools.wraps(original)
    def altered(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls, done
        calls += 1
        if done or calls < which:
            return original(*args, **kwargs)
        answer = instead(functools.partial(original, *args, **kwargs))
        done = True
        return answer

    setattr(holder, name, altered)


def _die() -> None:
    _print(KILLED)
    os.kill(os.getpid(), signal.SIGKILL)


def _print(text: str) -> None:
    os.write(2, f"{text}\n".encode())


ALTERATIONS: dict[str, Callable[..., None]] = {
    "kill_before": kill_before,
    "kill_after": kill_after,
    "lose": lose,
    "unlocked": unlocked,
    "marking": marking,
}


def main() -> None:
    alteration, *arguments, command = sys.argv[1:]
    ALTERATIONS[alteration](*arguments)
    from infra.command_line import main as recount

    sys.argv = ["recount", command]
    recount()


if __name__ == "__main__":
    main()
