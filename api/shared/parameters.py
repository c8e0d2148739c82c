"""The query parameters that a route takes. One that is unknown, empty, or given twice is refused, never ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from fastapi import Request
from fastapi._compat import ModelField, field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from starlette.datastructures import QueryParams

from api.shared import exporting, picking
from api.shared.bounds import ONE, Bound
from api.shared.nearest import because

NAMED = 20
"""How many wrong parameters a problem names at most."""

NO_FILTERS = frozenset({"after", "before", "cursor", "limit", "sort", picking.NAME, *exporting.Style._fields})
"""The parameters of a list that are no filters: they say where it begins, its length, its order, its columns and its form."""

EXCLUDES = "x-excludes"

Error = Mapping[str, Any]


class Check(Protocol):
    """The check of a permission, as `may` makes it."""

    bound: Bound

    def __call__(self, request: Request) -> Awaitable[Any]: ...


def excludes(*names: str) -> dict[str, Any]:
    """The extra schema of a parameter beside which the parameters with these names would have no effect."""
    return {EXCLUDES: list(names)}


class Parameters:
    """The query parameters of one route: those of its endpoint and of all its dependencies, and `fields` if it has rows.

    `bound` is the bound of the route's work, the widest of those beside its permissions.
    """

    def __init__(self, dependant: Dependant, row: picking.Schema | None) -> None:
        self._fields = [field for field in get_flat_params(dependant) if isinstance(field.field_info, Query)]
        self._several = {field.alias for field in self._fields if field_annotation_is_sequence(field.field_info.annotation)}
        self._excluded_by = {name: field.alias for field in self._fields for name in _excluded(field)}
        self._permissions = list(_permissions(dependant))
        self.bound = max((one.bound for one in self._permissions), default=ONE)
        self.row = row
        self.known = frozenset(field.alias for field in self._fields) | ({picking.NAME} if row else set())
        self.filters = self.known - NO_FILTERS

    async def check(self, request: Request) -> None:
        """Raises RequestValidationError if a parameter is unknown, empty or repeated; it names all wrong parameters.

        Raises Problem 401 or 403 instead if the caller may not ask at all.
        """
        errors = list(islice(self._errors(request.query_params, self.known), NAMED))
        if errors:
            await self.permit(request)
            raise RequestValidationError([*errors, *self._typed(request.query_params, errors)])

    async def permit(self, request: Request) -> None:
        """Raises Problem 401 or 403 if the caller may not use the route."""
        for permitted in self._permissions:
            await permitted(request)

    def errors_in_body(
        self, values: Mapping[str, str], known: Collection[str], *below: str, beside: Collection[str] = ()
    ) -> list[Error]:
        """What is wrong with values for the `known` parameters that are not in a query, but `below` this part of a body.

        At most 20 unknown, empty or ineffective ones are named. `beside` are the parameters in other parts of the body.
        """
        query = QueryParams(values)
        errors = list(islice(self._errors(query, known, beside), NAMED))
        return [{**error, "loc": ("body", *below, *error["loc"][1:])} for error in (*errors, *self._typed(query, errors))]

    def _typed(self, query: QueryParams, errors: Sequence[Error]) -> list[Error]:
        """The errors in the values of the other parameters."""
        named = {error["loc"][1] for error in errors}
        return [error for error in request_params_to_args(self._fields, query)[1] if error["loc"][1] not in named]

    def _errors(self, query: QueryParams, known: Collection[str], beside: Collection[str] = ()) -> Iterator[Error]:
        asked = query.multi_items()
        times = Counter(name for name, _ in asked)
        for name, value in dict(asked).items():
            if name not in known:
                yield _wrong("unknown_parameter", name, because("There is no such parameter", name, known))
            elif times[name] > 1 and name not in self._several:
                yield _wrong("repeated_parameter", name, f"The parameter has one value, but it is given {times[name]} times")
            elif not value:
                yield _wrong("empty_parameter", name, "The parameter has no value: give it one, or leave it out")
            elif self._excluded_by.get(name) in (*times, *beside):
                yield _wrong(
                    "without_effect", name, f"It has no effect beside {self._excluded_by[name]}: leave one of them out"
                )
            elif name == picking.NAME and self.row is not None:
                yield from (_wrong("unknown_field", name, text) for text in picking.unknown_fields(self.row, value))


def _wrong(type: str, name: str, message: str) -> Error:
    return {"type": type, "loc": ("query", name), "msg": message}


def _excluded(field: ModelField) -> Sequence[str]:
    extra = field.field_info.json_schema_extra
    names: Any = extra.get(EXCLUDES, ()) if isinstance(extra, dict) else ()
    return tuple(names)


def _permissions(dependant: Dependant) -> Iterator[Check]:
    """The checks of the caller's permissions, in the order in which the framework runs them."""
    for part in dependant.dependencies:
        yield from _permissions(part)
        if hasattr(part.call, "permission"):
            yield part.call  # type: ignore[misc] # `may` made it
