"""One annotated aggregate while a batch is folded, and how the annotation events that all kinds share change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from domain.shared import annotations as common
from domain.shared.annotations import Attachment
from domain.shared.events import Event
from domain.shared.personal import without_personal
from projections.shared.rows import Row


class Entry:
    """An aggregate's columns, lists and attributes, which are not personal, and its personal values by their names.

    Personal attributes are among the personal values.
    """

    def __init__(self, row: Row, lists: Mapping[str, list[Any]], private: Row) -> None:
        self.row, self.lists, self.private = row, dict(lists), private
        self.attributes: dict[str, Any] = msgspec.json.decode(row["attributes"] or "{}")

    def set_personal(self, **texts: Any) -> None:
        """Set personal values by their names; None removes one."""
        self.private.update(texts)
        self.private = {name: value for name, value in self.private.items() if value is not None and value != {}}

    def set_attributes(self, plain: Mapping[str, Any], personal: Mapping[str, Any]) -> None:
        """Merge the attributes; None removes one. An attribute moves if it becomes personal, or if it is no longer personal."""
        given = {**plain, **personal}
        others = {key: value for key, value in self.private.get("attributes", {}).items() if key not in given}
        self.set_personal(attributes=others | _present(personal))
        self.attributes = {key: value for key, value in self.attributes.items() if key not in given} | _present(plain)

    def attach(self, file: Attachment) -> None:
        plain = msgspec.to_builtins(without_personal(file))
        self.lists["attachments"] = [*self.lists["attachments"], plain]
        named = {name: text for name in ("name", "url") if (text := getattr(file, name)) is not None}
        self.set_personal(files=self.private.get("files", {}) | ({str(file.id): named} if named else {}))

    def detach(self, id: UUID) -> None:
        self.lists["attachments"] = [file for file in self.lists["attachments"] if file["id"] != str(id)]
        self.set_personal(files={known: name for known, name in self.private.get("files", {}).items() if known != str(id)})


def annotate(entry: Entry, event: Event) -> None:
    match event:
        case common.Assigned():
            entry.row |= {"owner": event.owner, "team": event.team}
        case common.Tagged():
            entry.lists["tags"] = sorted({*entry.lists["tags"], *event.tags})
        case common.Untagged():
            entry.lists["tags"] = sorted({*entry.lists["tags"]} - {*event.tags})
        case common.AttributesSet():
            entry.set_attributes(event.numbers, event.texts or {})
        case common.PlainTextsSet():
            entry.set_attributes(event.texts, {})
        case common.ExternalIdLinked():
            entry.set_personal(external_ids=[*entry.private.get("external_ids", []), [event.system, event.id]])
        case common.ExternalIdUnlinked():
            known = entry.private.get("external_ids", [])
            entry.set_personal(external_ids=[pair for pair in known if pair != [event.system, event.id]] or None)
        case common.AttachmentAdded():
            entry.attach(event.attachment)
        case common.AttachmentRemoved():
            entry.detach(event.attachment_id)


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
