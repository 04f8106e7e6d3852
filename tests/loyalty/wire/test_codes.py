"""The text in the QR: layout, letters, and how a till judges it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import qrcode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from loyalty.wire.codes import (
    ALPHABET,
    CODE_BYTES,
    EPOCH_START,
    TEXT_LENGTH,
    CodeHeader,
    CodeKind,
    CodeOutcome,
    check,
    encode,
    header_bytes,
    read_letters,
    read_text,
    seconds_of,
    signed_bytes,
    take_apart,
)
from loyalty.wire.trust import KeyState, TrustKey, TrustList

PROGRAM = 20251121
CARD_ID = "00ff10203040a0b0"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEY = TrustKey(
    key_id=1,
    public=PRIVATE.public_key().public_bytes_raw(),
    not_before=NOON - timedelta(days=400),
    not_after=None,
    state=KeyState.SIGNING,
)
TRUST = TrustList(program_id=PROGRAM, sequence=1, server_time=NOON, keys=(KEY,), revocations={})
LIVE = CodeHeader(
    kind=CodeKind.LIVE,
    key_id=1,
    program_id=PROGRAM,
    subject_id=CARD_ID,
    epoch=3,
    seconds=seconds_of(NOON),
)
STATIC = replace(LIVE, kind=CodeKind.CARD)

headers = st.builds(
    CodeHeader,
    kind=st.sampled_from(CodeKind),
    key_id=st.integers(0, 255),
    program_id=st.integers(1, 2**31 - 1),
    subject_id=st.binary(min_size=8, max_size=8).map(bytes.hex),
    epoch=st.integers(0, 255),
    seconds=st.integers(0, 2**32 - 1),
)
signatures = st.binary(min_size=64, max_size=64)


def text_of(header: CodeHeader, private: Ed25519PrivateKey = PRIVATE) -> str:
    return encode(header, private.sign(signed_bytes(header)))


def outcome_of(text: str, *, trust: TrustList = TRUST, at: datetime = NOON) -> CodeOutcome:
    return check(text, trust=trust, program_id=PROGRAM, at=at).outcome


@given(headers, signatures)
def test_what_is_written_is_read_back(header: CodeHeader, signature: bytes) -> None:
    text = encode(header, signature)
    code = take_apart(text)
    assert not isinstance(code, CodeOutcome)
    assert (code.text, code.header, code.signature) == (text, header, signature)
    assert len(text) == TEXT_LENGTH
    assert set(text) <= set(ALPHABET)


@given(headers, signatures)
def test_a_code_has_one_text(header: CodeHeader, signature: bytes) -> None:
    text = encode(header, signature)
    code = take_apart(text)
    assert not isinstance(code, CodeOutcome)
    assert encode(code.header, code.signature) == text


@given(st.text(alphabet=ALPHABET, min_size=TEXT_LENGTH, max_size=TEXT_LENGTH))
def test_every_text_is_refused_or_is_the_only_text_of_its_code(text: str) -> None:
    code = take_apart(text)
    if isinstance(code, CodeOutcome):
        assert code is CodeOutcome.MALFORMED
    else:
        assert encode(code.header, code.signature) == text


def test_a_code_takes_19_bytes_of_header_and_64_of_signature() -> None:
    fields = ["12", "01", "013501f1", CARD_ID, "03", "0cf5a6c0"]
    assert header_bytes(LIVE).hex() == "".join(fields)
    assert len(header_bytes(LIVE)) + 64 == CODE_BYTES
    assert signed_bytes(LIVE).startswith(b"enlaza-code/1\0")
    assert LIVE.moment == NOON


@pytest.mark.parametrize("filling", [0, 255])
def test_83_bytes_always_fit_and_one_more_does_not(filling: int) -> None:
    assert 256**CODE_BYTES <= 20**TEXT_LENGTH < 256 ** (CODE_BYTES + 1)
    header = CodeHeader(CodeKind.CLAIM, filling, 2**31 - 1, bytes([filling] * 8).hex(), filling, 0)
    assert len(encode(header, bytes([filling] * 64))) == TEXT_LENGTH


def test_a_value_too_large_for_83_bytes_is_refused() -> None:
    def text_of_value(value: int) -> str:
        letters = ""
        for _ in range(TEXT_LENGTH):
            value, digit = divmod(value, 20)
            letters = ALPHABET[digit] + letters
        return letters

    assert read_text(text_of_value(256**CODE_BYTES - 1)) is not None
    assert read_text(text_of_value(256**CODE_BYTES)) is None
    assert read_text("X" * TEXT_LENGTH) is None
    assert outcome_of("X" * TEXT_LENGTH) is CodeOutcome.MALFORMED


def test_the_text_fills_a_version_6_picture_at_level_m() -> None:
    def version_of(text: str) -> int:
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M)
        code.add_data(QRData(text, mode=MODE_ALPHA_NUM), optimize=0)
        code.make(fit=True)
        return int(code.version or 0)

    text = text_of(LIVE)
    assert version_of(text) == 6
    assert version_of(text + "B") == 7


@pytest.mark.parametrize(
    "written",
    [
        str.lower,
        str.swapcase,
        lambda text: f"  {text}\r\n",
        lambda text: f"\x02{text}\x03",
        lambda text: "\n".join(text[at : at + 22] for at in range(0, TEXT_LENGTH, 22)),
        lambda text: "\ufeff" + "\u200b".join(text),
        lambda text: text.lower().replace("i", "\u0131"),
        lambda text: f"https://tienda.example/Q/{text}",
        lambda text: f"HTTPSÑ--TIENDA.EXAMPLE-Q-{text}",
        lambda text: f"]Q3{text}",
        lambda text: text + text,
    ],
)
def test_a_code_is_found_in_what_scanners_and_people_make_of_it(written: object) -> None:
    assert callable(written)
    text = text_of(LIVE)
    assert read_text(written(text)) == text
    assert outcome_of(written(text)) is CodeOutcome.OK


@pytest.mark.parametrize(
    "scanned",
    [
        "",
        " ",
        "8410376026962",
        "4006381333931",
        "https://example.com/menu",
        "HTTPS://TIENDA.EXAMPLE/S/PANADERIA",
        "https://prewww2.aeat.es/wlpl/TIKE-CONT/ValidarQR?nif=89890001K&numserie=1-G33&importe=24.4",
        "https://batuz.eus/QRTBAI/?id=TBAI-00000006Y-251019-btFpwP8dcLGAF-237&s=T&nf=27174&cr=007",
        "WIFI:T:WPA;S=casa;P:secreto;;",
        "BCDEFGHI",
        "Ñ" * 400,
        "x" * 100_000 + "!",
        "Ŝ" + "B" * 39,
    ],
)
def test_other_barcodes_are_not_ours(scanned: str) -> None:
    assert read_text(scanned) is None
    assert outcome_of(scanned) is CodeOutcome.NOT_OURS


@pytest.mark.parametrize("kept", [40, 100, 153])
def test_a_cut_code_is_told_from_a_foreign_one(kept: int) -> None:
    text = text_of(LIVE)
    assert outcome_of(text[-kept:]) is CodeOutcome.MALFORMED
    assert outcome_of(f"HTTPS://TIENDA.EXAMPLE/Q/{text[:kept]}") is CodeOutcome.MALFORMED


@given(st.text(max_size=400))
def test_no_text_makes_the_reader_stumble(scanned: str) -> None:
    assert outcome_of(scanned) in {CodeOutcome.NOT_OURS, CodeOutcome.MALFORMED}
    read_letters(scanned)


@given(
    st.sampled_from([LIVE, STATIC]),
    st.lists(
        st.tuples(
            st.sampled_from(["replace", "drop", "double", "swap"]),
            st.integers(0, TEXT_LENGTH - 2),
            st.sampled_from(ALPHABET),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_changed_text_is_never_accepted_with_another_meaning(
    header: CodeHeader, changes: list[tuple[str, int, str]]
) -> None:
    text = changed = text_of(header)
    for change, place, letter in changes:
        at = min(place, len(changed) - 2)
        head, here, after, tail = changed[:at], changed[at], changed[at + 1], changed[at + 2 :]
        changed = {
            "replace": head + letter + after + tail,
            "drop": head + after + tail,
            "double": head + here + here + after + tail,
            "swap": head + after + here + tail,
        }[change]
    reading = check(changed, trust=TRUST, program_id=PROGRAM, at=NOON)
    if reading.outcome is CodeOutcome.OK:
        assert (reading.text, reading.header) == (text, header)


@given(headers)
def test_a_forged_code_is_never_accepted(header: CodeHeader) -> None:
    forged = replace(header, key_id=KEY.key_id, program_id=PROGRAM)
    assert outcome_of(text_of(forged, OTHER)) is CodeOutcome.BAD_SIGNATURE


def test_a_signature_for_another_purpose_is_refused() -> None:
    signature = PRIVATE.sign(b"enlaza-trust/1\0" + header_bytes(LIVE))
    assert outcome_of(encode(LIVE, signature)) is CodeOutcome.BAD_SIGNATURE


def test_an_unknown_layout_version_or_kind_is_malformed() -> None:
    raw = int.from_bytes(header_bytes(LIVE) + bytes(64), "big")
    for first in (0x22, 0x02, 0x10, 0x16, 0x1F):
        value = raw & (256 ** (CODE_BYTES - 1) - 1) | first << 8 * (CODE_BYTES - 1)
        letters = ""
        for _ in range(TEXT_LENGTH):
            value, digit = divmod(value, 20)
            letters = ALPHABET[digit] + letters
        assert outcome_of(letters) is CodeOutcome.MALFORMED


def test_a_code_of_another_program_says_so_before_its_key_is_looked_up() -> None:
    elsewhere = replace(LIVE, program_id=PROGRAM + 1, key_id=9)
    assert outcome_of(text_of(elsewhere, OTHER)) is CodeOutcome.WRONG_PROGRAM


def test_a_key_that_is_not_on_the_list_is_unknown() -> None:
    assert outcome_of(text_of(replace(LIVE, key_id=2))) is CodeOutcome.UNKNOWN_KEY


def test_every_key_with_the_id_is_tried() -> None:
    newer = replace(KEY, public=OTHER.public_key().public_bytes_raw())
    trust = replace(TRUST, keys=(newer, KEY))
    assert outcome_of(text_of(LIVE), trust=trust) is CodeOutcome.OK
    assert outcome_of(text_of(LIVE, OTHER), trust=trust) is CodeOutcome.OK


def test_a_withdrawn_key_revokes_what_it_signed() -> None:
    trust = replace(TRUST, keys=(replace(KEY, state=KeyState.WITHDRAWN),))
    assert outcome_of(text_of(LIVE), trust=trust) is CodeOutcome.REVOKED


def test_a_retired_key_is_believed_for_what_it_signed_while_it_served() -> None:
    retired = replace(KEY, state=KeyState.VERIFYING, not_after=NOON)
    trust = replace(TRUST, keys=(retired,))
    assert outcome_of(text_of(STATIC), trust=trust) is CodeOutcome.OK
    held = replace(LIVE, seconds=LIVE.seconds + 130 * 60)
    assert outcome_of(text_of(held), trust=trust, at=held.moment) is CodeOutcome.OK


def test_a_stolen_retired_key_makes_no_codes_of_today() -> None:
    retired = replace(KEY, state=KeyState.VERIFYING, not_after=NOON - timedelta(days=1))
    trust = replace(TRUST, keys=(retired,))
    assert outcome_of(text_of(LIVE), trust=trust) is CodeOutcome.UNKNOWN_KEY
    assert outcome_of(text_of(STATIC), trust=trust) is CodeOutcome.UNKNOWN_KEY


def test_a_void_card_is_revoked_and_an_old_issue_superseded() -> None:
    void = replace(TRUST, revocations={CARD_ID: None})
    raised = replace(TRUST, revocations={CARD_ID: 4})
    same = replace(TRUST, revocations={CARD_ID: 3})
    assert outcome_of(text_of(LIVE), trust=void) is CodeOutcome.REVOKED
    assert outcome_of(text_of(LIVE), trust=raised) is CodeOutcome.SUPERSEDED
    assert outcome_of(text_of(LIVE), trust=same) is CodeOutcome.OK


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        (-241, CodeOutcome.NOT_YET_VALID),
        (-240, CodeOutcome.OK),
        (0, CodeOutcome.OK),
        (120, CodeOutcome.OK),
        (121, CodeOutcome.EXPIRED),
    ],
)
def test_a_live_code_is_good_for_two_minutes_with_two_of_skew(
    seconds: int, outcome: CodeOutcome
) -> None:
    assert outcome_of(text_of(LIVE), at=NOON + timedelta(seconds=seconds)) is outcome


def test_a_card_has_no_time() -> None:
    for days in (-9000, 0, 9000):
        assert outcome_of(text_of(STATIC), at=NOON + timedelta(days=days)) is CodeOutcome.OK


@pytest.mark.parametrize("kind", [CodeKind.PICKUP, CodeKind.DELEGATE, CodeKind.CLAIM])
def test_the_other_kinds_are_good_until_they_expire(kind: CodeKind) -> None:
    text = text_of(replace(LIVE, kind=kind))
    assert outcome_of(text, at=NOON - timedelta(days=30)) is CodeOutcome.OK
    assert outcome_of(text, at=NOON + timedelta(seconds=121)) is CodeOutcome.EXPIRED


def test_a_kind_that_is_not_taken_here_is_not_ours() -> None:
    reading = check(
        text_of(replace(LIVE, kind=CodeKind.CLAIM)),
        trust=TRUST,
        program_id=PROGRAM,
        at=NOON,
        kinds={CodeKind.CARD, CodeKind.LIVE},
    )
    assert reading.outcome is CodeOutcome.NOT_OURS
    assert reading.header is not None


def test_without_a_clock_only_codes_with_a_time_are_unsure() -> None:
    def unsure(header: CodeHeader) -> CodeOutcome:
        return check(
            text_of(header), trust=TRUST, program_id=PROGRAM, at=EPOCH_START, clock_sure=False
        ).outcome

    assert unsure(LIVE) is CodeOutcome.TIME_UNSURE
    assert unsure(STATIC) is CodeOutcome.OK


def test_the_first_thing_wrong_is_the_outcome() -> None:
    withdrawn = replace(
        TRUST,
        keys=(replace(KEY, state=KeyState.WITHDRAWN),),
        revocations={CARD_ID: None},
    )
    late = NOON + timedelta(days=1)
    assert outcome_of(text_of(LIVE), trust=withdrawn, at=late) is CodeOutcome.REVOKED
    superseded = replace(TRUST, revocations={CARD_ID: 9})
    assert outcome_of(text_of(LIVE), trust=superseded, at=late) is CodeOutcome.SUPERSEDED


@pytest.mark.parametrize(
    "typed", ["BCDEFGHI", "bcdefghi", " bcde fghi ", "BCDE-FGHI", "BCDE–FGHI", "bc.de.fg.hi"]
)
def test_eight_letters_are_read_as_people_write_them(typed: str) -> None:
    assert read_letters(typed) == "BCDEFGHI"


@pytest.mark.parametrize("typed", ["", "BCDEFGH", "BCDEFGHIJ", "BCDEFGHA", "BCDEFGH1", "8410376"])
def test_anything_else_is_no_eight_letters(typed: str) -> None:
    assert read_letters(typed) is None
