"""`recount backup`: writes the event store into two encrypted files, while everything else goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from infra.command_line.failures import settings as read_settings
from infra.command_line.imports import AsJson
from infra.command_line.terminal import Failed, WrongUsage, out, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.backup.sealed_files import Recipient

Folder = Annotated[Path | None, typer.Argument(metavar="FOLDER", help="Where the files go.")]
KeysFolder = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Another place for the file with the keys.")]
To = Annotated[
    list[str] | None,
    typer.Option(metavar="AGE1…", help="A public key that the files are encrypted for; may be given several times."),
]
NewIdentity = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Only make a new private key in this file, and print its public key.")
]


def backup(
    folder: Folder = None, keys_folder: KeysFolder = None, to: To = None, new_identity: NewIdentity = None, json: AsJson = False
) -> None:
    """Back up the event store: one file with the events, and one with the keys that open personal data in them.

    Without --to, the setting BACKUP_RECIPIENTS names the public keys.
    """
    if new_identity:
        _make_identity(new_identity, json)
        return
    if folder is None:
        raise WrongUsage("backup: name the folder for the files")
    from infra.backup.making import Folders, make
    from infra.backup.tables import Damaged, source
    from infra.command_line.progress import bar
    from infra.event_store.vault import Vault

    settings = read_settings()
    recipients = _recipients(to or settings.backup_recipients.replace(",", " ").split())
    folders = Folders(folder, keys_folder or folder)
    for one in folders:
        if not one.is_dir():
            raise WrongUsage(f"backup: there is no folder {one}")
    store = source(settings)
    try:
        with bar("backup") as update:
            made = make(store, Vault(*settings.master_keys), folders, recipients, update)
    except Damaged as error:
        raise Failed(f"nothing was backed up: {error}. Keep your earlier backups, and see recount status --verify") from None
    except OSError as error:
        raise Failed(f"nothing was backed up: {error}") from None
    finally:
        store.close()
    events = made.events
    if json:
        print_json({"events_file": str(made.events_file), "keys_file": str(made.keys_file), "manifest": _plain(events)})
        return
    log = events.tables["stored_events"]
    out.print(f"{log.rows} events up to position {events.head} are in {escape(str(made.events_file))}")
    out.print(f"{made.keys.tables['subject_keys'].rows} keys are in {escape(str(made.keys_file))}")
    out.print(f"[dim]Digest of the events: {log.digest}. Master keys that a restore needs: {', '.join(events.master_keys)}[/]")


def _plain(manifest: object) -> object:
    import msgspec

    return msgspec.to_builtins(manifest)


def _make_identity(file: Path, json: bool) -> None:
    from infra.backup.sealed_files import new_identity

    try:
        public = new_identity(file)
    except FileExistsError:
        raise WrongUsage(f"backup: {file} exists, and is not overwritten") from None
    except OSError as error:
        raise WrongUsage(f"backup: {error}") from None
    if json:
        print_json({"recipient": public, "identity_file": str(file)})
    else:
        where = escape(str(file))
        out.print(f"{public}\n[dim]Back up with --to {public}. Keep {where} away from this machine: it opens backups.[/]")


def _recipients(texts: Sequence[str]) -> Sequence[Recipient]:
    from infra.backup.sealed_files import recipient

    if not texts:
        raise WrongUsage("backup: name a recipient with --to or RECOUNT_BACKUP_RECIPIENTS; --new-identity FILE makes one")
    try:
        return [recipient(text) for text in texts]
    except ValueError as error:
        raise WrongUsage(f"backup: {error}") from None
