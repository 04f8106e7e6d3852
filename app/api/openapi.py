"""The OpenAPI 3.1 document: APIFlask's, completed with what each call refuses and returns."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from apiflask import APIFlask

from app.api.doors import REFUSES
from app.problems import RETRY_AFTER_S, STATUS
from app.schemas.base import ID_PATTERN, ProblemOut
from loyalty.wire.refusals import Refusal

METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
DESCRIPTION: Final = (
    "Enlaza links what people do in a neighborhood shop with what they do online. A till scans "
    "a code, reports the sale and gets a receipt. Every write carries an id made by the caller, "
    "so it may be sent again at any time: the answer is then the same, with status 200 and "
    "`Idempotency-Hit: true`. Refusals are problem documents (RFC 9457) with stable codes."
)
SECURITY: Final = {
    "tillKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "`<program>.<till>.<key>`, from pairing.",
    },
    "tillCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-enlaza-till",
        "description": "A paired browser; calls also need `X-Enlaza: 1` and our own `Origin`. "
        "On http loopback the name has no `__Host-`.",
    },
    "integratorKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "`<program>.<integrator>.<key>`, from `enlaza integrator add`.",
    },
    "staffCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-enlaza-staff",
        "description": "A signed-in member of staff. On http loopback the name has no `__Host-`.",
    },
    "cardCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-enlaza-card",
        "description": "A phone that holds a card. On http loopback the name has no `__Host-`.",
    },
}
RATE_HEADERS: Final = {
    "RateLimit-Policy": {
        "description": "The general limit: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left: `r` requests for `t` seconds.",
        "schema": {"type": "string"},
    },
}

# What stands in addresses: ids of tills and connectors, and our own.
PATH_FORMS: Final = {
    "sale_id": {"pattern": ID_PATTERN, "maxLength": 100},
    "person_id": {"pattern": "^[0-9a-f]{32}$"},
}

Document = dict[str, Any]


def init_openapi(app: APIFlask) -> None:
    """Describe the API as version 3.1 and complete what APIFlask writes."""
    app.description = DESCRIPTION
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
    )
    app.spec_processor(_completed)


def _completed(document: Document | str) -> Document | str:
    assert isinstance(document, dict), "the document is asked for as JSON"
    return complete(document)


def complete(document: Document) -> Document:
    """Add refusals, replays, headers and security to a document of APIFlask."""
    document = _short_names(document)
    document["servers"] = [{"url": "/"}]
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    components.setdefault("schemas", {})["Problem"] = ProblemOut.model_json_schema()
    for operation in operations(document):
        _add_refusals(operation)
        _add_replay(operation)
        for parameter in operation.get("parameters", []):
            parameter["schema"].update(PATH_FORMS.get(parameter["name"], {}))
        for response in operation["responses"].values():
            response.setdefault("headers", {}).update(RATE_HEADERS)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[Document]:
    """Give every operation of a document."""
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                yield operation


def _add_refusals(operation: Document) -> None:
    by_status: dict[int, list[Refusal]] = {}
    for code in operation.get(REFUSES, []):
        refusal = Refusal(code)
        by_status.setdefault(int(STATUS[refusal]), []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        names = ", ".join(f"`{refusal}`" for refusal in sorted(refusals))
        response: Document = {
            "description": f"Refused: {names}",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        if any(refusal in RETRY_AFTER_S for refusal in refusals):
            response["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}
            }
        operation["responses"][str(status)] = response


def _add_replay(operation: Document) -> None:
    responses = operation["responses"]
    if "201" in responses and "200" in responses:
        responses["200"]["content"] = responses["201"]["content"]
        responses["200"]["headers"] = {
            "Idempotency-Hit": {
                "description": "`true`: this act was recorded before.",
                "schema": {"type": "string", "const": "true"},
            }
        }


def _short_names(document: Document) -> Document:
    """Name nested schemas once: APIFlask repeats them as `Outer.Inner` in every message."""
    schemas: Document = document.get("components", {}).get("schemas", {})
    short: Document = {}
    for name, schema in schemas.items():
        short[name.rpartition(".")[2]] = schema
    text = json.dumps({**document, "components": {"schemas": short}})
    for name in sorted(schemas, key=len, reverse=True):
        inner = name.rpartition(".")[2]
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{inner}"')
    return cast("Document", json.loads(text))
