"""`recount restore`: makes an event store of a backup, in an empty place."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import FAILED, Failed, WrongUsage, err, out, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.backup.restoring import Wanted
    from infra.command_line.progress import Update
    from infra.settings import Settings

EventsFile = Annotated[Path, typer.Argument(metavar="EVENTS", help="The file with the events: ….events.age")]
KeysFile = Annotated[Path, typer.Argument(metavar="KEYS", help="The file with the keys of the same backup: ….keys.age")]
IdentityFile = Annotated[Path, typer.Option("--identity", metavar="FILE", help="The private key that opens the files.")]
Erasures = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The list of erasures. Those of after the backup are applied again.")
]
Without = Annotated[
    bool, typer.Option("--without-erasures", help="There is no list: people who were erased since the backup come back.")
]
Above = Annotated[
    int | None, typer.Option(min=0, metavar="POSITION", help="The highest position that was given out, if you know it.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Also read and compare everything that was restored.")]
Up = Annotated[bool, typer.Option("--up", help="Restore into the servers of recount up in HOME, which must be ended.")]
Check = Annotated[bool, typer.Option("--check", help="Only read and check the files; nothing is written.")]


def restore(
    events: EventsFile,
    keys: KeysFile,
    identity: IdentityFile,
    erasures: Erasures = None,
    without_erasures: Without = False,
    above: Above = None,
    verify: Verify = False,
    up: Up = False,
    check: Check = False,
    json: AsJson = False,
) -> None:
    """Restore a backup into an empty HOME or database. Everything is checked first. If it is killed, run it again."""
    if not check and (erasures is None) != without_erasures:
        raise WrongUsage("restore: give the list of erasures with --erasures FILE, or say --without-erasures")
    from infra.backup.reading import Pair
    from infra.backup.restoring import Wanted
    from infra.backup.sealed_files import identities
    from infra.command_line.progress import bar

    settings = read_settings()
    try:
        wanted = Wanted(Pair(events, keys), identities(identity), erasures, above)
    except ValueError as error:
        raise WrongUsage(f"restore: {error}") from None
    with ExitStack() as stack:
        if up:
            from infra.command_line.up import with_own_servers

            settings = with_own_servers(settings, stack)
        stack.enter_context(_refusals())
        update = stack.enter_context(bar("restore"))
        found = _checked(settings, wanted) if check else _restored(settings, wanted, verify, update)
    if json:
        print_json(found)
    else:
        for line in _lines(found):
            out.print(escape(line))
    if found["findings"]:
        raise typer.Exit(FAILED)


def _checked(settings: Settings, wanted: Wanted) -> dict[str, Any]:
    from infra.backup.restoring import examine

    checked, listed = examine(settings, wanted)
    erasures = None if wanted.erasures is None else len(listed.later)
    return {"manifest": msgspec.to_builtins(checked.events), "erasures": erasures, "above": None, "findings": []}


def _restored(settings: Settings, wanted: Wanted, verify: bool, update: Update) -> dict[str, Any]:
    from infra.backup.restoring import restore
    from infra.processes.repairing import repair
    from infra.processes.verifying import verified
    from infra.wiring import deploy

    findings: list[dict[str, Any]] = []

    def follow() -> None:
        repair(settings, _say, restoring=True)
        if verify:
            with closing(deploy(settings, restoring=True, alone=True)) as deployment:
                findings.extend(msgspec.to_builtins(verified(deployment, update).findings))

    wanted = wanted._replace(sent=_highest_sent(settings))
    done = restore(settings, wanted, update, follow)
    found = {"manifest": msgspec.to_builtins(done.manifest), "erasures": done.erased, "above": done.above}
    return found | {"findings": findings}


def _highest_sent(settings: Settings) -> int:
    """The highest position that was sent to Kafka; 0 without Kafka. Raises KafkaUnavailable."""
    if not settings.distributed:
        return 0
    from infra.kafka.ends import seen_in_kafka
    from infra.kafka.security import brokers

    return seen_in_kafka(brokers(settings), settings.topic).position


def _say(line: str) -> None:
    err.print(escape(line))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    manifest = found["manifest"]
    log = manifest["tables"]["stored_events"]
    yield f"The backup of {manifest['made_at']} has {log['rows']} events up to position {manifest['head']}."
    if found["above"] is None:
        listed = "" if found["erasures"] is None else f", and {found['erasures']} erasures of after it are in the list"
        yield f"It is whole{listed}. Nothing was written."
    else:
        yield f"All of them were read back, with the digest {log['digest']}. {found['erasures']} subjects were erased again."
        yield f"New events get positions above {found['above']}."
    yield from (f"{one['kind']}: {one['detail']}" for one in found["findings"])


@contextmanager
def _refusals() -> Iterator[None]:
    from infra.backup.erasures import BadList
    from infra.backup.sealed_files import BadFile
    from infra.backup.tables import NotEmpty
    from infra.backup.writing import NotProven

    try:
        yield
    except (BadFile, BadList, NotEmpty, NotProven) as error:
        raise Failed(f"nothing was restored: {error}") from None
