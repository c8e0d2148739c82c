"""Request bodies for annotations, which every main resource has: assignment, tags, attributes, external ids, attachments."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.shared.fields import Attributes, Body, Code, CommandBody, ExternalId, Line, SystemCode, Url
from domain.shared.annotations import Attachment
from domain.shared.ids import new_id


class AssignmentBody(CommandBody):
    owner: Code | None = None
    team: Code | None = None

    def facts(self) -> dict[str, Any]:
        """Both owner and team: an absent one is cleared."""
        return {"owner": self.owner, "team": self.team}


class TagsBody(CommandBody):
    tags: Annotated[list[Code], Field(min_length=1, max_length=100)]


class AttributesBody(CommandBody):
    attributes: Attributes


class ExternalIdBody(CommandBody):
    system: SystemCode
    id: ExternalId

    def facts(self) -> dict[str, Any]:
        return {"system": self.system, "external_id": self.id}


class FileBody(Body):
    """A file that is stored elsewhere. `bytes` is its size, `sha256` its digest in hexadecimal."""

    id: UUID | None = None
    media_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]{1,60}/[\w.+-]{1,60}$")]
    bytes: Annotated[int, Field(ge=0, lt=2**53)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    name: Line | None = None
    url: Url | None = None

    def value(self, drawn: UUID) -> Attachment:
        """The attachment. `drawn` is its id if the request contains no id."""
        return Attachment(**{**self.named(), "id": self.id or drawn})


class AttachmentBody(FileBody, CommandBody):
    """A file that is stored elsewhere. `bytes` is its size, `sha256` its digest in hexadecimal."""

    def facts(self) -> dict[str, Any]:
        return {"attachment": self.value(new_id())}
