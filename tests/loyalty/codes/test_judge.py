"""What the server says about a code that a till read, typed or kept in its queue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.codes.cards import reissue_card, void_card
from loyalty.codes.issue import issue_card_text, sign_code
from loyalty.codes.judge import judge_code, prejudge
from loyalty.codes.keys import public_ring, rotate_ring, withdraw_key
from loyalty.codes.live import LiveCodeText, renew_live_batch
from loyalty.codes.models import Card, Scan
from loyalty.codes.scans import last_scan_of, record_scan
from loyalty.codes.signing import new_seed
from loyalty.codes.verdict import Checked, ScanTimes, Verdict
from loyalty.db.session import Database
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import (
    CodeHeader,
    CodeKind,
    CodeOutcome,
    encode,
    seconds_of,
    signed_bytes,
    take_apart,
)
from tests.loyalty.codes.conftest import Shop
from tests.support.clock import ManualClock

SECOND = timedelta(seconds=1)
Judge = Callable[..., Verdict]


@pytest.fixture
def judge(database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock) -> Judge:
    def judged(
        scanned: str,
        *,
        scanned_at: datetime | None = None,
        clock_sure: bool = True,
        till_id: UUID | None = None,
        kinds: frozenset[CodeKind] = frozenset(CodeKind),
        checked: Checked | None = None,
    ) -> Verdict:
        with database.reading(shop.program_id) as session:
            return judge_code(
                session,
                shop.program_id,
                scanned,
                scanned_at=scanned_at or clock.now(),
                received_at=clock.now(),
                clock_sure=clock_sure,
                keys=keys,
                till_id=till_id,
                kinds=kinds,
                checked=checked,
            )

    return judged


@pytest.fixture
def live(
    database: Database, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> tuple[LiveCodeText, ...]:
    with database.unit_of_work(shop.program_id) as session:
        batch = renew_live_batch(session, shop.program_id, shop.card_id, at=clock.now(), keys=keys)
    return batch.codes


@pytest.fixture
def printed(database: Database, shop: Shop, keys: ServerKeys) -> str:
    with database.reading(shop.program_id) as session:
        card = session.get_one(Card, (shop.program_id, shop.card_id))
        return issue_card_text(session, card, keys=keys)


def test_a_live_code_says_whose_card_it_is(
    judge: Judge, live: tuple[LiveCodeText, ...], shop: Shop
) -> None:
    verdict = judge(live[0].text.lower())
    assert verdict.outcome is CodeOutcome.OK
    assert verdict.kind is CodeKind.LIVE
    assert verdict.text == live[0].text
    assert verdict.expires_at == live[0].expires_at
    assert (verdict.card_id, verdict.member_id) == (shop.card_id, shop.member_id)
    assert verdict.identifies


def test_a_card_says_whose_it_is_whatever_the_time(
    judge: Judge, printed: str, shop: Shop, clock: ManualClock
) -> None:
    clock.advance(days=4000)
    verdict = judge(f"HTTPS://BARRIO.EXAMPLE/Q/{printed}", clock_sure=False)
    assert (verdict.outcome, verdict.card_id) == (CodeOutcome.OK, shop.card_id)
    assert verdict.expires_at is None


def test_the_same_card_gives_the_same_text_each_time_it_is_printed(
    database: Database, shop: Shop, keys: ServerKeys, printed: str
) -> None:
    with database.reading(shop.program_id) as session:
        card = session.get_one(Card, (shop.program_id, shop.card_id))
        assert issue_card_text(session, card, keys=keys) == printed


def test_eight_typed_letters_are_the_code_they_stand_under(
    judge: Judge, live: tuple[LiveCodeText, ...], shop: Shop
) -> None:
    letters = live[0].letters
    verdict = judge(f" {letters[:4].lower()}-{letters[4:].lower()} ")
    assert (verdict.outcome, verdict.text) == (CodeOutcome.OK, live[0].text)
    assert verdict.card_id == shop.card_id
    assert not verdict.wrong_try


def test_eight_letters_that_are_nobodys_count_as_a_wrong_try(judge: Judge, shop: Shop) -> None:
    assert shop.card_id
    verdict = judge("BBBBBBBB")
    assert (verdict.outcome, verdict.wrong_try) == (CodeOutcome.NOT_OURS, True)


@pytest.mark.parametrize(
    ("scanned", "outcome"),
    [
        ("8410376026962", CodeOutcome.NOT_OURS),
        ("", CodeOutcome.NOT_OURS),
        ("B" * 60, CodeOutcome.MALFORMED),
        ("X" * 154, CodeOutcome.MALFORMED),
    ],
)
def test_what_is_no_code_is_told_apart_and_is_no_wrong_try(
    judge: Judge, scanned: str, outcome: CodeOutcome
) -> None:
    verdict = judge(scanned)
    assert (verdict.outcome, verdict.wrong_try) == (outcome, False)
    assert not verdict.identifies


def test_a_forged_code_tells_nothing_about_the_card_it_names(
    judge: Judge, live: tuple[LiveCodeText, ...], clock: ManualClock
) -> None:
    code = take_apart(live[0].text)
    assert not isinstance(code, CodeOutcome)
    forged = encode(code.header, bytes(64))
    elsewhere = replace(code.header, program_id=code.header.program_id + 1)
    unknown = replace(code.header, key_id=200)
    outcomes = {
        forged: CodeOutcome.BAD_SIGNATURE,
        encode(elsewhere, code.signature): CodeOutcome.WRONG_PROGRAM,
        encode(unknown, code.signature): CodeOutcome.UNKNOWN_KEY,
    }
    assert clock.now() < live[0].expires_at
    for text, outcome in outcomes.items():
        verdict = judge(text)
        assert (verdict.outcome, verdict.card_id, verdict.member_id) == (outcome, None, None)


def test_a_void_card_is_refused_and_named(
    database: Database, judge: Judge, printed: str, shop: Shop, clock: ManualClock
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        assert void_card(session, shop.program_id, shop.card_id, reason="lost", at=clock.now())
        assert not void_card(session, shop.program_id, shop.card_id, reason="x", at=clock.now())
    verdict = judge(printed)
    assert (verdict.outcome, verdict.card_id) == (CodeOutcome.REVOKED, shop.card_id)
    assert not verdict.identifies


def test_a_card_issued_again_supersedes_what_was_printed_before(
    database: Database, judge: Judge, printed: str, shop: Shop, keys: ServerKeys
) -> None:
    with database.unit_of_work(shop.program_id) as session:
        card = reissue_card(session, shop.program_id, shop.card_id)
        newer = issue_card_text(session, card, keys=keys)
    assert judge(printed).outcome is CodeOutcome.SUPERSEDED
    assert judge(newer).outcome is CodeOutcome.OK


def test_a_well_signed_code_of_a_card_that_is_gone_is_revoked(
    database: Database, judge: Judge, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    header = CodeHeader(CodeKind.CARD, 0, shop.program_id, "ff" * 8, 0, seconds_of(clock.now()))
    with database.reading(shop.program_id) as session:
        text = sign_code(session, header, keys=keys)
    verdict = judge(text)
    assert (verdict.outcome, verdict.card_id) == (CodeOutcome.REVOKED, None)


def test_a_scan_is_judged_by_its_own_time_however_late_it_arrives(
    judge: Judge, live: tuple[LiveCodeText, ...], clock: ManualClock
) -> None:
    code = live[10]
    clock.advance(days=3)
    edges = {
        code.starts_at - 121 * SECOND: CodeOutcome.NOT_YET_VALID,
        code.starts_at - 120 * SECOND: CodeOutcome.OK,
        code.expires_at + 120 * SECOND: CodeOutcome.OK,
        code.expires_at + 121 * SECOND: CodeOutcome.EXPIRED,
    }
    found = {at: judge(code.text, scanned_at=at) for at in edges}
    assert {at: verdict.outcome for at, verdict in found.items()} == edges
    early, late = found[min(edges)], found[max(edges)]
    assert (dict(early.facts), dict(late.facts)) == ({"valid_in_s": 121}, {"expired_ago_s": 121})


def test_a_till_unsure_of_its_clock_is_believed_while_the_code_is_good_here(
    judge: Judge, live: tuple[LiveCodeText, ...], clock: ManualClock
) -> None:
    wrong = clock.now() - timedelta(minutes=10)
    assert judge(live[0].text, scanned_at=wrong, clock_sure=False).outcome is CodeOutcome.OK


def test_a_late_scan_from_a_till_unsure_of_its_clock_earns_and_may_not_spend(
    judge: Judge, live: tuple[LiveCodeText, ...], clock: ManualClock
) -> None:
    scanned_at = clock.now()
    clock.advance(hours=2)
    verdict = judge(live[0].text, scanned_at=scanned_at, clock_sure=False)
    assert verdict.outcome is CodeOutcome.TIME_UNSURE
    assert verdict.identifies


def test_a_code_that_is_not_valid_yet_was_not_valid_before_either(
    judge: Judge, live: tuple[LiveCodeText, ...]
) -> None:
    verdict = judge(live[60].text, clock_sure=False)
    assert verdict.outcome is CodeOutcome.NOT_YET_VALID


def test_a_scan_from_our_future_is_judged_by_when_it_arrived(
    judge: Judge, live: tuple[LiveCodeText, ...], clock: ManualClock
) -> None:
    ahead = clock.now() + timedelta(minutes=10)
    assert judge(live[0].text, scanned_at=ahead).outcome is CodeOutcome.OK
    late = judge(live[10].text, scanned_at=live[10].expires_at)
    assert late.outcome is CodeOutcome.NOT_YET_VALID


def test_the_same_card_within_a_minute_at_one_till_is_one_gesture(
    database: Database,
    judge: Judge,
    live: tuple[LiveCodeText, ...],
    printed: str,
    shop: Shop,
    clock: ManualClock,
) -> None:
    first = judge(live[0].text, till_id=shop.till_id)
    with database.unit_of_work(shop.program_id) as session:
        record_scan(
            session,
            shop.program_id,
            first,
            till_id=shop.till_id,
            scanned_at=clock.now(),
            at=clock.now(),
        )
    clock.advance(s=59)
    again = judge(printed, till_id=shop.till_id)
    assert first.seconds_since_last_scan is None
    assert (again.outcome, again.seconds_since_last_scan) == (CodeOutcome.DUPLICATE_SCAN, 59)
    assert again.identifies
    assert judge(printed, till_id=shop.other_till_id).outcome is CodeOutcome.OK
    assert judge(printed).outcome is CodeOutcome.OK
    clock.advance(s=1)
    later = judge(printed, till_id=shop.till_id)
    assert (later.outcome, later.seconds_since_last_scan) == (CodeOutcome.OK, 60)


def test_failed_scans_are_kept_and_are_no_first_half_of_a_double_scan(
    database: Database, judge: Judge, live: tuple[LiveCodeText, ...], shop: Shop, clock: ManualClock
) -> None:
    failed = judge(live[60].text, till_id=shop.till_id)
    foreign = judge("8410376026962", till_id=shop.till_id)
    for verdict in (failed, foreign):
        with database.unit_of_work(shop.program_id) as session:
            scan_id = record_scan(
                session,
                shop.program_id,
                verdict,
                till_id=shop.till_id,
                scanned_at=clock.now(),
                at=clock.now(),
            )
    with database.reading(shop.program_id) as session:
        kept = session.get_one(Scan, (shop.program_id, scan_id))
        assert (kept.outcome, kept.card_id, kept.code_kind) == ("not_ours", None, None)
        last = last_scan_of(session, shop.program_id, card_id=shop.card_id, till_id=shop.till_id)
    assert last is None


def test_kinds_that_are_not_taken_here_are_not_ours(
    database: Database, judge: Judge, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    header = CodeHeader(CodeKind.PICKUP, 0, shop.program_id, "ab" * 8, 0, seconds_of(clock.now()))
    with database.reading(shop.program_id) as session:
        text = sign_code(session, header, keys=keys)
    taken, refused = judge(text), judge(text, kinds=frozenset({CodeKind.CARD, CodeKind.LIVE}))
    assert (taken.outcome, taken.subject_id, taken.card_id) == (CodeOutcome.OK, "ab" * 8, None)
    assert not taken.identifies
    assert (refused.outcome, refused.subject_id) == (CodeOutcome.NOT_OURS, None)


def test_a_signature_checked_before_the_block_is_not_checked_again(
    database: Database,
    judge: Judge,
    live: tuple[LiveCodeText, ...],
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with database.reading(shop.program_id) as session:
        ring = public_ring(session, shop.program_id)
    checked = prejudge(live[0].text, program_id=shop.program_id, ring=ring)
    code = take_apart(live[0].text)
    assert not isinstance(code, CodeOutcome)
    forged = encode(code.header, bytes(64))
    refused = prejudge(forged, program_id=shop.program_id, ring=ring)
    monkeypatch.delattr("loyalty.codes.judge.signer_of")
    assert judge(live[0].text, checked=checked).outcome is CodeOutcome.OK
    assert judge(forged, checked=refused).outcome is CodeOutcome.BAD_SIGNATURE
    with pytest.raises(NameError):
        judge(live[1].text, checked=checked)


def test_a_key_withdrawn_between_the_check_and_the_block_revokes(
    database: Database,
    judge: Judge,
    live: tuple[LiveCodeText, ...],
    shop: Shop,
    keys: ServerKeys,
    clock: ManualClock,
) -> None:
    with database.reading(shop.program_id) as session:
        ring = public_ring(session, shop.program_id)
    checked = prejudge(live[0].text, program_id=shop.program_id, ring=ring)
    assert checked is not None
    with database.unit_of_work(shop.program_id) as session:
        withdraw_key(session, shop.program_id, 1, keys=keys, at=clock.now())
    verdict = judge(live[0].text, checked=checked)
    assert (verdict.outcome, verdict.card_id) == (CodeOutcome.REVOKED, None)


def test_a_ring_that_was_rotated_after_it_was_read_is_read_again_inside(
    database: Database, judge: Judge, shop: Shop, keys: ServerKeys, clock: ManualClock
) -> None:
    with database.reading(shop.program_id) as session:
        stale = public_ring(session, shop.program_id)
    with database.unit_of_work(shop.program_id) as session:
        rotate_ring(session, shop.program_id, keys=keys, at=clock.now())
        batch = renew_live_batch(session, shop.program_id, shop.card_id, at=clock.now(), keys=keys)
    text = batch.codes[0].text
    checked = prejudge(text, program_id=shop.program_id, ring=stale)
    assert checked is not None
    assert checked.found is CodeOutcome.UNKNOWN_KEY
    assert judge(text, checked=checked).outcome is CodeOutcome.OK


def test_a_check_vouches_for_its_own_code_only(
    database: Database, judge: Judge, live: tuple[LiveCodeText, ...], shop: Shop
) -> None:
    with database.reading(shop.program_id) as session:
        ring = public_ring(session, shop.program_id)
    checked = prejudge(live[0].text, program_id=shop.program_id, ring=ring)
    code = take_apart(live[1].text)
    assert not isinstance(code, CodeOutcome)
    forged = encode(code.header, bytes(64))
    assert judge(forged, checked=checked).outcome is CodeOutcome.BAD_SIGNATURE
    assert prejudge(live[0].text, program_id=shop.program_id + 1, ring=ring) is None
    assert prejudge("8410376026962", program_id=shop.program_id, ring=ring) is None


def test_a_code_signed_by_nobody_we_know_stays_refused_after_a_rotation(
    judge: Judge, shop: Shop, clock: ManualClock
) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(new_seed())
    header = CodeHeader(CodeKind.LIVE, 1, shop.program_id, shop.card_id, 0, seconds_of(clock.now()))
    text = encode(header, stranger.sign(signed_bytes(header)))
    assert judge(text).outcome is CodeOutcome.BAD_SIGNATURE


def test_scan_times_are_believed_up_to_the_skew(clock: ManualClock) -> None:
    now = clock.now()
    assert ScanTimes(now + 120 * SECOND, now, clock_sure=True).is_believed
    assert not ScanTimes(now + 121 * SECOND, now, clock_sure=True).is_believed
    assert not ScanTimes(now, now, clock_sure=False).is_believed
