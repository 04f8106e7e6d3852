"""The server's verdict on what a till read: signature first and outside, the card inside."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from loyalty.codes.keys import public_ring
from loyalty.codes.live import code_for_letters
from loyalty.codes.models import Card
from loyalty.codes.rules import is_double_scan, scan_time_outcome, time_facts
from loyalty.codes.scans import last_scan_of
from loyalty.codes.signatures import has_signed
from loyalty.codes.verdict import Checked, ScanTimes, Verdict
from loyalty.db.prepared import Prepared
from loyalty.db.writes import table_of
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import (
    ALL_KINDS,
    CodeKind,
    CodeOutcome,
    SignedCode,
    key_outcome,
    read_letters,
    signer_of,
    standing_outcome,
    take_apart,
)
from loyalty.wire.trust import TrustKey

CARD: Final = table_of(Card)
CARRIED: Final = frozenset({CodeKind.CARD, CodeKind.LIVE})


_CARD: Final = Prepared(
    select(CARD.c.member_id, CARD.c.state, CARD.c.min_epoch).where(
        CARD.c.program_id == bindparam("program"), CARD.c.card_id == bindparam("card")
    )
)


def prejudge(scanned: str, *, program_id: int, ring: tuple[TrustKey, ...]) -> Checked | None:
    """Check a signature before the unit of work begins; None when there is none to check.

    `ring` is what `public_ring` read earlier. What is found, good or bad, is taken over inside
    unless the ring has changed since.
    """
    code = take_apart(scanned)
    if isinstance(code, CodeOutcome) or code.header.program_id != program_id:
        return None
    return Checked(scanned, code, ring, signer_of(code, ring, signed_by=has_signed))


def judge_code(  # noqa: PLR0913 - a scan has this many sides
    session: Session,
    program_id: int,
    scanned: str,
    *,
    scanned_at: datetime,
    received_at: datetime,
    clock_sure: bool,
    keys: ServerKeys,
    till_id: UUID | None = None,
    kinds: Collection[CodeKind] = ALL_KINDS,
    checked: Checked | None = None,
) -> Verdict:
    """Say what a scanned, pasted or typed code is worth; the first thing wrong is the outcome.

    The scan is judged by `scanned_at`, however late it arrives. With `till_id` a second scan
    of one card within a minute is told as `duplicate_scan`. `checked` is what `prejudge` found.
    """
    times = ScanTimes(scanned_at, received_at, clock_sure)
    code: SignedCode | CodeOutcome
    if checked is not None and checked.scanned == scanned:
        code = checked.code
    else:
        letters = read_letters(scanned)
        if letters is not None:
            text = code_for_letters(session, program_id, letters, at=received_at, keys=keys)
            if text is None:
                return Verdict(CodeOutcome.NOT_OURS, wrong_try=True)
            scanned = text
        code = take_apart(scanned)
    if isinstance(code, CodeOutcome):
        return Verdict(code)
    refusal = _signature_refusal(session, program_id, code, checked)
    if refusal is CodeOutcome.OK and code.header.kind not in kinds:
        refusal = CodeOutcome.NOT_OURS
    if refusal is not CodeOutcome.OK:
        return Verdict(refusal, kind=code.header.kind, text=code.text)
    if code.header.kind in CARRIED:
        return _judge_carried(session, program_id, code, times=times, till_id=till_id)
    outcome, facts = _time_verdict(code, times)
    return Verdict(
        outcome,
        kind=code.header.kind,
        text=code.text,
        subject_id=code.header.subject_id,
        expires_at=code.header.moment,
        facts=facts,
    )


def _signature_refusal(
    session: Session, program_id: int, code: SignedCode, checked: Checked | None
) -> CodeOutcome:
    if code.header.program_id != program_id:
        return CodeOutcome.WRONG_PROGRAM
    ring = public_ring(session, program_id)
    if checked is not None and (checked.code, checked.ring) == (code, ring):
        key = checked.found
    else:
        key = signer_of(code, ring, signed_by=has_signed)
    return key if isinstance(key, CodeOutcome) else key_outcome(key, code.header)


def _judge_carried(
    session: Session,
    program_id: int,
    code: SignedCode,
    *,
    times: ScanTimes,
    till_id: UUID | None,
) -> Verdict:
    header = code.header
    card = _CARD.first(session, program=program_id, card=header.subject_id)
    if card is None:
        # Signed by us, and the card is gone: erased, or the database is older than the code.
        return Verdict(CodeOutcome.REVOKED, kind=header.kind, text=code.text)
    member_id, state, min_epoch = card
    outcome = standing_outcome(header.epoch, is_void=state == "void", min_epoch=min_epoch)
    facts: dict[str, int] = {}
    if outcome is CodeOutcome.OK:
        outcome, facts = _time_verdict(code, times)
    since = None
    if till_id is not None:
        last_at = last_scan_of(session, program_id, card_id=header.subject_id, till_id=till_id)
        if last_at is not None:
            since = max(0, (times.scanned_at - last_at) // timedelta(seconds=1))
        if outcome is CodeOutcome.OK and is_double_scan(last_at, scanned_at=times.scanned_at):
            outcome = CodeOutcome.DUPLICATE_SCAN
    return Verdict(
        outcome,
        kind=header.kind,
        text=code.text,
        subject_id=header.subject_id,
        card_id=header.subject_id,
        member_id=member_id,
        expires_at=header.moment if header.kind is CodeKind.LIVE else None,
        seconds_since_last_scan=since,
        facts=facts,
    )


def _time_verdict(code: SignedCode, times: ScanTimes) -> tuple[CodeOutcome, dict[str, int]]:
    outcome = scan_time_outcome(code.header, times)
    return outcome, time_facts(code.header, outcome, times.judged_at)
