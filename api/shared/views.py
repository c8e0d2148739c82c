"""The reads that every resource has: a list with filters, one by its id or its external id, and its history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from inspect import Parameter, signature
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection

from api.shared.access import Caller, may
from api.shared.as_of import Resource, When
from api.shared.bounds import ONE, PAGE, STORY, Bound
from api.shared.fields import External, System
from api.shared.followed import of_customer
from api.shared.history import BEYOND, AskedPart
from api.shared.looking import get_history, get_one, require_personal, seen_by
from api.shared.openapi import exported, listed, one
from api.shared.pasts import Past
from api.shared.reading import After, Cursor, Limit, listing
from api.shared.schemas import CHANGE
from api.shared.sorting import By, sorting
from domain.shared.ids import external_id
from projections.shared.pages import Page

Shown = Callable[[Mapping[str, Any], Caller], dict[str, Any]]


class Key(NamedTuple):
    """How a path names one resource: its path, its parameters by name, and the function that makes the id from them."""

    path: str
    parameters: Mapping[str, Any]
    id: Callable[..., UUID]


def _itself(id: UUID) -> UUID:
    return id


BY_ID = Key("{id}", {"id": UUID}, _itself)


def by_code(code: Any, id: Callable[[str], UUID]) -> Key:
    """A key that is a code of the annotated type `code`; `id` derives the id from it."""
    return Key("{code}", {"code": code}, id)


class Views:
    """The reads of one resource. Each method adds one of them to the router; `text` is its description for OpenAPI.

    `name` is the resource's name in messages, and `row_key` the column of its id; the defaults come from its kind. `private`
    are the fields that only a caller with `personal:read` sees; `shown` replaces that rule. With `own` the resource is the
    subject of its own row, so an answer about one is complete as soon as that subject is. `path` follows the router's
    prefix, because a router may hold several resources. The attribute `shown` is how a caller sees a row.
    """

    def __init__(
        self,
        router: APIRouter,
        resource: Resource,
        schema: dict[str, Any],
        *,
        permission: str,
        name: str | None = None,
        row_key: str | None = None,
        key: Key = BY_ID,
        private: Collection[str] = ("private",),
        shown: Shown | None = None,
        own: bool = False,
        path: str = "",
    ) -> None:
        self._router = router
        self._resource = resource
        self._schema = schema
        self._permission = permission
        self._key = key
        self._own = own
        self._path = path
        self._name = name or resource.kind.name.replace("_", " ")
        id_field = row_key or f"{resource.kind.name}_id"
        self.shown = shown or (lambda row, caller: seen_by(caller, row, id_field, private))

    def many(
        self,
        pages: Callable[..., Page],
        text: str,
        *,
        called: str,
        filtered: Callable[..., Any] | None = None,
        sort: Any = None,
        first: str = "",
        reads: Mapping[str, UUID | None] | None = None,
        also: Collection[str] = (),
        personal: Collection[str] = (),
    ) -> None:
        """Add `GET` of the list: all rows that the filter matches, in pages.

        `reads` are the read models that the list uses, if it uses more than its own. `also` are further ones that a list of
        one customer uses. `personal` are the filters that need `personal:read`.
        """
        own = self._resource.projection.name

        async def index(
            request: Request, caller: Caller, after: After, limit: Limit = 50, cursor: Cursor = None, **asked: Any
        ) -> Response:
            wanted, by = asked.get("wanted"), asked.get("by")
            order = {"sort": by.key, "descending": by.descending} if by else {}
            filter = () if wanted is None else (wanted,)
            if any(getattr(wanted, name) is not None for name in personal):
                require_personal(caller)

            def found(connection: Connection, limit: int, cursor: str | None) -> Page:
                return pages(connection, *filter, **order, limit=limit, cursor=cursor)

            needed = reads or of_customer(own, getattr(wanted, "customer_id", None), *also)
            return await listing(
                request, needed, after, found, show=lambda row: self.shown(row, caller), limit=limit, cursor=cursor
            )

        asked: dict[str, Any] = {}
        if filtered:
            asked["wanted"] = Annotated[Any, Depends(filtered)]
        if sort:
            asked["by"] = Annotated[By[Any], sorting(sort, first)]
        self._add("", index, called, text, exported(listed(self._schema), self._schema), asked, bound=PAGE)

    def one(self, text: str, *, called: str | None = None) -> None:
        """Add `GET` of one, now or as of any moment."""
        path, name = f"/{self._key.path}", called or self._resource.kind.name
        self._add(path, self._single(self._key), name, text, one(self._schema), self._key.parameters)

    def by_external_id(self) -> None:
        """Add `GET` of one by its external id."""
        kind, single = self._resource.kind.name, self._single(BY_ID)

        async def by_external_id(
            request: Request, caller: Caller, after: After, when: When, system: System, external: External
        ) -> Response:
            id = external_id(kind, system, external, request.app.state.store.secret)
            return await single(request, caller, after, when, id=id)

        path, text = "/by/{system}/{external:path}", f"The {self._name} with this external id in that system."
        self._add(path, by_external_id, f"{kind}_by_external_id", text, one(self._schema), {}, may("personal:read"))

    def history(self, text: str | None = None, *, called: str | None = None) -> None:
        """Add `GET` of every event of one."""

        async def history(request: Request, caller: Caller, _: After, part: AskedPart, **key: Any) -> Response:
            return await get_history(
                request,
                self._resource,
                self._key.id(**key),
                part,
                name=self._name,
                show=lambda row: self.shown(row, caller),
                called="/".join(map(str, key.values())),
                personal=caller.may("personal:read"),
            )

        Past(lambda: self._resource, self._permission, self.shown).shown_by(history)
        text = f"{text or f'Every event of the {self._name}, each with its changes.'} {BEYOND}"
        path, name = f"/{self._key.path}/history", called or f"{self._resource.kind.name}_history"
        self._add(path, history, name, text, listed(CHANGE, 404), self._key.parameters, bound=STORY)

    def _single(self, key: Key) -> Callable[..., Awaitable[Response]]:
        async def single(request: Request, caller: Caller, after: After, when: When, **named: Any) -> Response:
            id = key.id(**named)
            return await get_one(
                request,
                self._resource,
                id,
                after,
                when,
                name=self._name,
                show=lambda row: self.shown(row, caller),
                called="/".join(map(str, named.values())),
                subject=id if self._own else None,
            )

        return single

    def _add(
        self,
        path: str,
        endpoint: Any,
        name: str,
        text: str,
        responses: Any,
        parameters: Mapping[str, Any],
        *needed: Any,
        bound: Bound = ONE,
    ) -> None:
        """Add the route. The endpoint's `caller` must have the permission; `parameters` replace its `**` parameter."""
        declared = signature(endpoint)
        kept = [one for one in declared.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        parameters = {"caller": Annotated[Caller, may(self._permission, bound)], **parameters}
        stated = [one.replace(annotation=parameters.pop(one.name, one.annotation)) for one in kept]
        more = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation) for name, annotation in parameters.items()]
        endpoint.__signature__ = declared.replace(parameters=[*stated, *more])
        self._router.get(self._path + path, name=name, description=text, responses=responses, dependencies=[*needed])(endpoint)
