"""JSON as the API reads it: one meaning per text, and nothing a database cannot keep."""

import json
import re
from typing import Any, Final

from flask.json.provider import DefaultJSONProvider

# Amounts and points have far fewer digits; Python's own limit (4,300) would cost time.
DIGITS_MAX: Final = 18
DEPTH_MAX: Final = 12
# A zero, or half a surrogate pair.
UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS_MAX:
        message = f"a number of more than {DIGITS_MAX} digits"
        raise ValueError(message)
    return int(text)


def _constant(text: str) -> float:
    message = f"{text} is not JSON"
    raise ValueError(message)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        message = "a name is given twice"
        raise ValueError(message)
    return told


def _check_keepable(value: object, depth: int = 0) -> None:
    if depth > DEPTH_MAX:
        message = "nested too deeply"
        raise ValueError(message)
    if isinstance(value, str):
        if UNKEEPABLE.search(value):
            message = "a text that is not Unicode, or holds a zero"
            raise ValueError(message)
    elif isinstance(value, list):
        for item in value:
            _check_keepable(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_keepable(name, depth + 1)
            _check_keepable(item, depth + 1)


def _is_plain(text: str) -> bool:
    """Say whether nothing in a text can be unkeepable, without looking at what it holds.

    Without a backslash its strings are what is written; it is no deeper than it has brackets.
    """
    return (
        "\\" not in text
        and text.count("{") + text.count("[") <= DEPTH_MAX
        and UNKEEPABLE.search(text) is None
    )


# Made once: json.loads would make one for each text that is read not quite as usual.
DECODER: Final = json.JSONDecoder(
    parse_int=_whole, parse_constant=_constant, object_pairs_hook=_once
)


def read_json(text: str | bytes) -> Any:  # noqa: ANN401  the schema says what it must be
    """Read JSON strictly.

    Errors: `ValueError` for a name given twice, NaN and Infinity, numbers of more than 18
    digits, half a surrogate pair, a zero byte, nesting deeper than 12, and what is not JSON.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    try:
        value = DECODER.decode(text)
    except RecursionError as error:
        message = "nested too deeply"
        raise ValueError(message) from error
    if not _is_plain(text):
        _check_keepable(value)
    return value


class StrictJson(DefaultJSONProvider):
    """Reads strictly, writes compact UTF-8 in the order it was given."""

    sort_keys = False
    ensure_ascii = False
    compact = True

    def loads(self, s: str | bytes, **_options: object) -> Any:  # noqa: ANN401
        """Read JSON strictly; see `read_json`."""
        return read_json(s)
