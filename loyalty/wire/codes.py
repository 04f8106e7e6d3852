"""The signed text inside a QR code: its layout, its letters, and how a till judges it.

Pure: public keys and a moment in, an outcome out. The same lines run at the counter without
a connection and on the server. Layout and reasons: docs/reference/codes.md.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from loyalty.wire.trust import (
    KeyState,
    SignedBy,
    TrustKey,
    TrustList,
    has_signed,
    keys_with_id,
)

# The 20 letters that a keyboard-wedge scanner types alike on 27 of 31 national layouts.
ALPHABET: Final = "BCDEFGHIJKLNOPRSTUVX"
TEXT_LENGTH: Final = 154
CODE_BYTES: Final = 83
LETTERS_LENGTH: Final = 8

LAYOUT_VERSION: Final = 1
HEADER_BYTES: Final = 19
CODE_PURPOSE: Final = b"enlaza-code/1\0"
EPOCH_START: Final = datetime(2020, 1, 1, tzinfo=UTC)

LIVE_WINDOW: Final = timedelta(seconds=120)
LIVE_SPACING: Final = timedelta(seconds=60)
LIVE_BATCH: Final = 130
SKEW: Final = timedelta(seconds=120)

# Longer texts are no barcode; only their end could be a code.
_SCANNED_MAX = 4096
# A tail of this many of our letters that is not a whole code is a code that was cut.
_CUT_LENGTH = 40
_BASE = len(ALPHABET)
_VALUES: Final = 256**CODE_BYTES  # 154 letters could say a little more
_PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghij")
# Caps lock on a Turkish keyboard types a dotless i (U+0131) for our I.
_FOLD = str.maketrans("abcdefghijklmnopqrstuvwxyz\u0131", "ABCDEFGHIJKLMNOPQRSTUVWXYZI")
_TAIL = re.compile(rf"[{ALPHABET}]*\Z")
_PLAIN = re.compile(r"[!-`{-~]*")  # printable ASCII without spaces and small letters
# What keyboards and phones put between groups: hyphens, dashes, a minus, dots.
_DASHES = str.maketrans("", "", "-_.\u00b7\u2010\u2011\u2013\u2014\u2212")


class CodeKind(IntEnum):
    """What a code stands for."""

    CARD = 1  # printed or saved: identifies, earns
    LIVE = 2  # on a phone, changes each minute: may also spend
    PICKUP = 3
    DELEGATE = 4
    CLAIM = 5


class CodeOutcome(StrEnum):
    """What came of reading a code; stable, tills and integrators may rely on them."""

    OK = "ok"
    MALFORMED = "malformed"
    NOT_OURS = "not_ours"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_PROGRAM = "wrong_program"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    DUPLICATE_SCAN = "duplicate_scan"
    ALREADY_USED = "already_used"
    OFFLINE_LIMIT = "offline_limit"
    TIME_UNSURE = "time_unsure"
    NO_CODE = "no_code"  # of a sale that was reported without one


# Good enough to say whose card it is and to earn.
IDENTIFYING: Final = frozenset(
    {CodeOutcome.OK, CodeOutcome.DUPLICATE_SCAN, CodeOutcome.TIME_UNSURE}
)
ALL_KINDS: Final = frozenset(CodeKind)


@dataclass(frozen=True, slots=True)
class CodeHeader:
    """The 19 bytes that are signed: what the code says.

    Units: `seconds` since 2020-01-01 UTC; when the code was issued for a card, when it
    expires for every other kind. `subject_id` is the card, order or claim, 16 hex digits.
    """

    kind: CodeKind
    key_id: int
    program_id: int
    subject_id: str
    epoch: int
    seconds: int

    @property
    def moment(self) -> datetime:
        """The moment that `seconds` means."""
        return EPOCH_START + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class SignedCode:
    """A text taken apart; nothing in it is believed before its signature is checked."""

    text: str
    header: CodeHeader
    signature: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a code: `header` only when it is ours in form, `text` is the canonical one."""

    outcome: CodeOutcome
    header: CodeHeader | None = None
    text: str | None = None


