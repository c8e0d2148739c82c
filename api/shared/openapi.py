"""The parts of the OpenAPI document that many routes share: answers, problem documents and headers."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.shared import picking
from api.shared.browsers import COOKIE, CSRF_HEADER
from api.shared.routes import Route

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
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {
                        "type": "string",
                        "description": "The part of the body, as a JSON Pointer (RFC 6901)",
                        "examples": ["/lines/0/quantity"],
                    },
                    "parameter": {
                        "type": "string",
                        "description": "Instead of `pointer`: the parameter of the query, the path or the headers",
                        "examples": ["from"],
                    },
                },
            },
        },
    },
}
POSITION = {
    "description": "A position in the event log. Send it as `?after=` with a later request to read your own write.",
    "schema": {"type": "string"},
}
ETAG = {
    "description": "The version in quotes; in the answer to a read, a digest of the body follows it.",
    "schema": {"type": "string"},
}

REFERENCE = {"$ref": "#/components/schemas/Problem"}
"""The problem document is declared once: every route may answer with several of them."""
_ACCEPTED_BODY = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["id", "version", "position"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "version": {"type": "integer", "minimum": 1},
                "position": {"type": "integer", "minimum": 0},
                "irregular": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "The rules that the recorded facts break, such as `payment-over-due`; absent if none.",
                    "examples": [["payment-over-due"]],
                },
            },
        }
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents that a route may answer with, by status."""
    return {
        status: {"description": _REASONS[status], "content": {"application/problem+json": {"schema": REFERENCE}}}
        for status in statuses
    }


_REASONS = {
    400: "The request is malformed",
    401: "No valid API key",
    403: "The API key lacks the permission",
    404: "Not found",
    406: "The answer has none of the accepted media types",
    409: "Refused by a business rule",
    412: "The resource does not have the version that the request asks for",
    413: "The body is too large",
    414: "The target of the request is too long",
    415: "The body is not application/json",
    422: "The request does not fit its schema, or a value is not valid",
    429: "Too many requests: retry after the seconds in Retry-After",
    431: "The head of the request is too large",
    503: "Temporarily unavailable: retry after the seconds in Retry-After",
    507: "There is not enough free space for the upload",
}

EVERYWHERE = problems(400, 401, 403, 404, 413, 414, 422, 429, 431, 503)
ACCEPTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Done, or there was nothing to change",
        "content": _ACCEPTED_BODY,
        "headers": {"ETag": ETAG, "Position": POSITION},
    },
    **EVERYWHERE,
    **problems(409, 412, 415),
}
CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "Created",
        "content": _ACCEPTED_BODY,
        "headers": {"ETag": ETAG, "Position": POSITION, "Location": {"schema": {"type": "string"}}},
    }
}


