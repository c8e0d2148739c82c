"""What the OpenAPI document says of answers that many routes share."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.shared import picking

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/order-not-confirmed"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "facts": {"type": "object", "additionalProperties": {"type": "string"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
POSITION = {
    "description": "A position in the log: send it back as `?after=` to read what you wrote.",
    "schema": {"type": "string"},
}
ETAG = {"description": "The version in quotes, followed by a digest where it comes with a body.", "schema": {"type": "string"}}

_ACCEPTED_BODY = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["id", "version", "position"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "version": {"type": "integer", "minimum": 1},
                "position": {"type": "integer", "minimum": 0},
            },
        }
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents a route may answer with."""
    return {
        status: {"description": _REASONS[status], "content": {"application/problem+json": {"schema": PROBLEM}}}
        for status in statuses
    }


_REASONS = {
    400: "Malformed",
    401: "No valid API key",
    403: "The key may not do this",
    404: "Not there",
    409: "Refused by a business rule",
    412: "Someone was faster",
    413: "Too large",
    415: "The body is not application/json",
    422: "Does not fit the schema",
    503: "Not now: try again after Retry-After",
}

EVERYWHERE = problems(400, 401, 403, 404, 413, 422, 503)
ACCEPTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Done, or nothing to do", "content": _ACCEPTED_BODY, "headers": {"ETag": ETAG, "Position": POSITION}},
    **EVERYWHERE,
    **problems(409, 412, 415),
}
CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "Made",
        "content": _ACCEPTED_BODY,
        "headers": {"ETag": ETAG, "Position": POSITION, "Location": {"schema": {"type": "string"}}},
    }
}


def answers(schema: dict[str, Any], *more: int) -> dict[int | str, dict[str, Any]]:
    """A read's answers: 200 with this schema, and its problems."""
    return {
        200: {
            "description": "As of `Position`",
            "content": {"application/json": {"schema": schema}},
            "headers": {"Position": POSITION},
        },
        **EVERYWHERE,
        **problems(*more),
    }


def one(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """A single thing's answers: 200 with an ETag, 304 where If-None-Match has it, 404."""
    found = answers(schema, 404)
    found[200]["headers"]["ETag"] = ETAG
    unchanged = {"description": "As the caller has it", "headers": {"ETag": ETAG, "Position": POSITION}}
    return {**found, 304: unchanged}


def exported(answers: dict[int | str, dict[str, Any]], row: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The same answers, which can also be had whole as CSV or NDJSON."""
    answers[200]["content"] |= {
        "text/csv": {"schema": {"type": "string", "description": "Nested values are flat (`a.b`), lists are JSON."}},
        "application/x-ndjson": {"schema": row},
    }
    return answers


def listed(item: dict[str, Any], *more: int) -> dict[int | str, dict[str, Any]]:
    """A list's answers: a page of items, and the link to the next page."""
    return answers(
        {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
        },
        *more,
    )


SECURITY = {"key": {"type": "http", "scheme": "bearer", "description": "An API key: `rk_…`"}}
COMMAND_HEADERS = [
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The version you last saw, in quotes; 412 if someone was faster.",
        "schema": {"type": "string", "pattern": r'^(\*|"\d{1,9}(-[0-9a-f]{16})?")$', "examples": ['"3"']},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key with the same body gives the first answer again.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
]
READ_HEADERS = [
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of an answer you have; 304 if it is still the same.",
        "schema": {"type": "string"},
    }
]
OPEN = frozenset({"/health/live"})
_FOLDER = re.compile(r"\bapi__[a-z]+__(?=[a-z_]+__[A-Z])")
_COMMAND_BODY = re.compile(r'(?<=["/])CommandBody(?=")')
# What is asked here changes no aggregate, and the same again is harmless.
NO_COMMANDS = ("/v1/imports", "/v1/operations")


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: what FastAPI knows, the headers every command understands, and who needs a key."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        made.setdefault("components", {})["securitySchemes"] = SECURITY
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                operation["security"] = [] if path in OPEN else [{"key": []}]
                operation["parameters"] = operation.get("parameters", []) + _more(method, operation["responses"])
        app.openapi_schema = _with_public_names(made)
    return app.openapi_schema


def _with_public_names(made: dict[str, Any]) -> dict[str, Any]:
    """Give the schemas the names that generated clients know.

    A schema's name leaves out the folder of its module, so that moving a file changes nothing. `CommandBody` is called `Told`.
    """
    text = _FOLDER.sub("api__", json.dumps(made))
    document: dict[str, Any] = json.loads(_COMMAND_BODY.sub("Told", text))
    return document


def _more(method: str, responses: dict[str, Any]) -> list[dict[str, Any]]:
    """What may be said with every command, and what may be asked of every answer of its kind."""
    if method != "get":
        return COMMAND_HEADERS
    row = picking.row_schema(responses)
    return (READ_HEADERS if "304" in responses else []) + ([picking.parameter(row)] if row else [])