def seconds_of(at: datetime) -> int:
    """Count whole seconds since 2020-01-01 UTC, rounded down."""
    return (at - EPOCH_START) // timedelta(seconds=1)


def header_bytes(header: CodeHeader) -> bytes:
    """Lay the header out in its 19 bytes."""
    subject = bytes.fromhex(header.subject_id)
    assert len(subject) == 8, "a subject id is 8 bytes"  # noqa: PLR2004 - the layout's own number
    return b"".join(
        (
            bytes((LAYOUT_VERSION << 4 | header.kind, header.key_id)),
            header.program_id.to_bytes(4, "big"),
            subject,
            bytes((header.epoch,)),
            header.seconds.to_bytes(4, "big"),
        )
    )


def signed_bytes(header: CodeHeader) -> bytes:
    """Give the bytes that the program's key signs: the purpose, then the header."""
    return CODE_PURPOSE + header_bytes(header)


def encode(header: CodeHeader, signature: bytes) -> str:
    """Write a signed code as its one text of 154 letters."""
    assert len(signature) == CODE_BYTES - HEADER_BYTES, "an Ed25519 signature is 64 bytes"
    value = int.from_bytes(header_bytes(header) + signature, "big")
    pairs = []
    for _ in range(TEXT_LENGTH // 2):
        value, pair = divmod(value, _BASE * _BASE)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))


def read_text(scanned: str) -> str | None:
    """Find the code in what a scanner typed or a person pasted: its 154 letters, or None.

    Forgives case, white space and invisible characters anywhere, and whatever a wrong
    keyboard layout made of the address in front of the code. None means it holds no whole
    code of ours: another barcode, a web address, a cut code. Says nothing about validity.
    """
    read = _read(scanned)
    return None if read is None else read[0]


def _read(scanned: str) -> tuple[str, int] | None:
    """Find the letters of a code and the number they write."""
    text = _fold(scanned)[-TEXT_LENGTH:]
    if len(text) != TEXT_LENGTH or _TAIL.match(text) is None:
        return None
    value = int(text.translate(_DIGITS), _BASE)
    return (text, value) if value < _VALUES else None


def read_letters(typed: str) -> str | None:
    """Find the 8 letters typed from under a live code; case, spaces and dashes are forgiven."""
    letters = _fold(typed).translate(_DASHES)
    if len(letters) != LETTERS_LENGTH or _TAIL.match(letters) is None:
        return None
    return letters


def take_apart(scanned: str) -> SignedCode | CodeOutcome:
    """Split a scanned text into header and signature, or say why it is none of ours."""
    read = _read(scanned)
    if read is None:
        return _why_unread(scanned)
    text, value = read
    raw = value.to_bytes(CODE_BYTES, "big")
    version, kind = raw[0] >> 4, raw[0] & 0x0F
    if version != LAYOUT_VERSION or kind not in ALL_KINDS:
        return CodeOutcome.MALFORMED
    header = CodeHeader(
        kind=CodeKind(kind),
        key_id=raw[1],
        program_id=int.from_bytes(raw[2:6], "big"),
        subject_id=raw[6:14].hex(),
        epoch=raw[14],
        seconds=int.from_bytes(raw[15:19], "big"),
    )
    return SignedCode(text=text, header=header, signature=raw[HEADER_BYTES:])


def signer_of(
    code: SignedCode, keys: Iterable[TrustKey], *, signed_by: SignedBy = has_signed
) -> TrustKey | CodeOutcome:
    """Find the key that signed a code, or say why none did; `signed_by` checks one signature."""
    candidates = keys_with_id(keys, code.header.key_id)
    if not candidates:
        return CodeOutcome.UNKNOWN_KEY
    message = signed_bytes(code.header)
    for key in candidates:
        if signed_by(key, code.signature, message):
            return key
    return CodeOutcome.BAD_SIGNATURE