def answers(schema: dict[str, Any], *more: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a read: 200 with this schema, and its problems."""
    return {
        200: {
            "description": "The data, complete up to the `Position` header",
            "content": {"application/json": {"schema": schema}},
            "headers": {"Position": POSITION},
        },
        **EVERYWHERE,
        **problems(*more),
    }


def one(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The answers of a read of one resource: 200 with an ETag, 304 if If-None-Match contains that ETag, 404."""
    found = answers(schema, 404, 412)
    found[200]["headers"]["ETag"] = ETAG
    unchanged = {
        "description": "Not modified since the given ETag",
        "headers": {"ETag": ETAG, "Position": POSITION},
    }
    return {**found, 304: unchanged}


TABLE = (
    "RFC 4180, in UTF-8, with a header line even without rows. A declared field of an object has a column such as `a.b`. A"
    " list, or an object with any fields, is one column of JSON. The columns do not depend on the rows. Before a text that a"
    " spreadsheet would run as a formula stands an apostrophe, see `neutralise`."
)


def exported(answers: dict[int | str, dict[str, Any]], row: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The same answers, and the complete result as CSV or NDJSON in addition."""
    answers[200]["content"] |= {
        "text/csv": {"schema": {"type": "string", "description": TABLE}},
        "application/x-ndjson": {"schema": row},
    }
    return answers


def listed(item: dict[str, Any], *more: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a list: a page of items, and the link to the next page."""
    return answers(
        {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
        },
        *more,
    )


SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `rk_…`"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"A browser's session, from POST /v1/sessions. Every method but GET and HEAD needs {CSRF_HEADER}.",
    },
}
KEY_OR_SESSION: list[dict[str, list[str]]] = [{"key": []}, {"session": []}]
OTHER_SECURITY: dict[tuple[str, str], list[dict[str, list[str]]]] = {
    ("post", "/v1/sessions"): [{"key": []}, {}],
    ("post", "/v1/sign-in-links"): [{"key": []}],
    ("delete", "/v1/sessions/current"): [{"session": []}],
}
"""What opens these routes. The link that opens a session is in the body, which no scheme of OpenAPI describes."""
CSRF = {
    "name": CSRF_HEADER,
    "in": "header",
    "required": False,
    "description": "The `csrf_token` of GET /v1/me. A session needs it; with a key it means nothing.",
    "schema": {"type": "string"},
}
ETAGS = r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'
CONDITIONS = [
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The version you last read, in quotes, or several, or `*` for a resource that exists. The answer is "
        "412 if the resource has another version or does not exist.",
        "schema": {"type": "string", "pattern": ETAGS, "examples": ['"3"']},
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "With `*` the command only creates: the answer is 412 if the resource exists. Or versions that it must "
        "not have.",
        "schema": {"type": "string", "pattern": ETAGS, "examples": ["*"]},
    },
]
IDEMPOTENCY = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "If you repeat a request with the same key, you get the first answer again. The method, path, query, "
        "conditions and body must mean the same; the order of names does not matter.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
]
READ_HEADERS = [
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The ETag of an answer you have. The answer is 304 if nothing has changed.",
        "schema": {"type": "string", "pattern": ETAGS},
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The version you expect. The answer is 412 if it is another one.",
        "schema": {"type": "string", "pattern": ETAGS},
    },
]
OPEN = frozenset({"/health/live"})
_FOLDER = re.compile(r"\bapi__[a-z]+__(?=[a-z_]+__[A-Z])")
_COMMAND_BODY = re.compile(r'(?<=["/])CommandBody(?=")')
# Requests below these paths change no aggregate, or sign in: a repeat does no harm.
NO_COMMANDS = ("/v1/imports", "/v1/operations", "/v1/sessions", "/v1/sign-in-links")


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: FastAPI's own, plus the headers that routes accept, the API key, and the bounds of the work."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = made.setdefault("components", {})
        components["securitySchemes"] = SECURITY
        components["schemas"] = components.get("schemas", {}) | {"Problem": PROBLEM}
        bounds = _bounds(app)
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                operation["security"] = [] if path in OPEN else OTHER_SECURITY.get((method, path), KEY_OR_SESSION)
                operation["x-bound"] = bounds[method, path]
                operation["parameters"] = operation.get("parameters", []) + _more(method, path, operation["responses"])
                if method == "get" and "application/json" in operation["responses"]["200"].get("content", ()):
                    operation["responses"]["406"] = problems(406)[406]
        app.openapi_schema = _with_public_names(made)
    return app.openapi_schema


def _bounds(app: FastAPI) -> dict[tuple[str, str], dict[str, Any]]:
    """The bound of each route's work (`api/shared/bounds.py`), by method and path."""
    return {
        (method.lower(), route.path_format): route.parameters.bound.shown()
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }


def _with_public_names(made: dict[str, Any]) -> dict[str, Any]:
    """Give the schemas the names that generated clients know.

    A schema's name leaves out the folder of its module, so that moving a file changes nothing. `CommandBody` is called `Told`.
    """
    text = _FOLDER.sub("api__", json.dumps(made))
    document: dict[str, Any] = json.loads(_COMMAND_BODY.sub("Told", text))
    return document


def _more(method: str, path: str, responses: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters that all routes of this kind take: the headers of commands, or the conditions and `fields` of reads.

    Many commands in one request have no version, and so no conditions.
    """
    if method != "get":
        takes_session = {"session": []} in OTHER_SECURITY.get((method, path), KEY_OR_SESSION)
        has_version = any("ETag" in answer.get("headers", ()) for answer in responses.values())
        return CONDITIONS * has_version + IDEMPOTENCY * (not path.startswith(NO_COMMANDS)) + [CSRF] * takes_session
    row = picking.row_schema(responses)
    return (READ_HEADERS if "304" in responses else []) + ([picking.parameter(row)] if row else [])
