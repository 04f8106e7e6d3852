"""How a row becomes a digest, a block a hash, and a hash words somebody can read out. Pure.

Nothing here depends on the database: the same row gives the same digest on SQLite and on
PostgreSQL. Columns that are empty are left out, so a column added later (nullable) changes no
digest of an older row.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

# What is hashed begins with these, so that a digest of one kind is never one of another.
ROW: Final = "enlaza.row.1"
BLOCK: Final = "enlaza.block.1"
NOTHING_BEFORE: Final = "0" * 64
WORDS: Final = 8
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SealFacts:
    """One block; `sealed_at` as the text that is hashed (UTC, microseconds)."""

    block: int
    first: int
    last: int
    count: int
    root: str
    prev: str
    hash: str
    sealed_at: str


def digest_of(kind: str, row: Told, parts: Sequence[Told] = ()) -> bytes:
    """Hash a row and the rows that belong to it; each value is a whole number or a text."""
    return hashlib.sha256(_told_once([ROW, kind, row, parts])).digest()


def _told_once(what: list[object]) -> bytes:
    """Write JSON in the one way that is digested: ASCII, keys in order, no blanks.

    The quick writer does so, too, for all that is plain ASCII; what is not goes the slow way.
    """
    try:
        quick = orjson.dumps(what, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a broken text, or a number beyond 64 bits
        quick = b""
    if quick and quick.isascii() and b"\x7f" not in quick:
        return quick
    return _encode(what).encode("ascii")


def root_of(digests: Iterable[bytes]) -> str:
    """Hash the digests of a block, in their places."""
    told = hashlib.sha256()
    for digest in digests:
        told.update(digest)
    return told.hexdigest()


def next_seal(
    program_id: int, before: SealFacts | None, *, root: str, count: int, sealed_at: str
) -> SealFacts:
    """Make the seal of the block that follows `before` (the first one follows none)."""
    first = 1 if before is None else before.last + 1
    made = SealFacts(
        block=1 if before is None else before.block + 1,
        first=first,
        last=first + count - 1,
        count=count,
        root=root,
        prev=NOTHING_BEFORE if before is None else before.hash,
        hash="",
        sealed_at=sealed_at,
    )
    return SealFacts(
        block=made.block,
        first=made.first,
        last=made.last,
        count=made.count,
        root=made.root,
        prev=made.prev,
        hash=hash_of(program_id, made),
        sealed_at=made.sealed_at,
    )


def hash_of(program_id: int, seal: SealFacts) -> str:
    """Hash a block: its number, its rows, when it was sealed, and the block before it."""
    told = [
        BLOCK,
        program_id,
        seal.block,
        seal.first,
        seal.last,
        seal.count,
        seal.root,
        seal.prev,
        seal.sealed_at,
    ]
    return hashlib.sha256(_encode(told).encode("ascii")).hexdigest()


def in_words(hash_text: str) -> str:
    """Write the first 128 bits of a hash as eight words that can be read out in any language.

    Two letters of consonant and vowel at a time ("proquints"); no word list is needed.
    """
    return "-".join(_word(int(hash_text[at : at + 4], 16)) for at in range(0, 4 * WORDS, 4))


@dataclass(frozen=True, slots=True)
class HeadAsked:
    """A head somebody kept: its block, and its hash in hex or in words."""

    block: int
    told: str

    def is_of(self, hash_text: str) -> bool:
        """Say whether a block's hash is the one that was kept."""
        return self.told in (hash_text, in_words(hash_text))


def read_head(text: str) -> HeadAsked | None:
    """Read a head as the mail writes it: `412:<64 hex digits>` or `412:<eight words>`."""
    block, _, told = text.strip().lower().partition(":")
    told = "-".join(told.replace("-", " ").split())
    if not (block.isascii() and block.isdigit() and int(block) > 0):
        return None
    is_words = len(told.split("-")) == WORDS and re.fullmatch(r"[a-z-]+", told)
    return HeadAsked(int(block), told) if _HEX.fullmatch(told) or is_words else None


def _word(bits: int) -> str:
    return (
        _CONSONANTS[bits >> 12 & 15]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )
