"""The reference page's content, read from the OpenAPI document: calls, messages, their fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.api.doors import REFUSES
from app.api.openapi import METHODS

REF: Final = "#/components/schemas/"
LIMITS: Final = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minLength", "≥ {} letters"),
    ("maxLength", "≤ {} letters"),
    ("maxItems", "≤ {} items"),
)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a message; `message` names the message it holds, if it holds one."""

    name: str
    kind: str
    message: str | None
    limits: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message and its fields."""

    name: str
    about: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer of a call."""

    status: str
    about: str
    message: str | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the API."""

    anchor: str
    method: str
    path: str
    title: str
    about: str
    who: str
    takes: str | None
    answers: tuple[AnswerRow, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The calls of one subject."""

    name: str
    calls: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything the page shows."""

    title: str
    version: str
    about: str
    groups: tuple[GroupRow, ...]
    messages: tuple[MessageRow, ...]


def read_reference(document: Mapping[str, Any]) -> Reference:
    """Turn an OpenAPI document into the reference page's content."""
    calls: dict[str, list[CallRow]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                group = operation.get("tags", ["API"])[0]
                calls.setdefault(group, []).append(_call(path, method, operation))
    return Reference(
        title=document["info"]["title"],
        version=document["info"]["version"],
        about=document["info"].get("description", ""),
        groups=tuple(GroupRow(name, tuple(rows)) for name, rows in calls.items()),
        messages=tuple(
            _message(name, schema)
            for name, schema in sorted(document["components"]["schemas"].items())
        ),
    )


def _call(path: str, method: str, operation: Mapping[str, Any]) -> CallRow:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    security = [name for one in operation.get("security", []) for name in one]
    return CallRow(
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        title=operation.get("summary", ""),
        about=operation.get("description", ""),
        who=", ".join(security),
        takes=_name_of(body.get("schema", {})),
        answers=tuple(
            AnswerRow(status, answer["description"], _answer_message(answer))
            for status, answer in sorted(operation["responses"].items())
            if status.startswith("2")
        ),
        refusals=tuple(operation.get(REFUSES, [])),
    )


def _answer_message(answer: Mapping[str, Any]) -> str | None:
    content = answer.get("content", {}).get("application/json", {})
    return _name_of(content.get("schema", {}))


def _message(name: str, schema: Mapping[str, Any]) -> MessageRow:
    required = set(schema.get("required", []))
    return MessageRow(
        name=name,
        about=schema.get("description", ""),
        fields=tuple(
            _field(field, inner, is_required=field in required)
            for field, inner in schema.get("properties", {}).items()
        ),
    )


def _field(name: str, schema: Mapping[str, Any], *, is_required: bool) -> FieldRow:
    choices = [one for one in _choices(schema) if one.get("type") != "null"]
    inner = choices[0] if choices else schema
    return FieldRow(
        name=name,
        kind=" | ".join(_kind(one) for one in _choices(schema)),
        message=_name_of(inner) or _name_of(inner.get("items", {})),
        limits=", ".join(_limits(inner)),
        is_required=is_required,
    )


def _choices(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    several: Sequence[Mapping[str, Any]] = schema.get("anyOf", [schema])
    return several


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _name_of(schema) or ""
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{one}"' for one in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "any")


def _limits(schema: Mapping[str, Any]) -> list[str]:
    told = [text.format(schema[name]) for name, text in LIMITS if name in schema]
    return told + ([schema["pattern"]] if "pattern" in schema else [])


def _name_of(schema: Mapping[str, Any]) -> str | None:
    ref: str | None = schema.get("$ref")
    return ref.removeprefix(REF) if ref else None
