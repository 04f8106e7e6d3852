"""Who may spend somebody's points at a till: a phone's live code, a PIN, or a cashier's word."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.pins import HashedPin, hashed_pin, pin_salt, pin_state, try_member_pin
from loyalty.codes.verdict import Checked, Verdict
from loyalty.identity.queries import open_member_of_card
from loyalty.journeys.allowances import cashier_left
from loyalty.journeys.cashier import AtTill, WrongPin, check_cashier
from loyalty.journeys.scan_card import LETTER_WINDOW, ShownAt, judge_guarded
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, TooManyTriesError
from loyalty.points.reward_errors import MemberPinWrongError, ProofNeededError
from loyalty.programs.errors import PinWrongError
from loyalty.sales.rules import SaleLineReport
from loyalty.wire.codes import CodeKind, CodeOutcome, SignedCode, take_apart

Proof = Literal["live", "pin", "cashier"]
# A code is read when the goods are counted and spent when they are paid; a photo of it is not
# good all day.
SHOWN_WITHIN: Final = timedelta(minutes=15)
# The salt of a card without a PIN: a guess there takes as long as anywhere.
_NO_SALT: Final = "00" * 16


@dataclass(frozen=True, slots=True)
class CashierWord:
    """A cashier answers for a card: who, their PIN typed now, and why."""

    staff_id: UUID
    pin: str = field(repr=False)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RedeemAsk:
    """A reward that somebody wants at a till, before paying; `hold_id` was made before sending.

    Units: `basket_minor` in minor units of the store's currency, before the discount. `points`
    is how many are to be used, none for the reward's own cost (of points as money: as many as
    pay the bill). `scanned_at` is by the till's clock, corrected by its offset when `clock_sure`.
    """

    till: AtTill
    staff_id: UUID | None
    hold_id: str
    code: str
    scanned_at: datetime
    clock_sure: bool
    reward_id: UUID
    basket_minor: int
    points: int | None = None
    lines: tuple[SaleLineReport, ...] = ()
    member_pin: HashedPin | None = None
    cashier: CashierWord | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """Whose points may be spent, on which proof, and who let it.

    `live_until` is the end of the live code that this act takes.
    """

    member_id: UUID
    card_id: str
    proof: Proof
    staff_id: UUID | None
    reason: str = ""
    live_until: datetime | None = None


def typed_pin(session: Session, program_id: int, code: str, pin: str, *, tools: Tools) -> HashedPin:
    """Work out a typed PIN with the salt of the card's member; slow, so before the act begins."""
    signed = take_apart(code)
    member_id = None
    if isinstance(signed, SignedCode):
        member_id = open_member_of_card(session, program_id, signed.header.subject_id)
    salt = None if member_id is None else pin_salt(session, program_id, member_id)
    return hashed_pin(pin, salt or _NO_SALT, program_id=program_id, keys=tools.keys)


def prove(
    session: Session, asked: RedeemAsk, *, time_zone: str, tools: Tools, checked: Checked | None
) -> Proved | LoyaltyError:
    """Say whose points may be spent, or why nobody's.

    A live code of the last minutes proves it alone. A card that only says whose it is needs its
    member's PIN, or a cashier's own PIN with a reason, up to the day's amount that the program
    lets. A name or a number proves nothing. What comes back as an error may leave a counted try
    behind: the view commits it.
    """
    program_id = asked.till.program_id
    verdict, tried_out = judge_guarded(
        session,
        program_id,
        asked.code,
        shown=ShownAt(asked.till.till_id, asked.scanned_at, clock_sure=asked.clock_sure),
        tools=tools,
        checked=checked,
        at_till=False,
    )
    if tried_out:
        return TooManyTriesError(retry_after_s=int(LETTER_WINDOW.total_seconds()))
    member_id = None
    if verdict.identifies and verdict.card_id is not None:
        member_id = open_member_of_card(session, program_id, verdict.card_id)
    if member_id is None or verdict.card_id is None:
        return CodeRefusedError(outcome=verdict.outcome.value)
    if verdict.kind is CodeKind.LIVE:
        return _by_live_code(asked, verdict, member_id, tools=tools)
    if asked.member_pin is not None:
        return _by_pin(session, asked, asked.member_pin, member_id, verdict.card_id)
    return _by_cashier(
        session, asked, member_id, verdict.card_id, time_zone=time_zone, at=tools.clock.now()
    )


def _by_live_code(
    asked: RedeemAsk, verdict: Verdict, member_id: UUID, *, tools: Tools
) -> Proved | LoyaltyError:
    """Take the code on a phone, if it was shown just now by a clock that is believed."""
    age = tools.clock.now() - asked.scanned_at
    if verdict.outcome is not CodeOutcome.OK or age > SHOWN_WITHIN:
        return CodeRefusedError(outcome=CodeOutcome.EXPIRED.value)
    assert verdict.card_id is not None, "a live code is a card's"
    return Proved(member_id, verdict.card_id, "live", asked.staff_id, live_until=verdict.expires_at)


def _by_pin(
    session: Session, asked: RedeemAsk, pin: HashedPin, member_id: UUID, card_id: str
) -> Proved | LoyaltyError:
    tried = try_member_pin(session, asked.till.program_id, member_id, pin)
    if not tried.right:
        return MemberPinWrongError(tries_left=tried.tries_left)
    return Proved(member_id, card_id, "pin", asked.staff_id)


def _by_cashier(
    session: Session,
    asked: RedeemAsk,
    member_id: UUID,
    card_id: str,
    *,
    time_zone: str,
    at: datetime,
) -> Proved | LoyaltyError:
    """Take a cashier's word, if anything is left of the day's amount of this person.

    How much is counted again with the wallet held, where others cannot spend it meanwhile.
    """
    program_id, word = asked.till.program_id, asked.cashier
    most = cashier_left(session, program_id, member_id, time_zone=time_zone, at=at)
    if word is None or most == 0:
        pin = pin_state(session, program_id, member_id)
        return ProofNeededError(pin_set=pin.is_set and pin.tries_left > 0, cashier_points=most)
    person = check_cashier(session, asked.till, word.staff_id, word.pin)
    if isinstance(person, WrongPin):
        return PinWrongError(tries_left=person.tries_left)
    return Proved(member_id, card_id, "cashier", word.staff_id, word.reason)
