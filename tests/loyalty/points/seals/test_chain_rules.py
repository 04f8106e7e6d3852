"""A digest is the same whatever database a row stands in; a head can be read out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.seals.rules import (
    NOTHING_BEFORE,
    digest_of,
    hash_of,
    in_words,
    next_seal,
    read_head,
    root_of,
)

ROW: dict[str, int | str] = {"program_id": 7, "posting_id": "01" * 16, "kind": "earn", "points": 3}
HASH = "0123456789abcdef" * 4
AT = "2026-03-02 09:00:00.000000"


def test_the_encoding_of_a_row_never_changes() -> None:
    assert digest_of("posting", ROW, [{"line": 1}]).hex() == (
        "f426ff158af09a80a90b72b6ef273ba787866493a109c40e7d2ae61ac3b34b47"
    )


def test_a_column_that_is_added_later_and_empty_changes_no_digest() -> None:
    assert digest_of("posting", dict(sorted(ROW.items(), reverse=True))) == digest_of(
        "posting", ROW
    )


@given(st.sampled_from(sorted(ROW)), st.integers(0, 300))
def test_every_bit_of_a_row_is_in_its_digest(name: str, bit: int) -> None:
    value = ROW[name]
    changed: object
    if isinstance(value, int):
        changed = value ^ (1 << bit % 31)
    else:
        at, bit = divmod(bit % (8 * len(value)), 8)
        changed = value[:at] + chr(ord(value[at]) ^ (1 << bit)) + value[at + 1 :]
    assert digest_of("posting", {**ROW, name: changed}) != digest_of("posting", ROW)


def test_a_number_and_its_text_are_two_things() -> None:
    assert digest_of("posting", {"a": 1}) != digest_of("posting", {"a": "1"})


def test_blocks_follow_each_other_without_a_gap() -> None:
    first = next_seal(7, None, root=root_of([b"a"]), count=3, sealed_at=AT)
    second = next_seal(7, first, root=root_of([b"b"]), count=2, sealed_at=AT)
    assert (first.block, first.first, first.last, first.prev) == (1, 1, 3, NOTHING_BEFORE)
    assert (second.block, second.first, second.last, second.prev) == (2, 4, 5, first.hash)
    assert first.hash == hash_of(7, first)
    assert hash_of(8, first) != first.hash, "a block of another program is another block"


def test_a_head_is_read_in_hex_and_in_words() -> None:
    words = in_words(HASH)
    assert words == "bahog-hijol-mokor-suloz-bahog-hijol-mokor-suloz"
    for told in (f"412:{HASH}", f" 412:{words} ", f"412: {words.replace('-', ' ').upper()}"):
        head = read_head(told)
        assert head is not None
        assert head.block == 412
        assert head.is_of(HASH)
        assert not head.is_of(HASH.replace("0", "1"))


@pytest.mark.parametrize(
    "text", ["", "412", "412:", "x:" + HASH, "0:" + HASH, "412:abc", "٤:" + HASH]
)
def test_what_is_no_head_is_not_read(text: str) -> None:
    assert read_head(text) is None


@given(st.binary(min_size=32, max_size=32), st.integers(0, 127))
def test_each_of_the_bits_in_words_can_be_heard(told: bytes, bit: int) -> None:
    other = (int.from_bytes(told, "big") ^ (1 << (255 - bit))).to_bytes(32, "big")
    assert in_words(told.hex()) != in_words(other.hex())
