"""The filters of a list: a query parameter for each field of the read model's `Filter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, tzinfo
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_type_hints

import msgspec
from fastapi.params import Depends

from api.shared.reading import AnyCode, Day
from api.shared.zones import Zone

F = TypeVar("F", bound=msgspec.Struct)

PARAMETERS: dict[Any, Any] = {str | None: AnyCode, date | None: Day, tzinfo: Zone}
"""The query parameter for a field of this type, if the type alone would accept too much."""


def filters(kind: type[F], made: Mapping[str, Callable[[], Any]] | None = None, /, **special: Any) -> Callable[..., Any]:
    """A dependency that makes the filter from the query.

    `special` are the annotations of parameters that need a pattern or a description of their own. Fields in `made` are
    computed and are not parameters; the time of the request is one.
    """
    made = made or {}
    hints = get_type_hints(kind)

    async def filtered(**asked: Any) -> F:
        return kind(**asked, **{name: make() for name, make in made.items()})

    def parameter(field: msgspec.structs.FieldInfo) -> Parameter:
        hint = hints[field.name]
        annotation = special.get(field.name, PARAMETERS.get(hint, hint))
        depends = any(isinstance(part, Depends) for part in getattr(annotation, "__metadata__", ()))
        # A dependency takes no default.
        default = Parameter.empty if depends else field.default
        return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    signature = Signature([parameter(field) for field in msgspec.structs.fields(kind) if field.name not in made])
    filtered.__signature__ = signature  # type: ignore[attr-defined]
    return filtered
