"""What could be meant otherwise is refused, and what is clear is read as it stands."""

import pytest

from app.strict_json import read_json

DEEP = 12


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (b'{"a":1,"b":[true,null,"x"]}', {"a": 1, "b": [True, None, "x"]}),
        ('{"name":"ñandú 🦤"}'.encode(), {"name": "ñandú 🦤"}),
        (b'{"name":"\\u00f1 \\ud83e\\udda4 \\n"}', {"name": "ñ 🦤 \n"}),
        (b'"{{{{{{{{{{{{{{{{"', "{" * 16),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"[" * DEEP + b"1" + b"]" * DEEP, [[[[[[[[[[[[1]]]]]]]]]]]]),
    ],
)
def test_what_is_clear_is_read(told: bytes, read: object) -> None:
    assert read_json(told) == read


@pytest.mark.parametrize(
    "told",
    [
        b'{"a":1,"a":2}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1234567890123456789]",
        b'["a\x00b"]',
        b'["a\\u0000b"]',
        b'{"a\\u0000b":1}',
        b'["\\ud83e"]',
        b'["\xed\xa0\xbe"]',
        b'{"\xed\xa0\xbe":1}',
        b'["\xff"]',
        b"[" * (DEEP + 1) + b"1" + b"]" * (DEEP + 1),
        b'{"a":' * (DEEP + 1) + b"1" + b"}" * (DEEP + 1),
        b"[" * 200_000,
        b"{",
        b"",
    ],
)
def test_what_could_be_meant_otherwise_or_cannot_be_kept_is_refused(told: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(told)