def key_outcome(key: TrustKey, header: CodeHeader) -> CodeOutcome:
    """Say whether what this key signed is still believed.

    A retired key is believed for what it signed while it served: cards issued and live codes
    handed out before `not_after`. Whoever steals it later can make no live code of today.
    """
    if key.state is KeyState.WITHDRAWN:
        return CodeOutcome.REVOKED
    if key.not_after is None:
        return CodeOutcome.OK
    ahead = {
        CodeKind.CARD: SKEW,
        CodeKind.LIVE: LIVE_WINDOW + LIVE_BATCH * LIVE_SPACING + SKEW,
    }.get(header.kind)
    if ahead is not None and header.moment > key.not_after + ahead:
        return CodeOutcome.UNKNOWN_KEY
    return CodeOutcome.OK


def standing_outcome(epoch: int, *, is_void: bool, min_epoch: int) -> CodeOutcome:
    """Say whether a card's code was called back: void, or replaced by a newer issue."""
    if is_void:
        return CodeOutcome.REVOKED
    return CodeOutcome.SUPERSEDED if epoch < min_epoch else CodeOutcome.OK


def time_outcome(header: CodeHeader, at: datetime) -> CodeOutcome:
    """Judge a code's time at the moment of the scan, with two minutes of skew both ways.

    A card has no time. A live code is good from 120 s before its expiry until its expiry;
    the other kinds from when they were made until their expiry.
    """
    if header.kind is CodeKind.CARD:
        return CodeOutcome.OK
    if at > header.moment + SKEW:
        return CodeOutcome.EXPIRED
    if header.kind is CodeKind.LIVE and at < header.moment - LIVE_WINDOW - SKEW:
        return CodeOutcome.NOT_YET_VALID
    return CodeOutcome.OK


def check(  # noqa: PLR0911 - one refusal after the other, in the order they are documented
    scanned: str,
    *,
    trust: TrustList,
    program_id: int,
    at: datetime,
    kinds: Collection[CodeKind] = ALL_KINDS,
    clock_sure: bool = True,
) -> Reading:
    """Judge a code with nothing but a trust list; the first thing wrong with it is the outcome.

    `at` is the moment of the scan by the till's corrected clock; with `clock_sure` False a
    code that depends on the time is `time_unsure`: it may earn and may not spend.
    """
    code = take_apart(scanned)
    if isinstance(code, CodeOutcome):
        return Reading(code)
    header = code.header

    def found(outcome: CodeOutcome) -> Reading:
        return Reading(outcome, header, code.text)

    if header.program_id != program_id:
        return found(CodeOutcome.WRONG_PROGRAM)
    key = signer_of(code, trust.keys)
    if isinstance(key, CodeOutcome):
        return found(key)
    if (outcome := key_outcome(key, header)) is not CodeOutcome.OK:
        return found(outcome)
    if header.kind not in kinds:
        return found(CodeOutcome.NOT_OURS)
    if header.subject_id in trust.revocations:
        min_epoch = trust.revocations[header.subject_id]
        outcome = standing_outcome(
            header.epoch, is_void=min_epoch is None, min_epoch=min_epoch or 0
        )
        if outcome is not CodeOutcome.OK:
            return found(outcome)
    if not clock_sure and header.kind is not CodeKind.CARD:
        return found(CodeOutcome.TIME_UNSURE)
    return found(time_outcome(header, at))


def _fold(scanned: str) -> str:
    tail = scanned[-_SCANNED_MAX:]
    if _PLAIN.fullmatch(tail):  # as a scanner types it: nothing is to be forgiven
        return tail
    visible = "".join(filter(str.isprintable, tail)).replace(" ", "")
    return visible.translate(_FOLD)


def _why_unread(scanned: str) -> CodeOutcome:
    tail = _TAIL.search(_fold(scanned))
    cut = tail is not None and len(tail.group()) >= _CUT_LENGTH
    return CodeOutcome.MALFORMED if cut else CodeOutcome.NOT_OURS
