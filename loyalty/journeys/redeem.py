"""A till redeems: a reward is held before payment, then taken, or let go; each once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy.orm import Session

from loyalty.codes.errors import CodeRefusedError
from loyalty.codes.use import (
    give_live_code_back,
    holder_of_code,
    pass_live_code,
    use_live_code,
)
from loyalty.codes.verdict import Checked
from loyalty.db.writes import hold as hold_name
from loyalty.journeys.cashier import AtTill
from loyalty.journeys.hold_reward import Reserved, Wish, reserve_reward
from loyalty.journeys.redeem_proof import Proved, RedeemAsk, prove
from loyalty.journeys.reward_basket import basket_of
from loyalty.journeys.shown_card import person_short
from loyalty.journeys.till_words import PersonShort
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, NotFoundError, TooManyTriesError
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.errors import (
    PointsShortError,
    RedeemingBlockedError,
)
from loyalty.points.holds import HoldFacts, current_hold, hold_by_id
from loyalty.points.queries import balance_of, reward_by_id
from loyalty.points.redemptions import (
    given_back,
    redemption_by_hold,
    taken_by_hold,
)
from loyalty.points.reward_errors import (
    AllowanceExceededError,
    HoldConflictError,
    MemberPinWrongError,
    ProofNeededError,
    RewardLimitError,
    RewardMisfitError,
    RewardNotOfferedError,
    RewardSoldOutError,
)
from loyalty.points.rules import RewardFacts
from loyalty.points.spendable import spendable
from loyalty.programs.errors import PinWrongError
from loyalty.programs.queries import store_by_id
from loyalty.sales.rules import check_lines, check_total, mask_card_numbers
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal

State = Literal["held", "taken", "let_go", "lapsed", "given_back"]
_KEPT: Final[Mapping[Refusal, type[LoyaltyError]]] = {
    each.code: each
    for each in (
        AllowanceExceededError,
        CodeRefusedError,
        MemberPinWrongError,
        PinWrongError,
        PointsShortError,
        ProofNeededError,
        RedeemingBlockedError,
        RewardLimitError,
        RewardMisfitError,
        RewardNotOfferedError,
        RewardSoldOutError,
    )
}
_HELD: Final = "held"


@dataclass(frozen=True, slots=True)
class HeldReward:
    """A redemption as it stands now; asked again it is told again with `replayed`.

    `points` are what is held or, once it ended, what was taken; `discount_minor` comes off the
    basket, `lines` of each of its lines. `free` is what the wallet can still spend.
    """

    hold_id: str
    state: State
    reward: RewardFacts
    person: PersonShort | None
    card_id: str | None
    points: int
    times: int
    basket_minor: int
    discount_minor: int
    currency: str
    lines: tuple[int, ...]
    proof: str
    ends_at: datetime | None
    free: int
    returned: int
    replayed: bool

    @property
    def to_pay_minor(self) -> int:
        """What is left to be paid."""
        return self.basket_minor - self.discount_minor


def redeem(
    session: Session, asked: RedeemAsk, *, tools: Tools, checked: Checked | None = None
) -> HeldReward | LoyaltyError:
    """Hold a reward for a basket once, however often it is asked for, on a proof.

    A refusal is returned, because it is kept (a wrong PIN stays counted, and asked again with
    the same id it is refused again): the view commits and then raises it. A new attempt needs
    a new `hold_id`.

    Raises `HoldConflictError` when the id was used for another redemption, `AmountInvalidError`
    for what cannot be a basket.
    """
    now, program_id = tools.clock.now(), asked.till.program_id
    check_lines(asked.lines)
    check_total(asked.basket_minor, lines=len(asked.lines))
    hold_name(session, "redeem", program_id, asked.hold_id)
    before = _told_before(session, asked, at=now)
    if before is not None:
        return before
    found = _attempt(session, asked, tools=tools, checked=checked)
    if isinstance(found, TooManyTriesError):
        return found  # the same may be asked again in a minute
    is_error = isinstance(found, LoyaltyError)
    keep_answer(
        session,
        program_id,
        _key(asked.hold_id),
        request_hash=_hash(asked),
        outcome=found.code if isinstance(found, LoyaltyError) else _HELD,
        facts=found.facts if isinstance(found, LoyaltyError) else {},
        at=now,
    )
    if is_error:
        return cast("LoyaltyError", found)
    told = redemption_now(session, program_id, asked.hold_id, at=now)
    assert told is not None, "it was held a moment ago"
    return told


def redemption_now(
    session: Session, program_id: int, hold_id: str, *, at: datetime, replayed: bool = False
) -> HeldReward | None:
    """Tell a redemption as it stands; none when there is none."""
    facts = redemption_by_hold(session, program_id, hold_id)
    hold = hold_by_id(session, program_id, hold_id)
    now = current_hold(session, program_id, hold_id)
    if facts is None or hold is None or now is None:
        return None
    reward = reward_by_id(session, program_id, facts.reward_id)
    assert reward is not None, "a reward that was redeemed stays"
    taken = taken_by_hold(session, program_id, hold_id)
    back = 0 if taken is None else given_back(session, program_id, hold_id)
    balance = balance_of(session, program_id, now.wallet_id)
    person = None
    if facts.card_id is not None:
        person = person_short(session, program_id, facts.card_id)
    shown = taken or facts
    return HeldReward(
        hold_id=hold_id,
        state=_state(now, is_taken=taken is not None, back=back, points=hold.points, at=at),
        reward=reward,
        person=person,
        card_id=facts.card_id,
        points=hold.points if taken is None else taken.points,
        times=shown.times,
        basket_minor=facts.basket_minor,
        discount_minor=shown.discount_minor,
        currency=facts.currency,
        lines=shown.lines,
        proof=hold.proof,
        ends_at=hold.ends_at,
        free=spendable(session, program_id, balance, at=at).free,
        returned=back,
        replayed=replayed,
    )


def _state(now: HoldFacts, *, is_taken: bool, back: int, points: int, at: datetime) -> State:
    if is_taken:
        return "given_back" if back >= points else "taken"
    outcome = now.outcome_at(at)
    if outcome is None:
        return "held"
    return "lapsed" if outcome == "lapsed" else "let_go"


def _told_before(
    session: Session, asked: RedeemAsk, *, at: datetime
) -> HeldReward | LoyaltyError | None:
    answer = stored_answer(session, asked.till.program_id, _key(asked.hold_id))
    if answer is None:
        return None
    if answer.request_hash != _hash(asked):
        raise HoldConflictError(hold_id=asked.hold_id)
    if answer.outcome == _HELD:
        program_id = asked.till.program_id
        return redemption_now(session, program_id, asked.hold_id, at=at, replayed=True)
    return _KEPT[Refusal(answer.outcome)](**answer.facts)


def _attempt(
    session: Session, asked: RedeemAsk, *, tools: Tools, checked: Checked | None
) -> Reserved | LoyaltyError:
    """Prove, then hold; a live code is this act's only if the act comes to something."""
    store = store_by_id(session, asked.till.program_id, asked.till.store_id)
    if store is None:
        raise NotFoundError
    now = tools.clock.now()
    proved = prove(session, asked, time_zone=store.time_zone, tools=tools, checked=checked)
    if isinstance(proved, LoyaltyError):
        return proved
    refusal = _take_code(session, asked, proved, at=now)
    if refusal is not None:
        return refusal
    basket = basket_of(
        session,
        store.program_id,
        store.store_id,
        asked.lines,
        total_minor=asked.basket_minor,
        currency=store.currency,
    )
    reason, _ = mask_card_numbers(proved.reason)
    wish = Wish(
        program_id=store.program_id,
        hold_id=asked.hold_id,
        reward_id=asked.reward_id,
        member_id=proved.member_id,
        card_id=proved.card_id,
        basket=basket,
        channel="till",
        purpose="till",
        subject=f"hold:{asked.hold_id}",
        proof=proved.proof,
        time_zone=store.time_zone,
        points=asked.points,
        store_id=store.store_id,
        till_id=asked.till.till_id,
        staff_id=proved.staff_id,
        reason=reason,
    )
    found = reserve_reward(session, wish, at=now)
    if isinstance(found, LoyaltyError) and proved.live_until is not None:
        give_live_code_back(
            session,
            store.program_id,
            proved.card_id,
            proved.live_until,
            act_id=_key(asked.hold_id),
        )
    return found


def _take_code(
    session: Session, asked: RedeemAsk, proved: Proved, *, at: datetime
) -> LoyaltyError | None:
    """Take a live code for this act, also from one of this till that came to nothing."""
    if proved.live_until is None:
        return None
    program_id, act_id = asked.till.program_id, _key(asked.hold_id)
    code = (proved.card_id, proved.live_until)
    taken = use_live_code(session, program_id, *code, act_id=act_id, at=at)
    if taken is CodeOutcome.OK:
        return None
    holder = holder_of_code(session, program_id, *code)
    assert holder is not None, "a code that is taken has a holder"
    if _came_to_nothing(session, asked.till, holder, at=at) and pass_live_code(
        session, program_id, *code, from_act=holder, to_act=act_id
    ):
        return None
    return CodeRefusedError(outcome=CodeOutcome.ALREADY_USED.value)


def _came_to_nothing(session: Session, till: AtTill, holder: str, *, at: datetime) -> bool:
    """Say whether the act that has a code was a hold of this till that was let go untaken."""
    hold_id = holder.removeprefix(_key(""))
    hold = hold_by_id(session, till.program_id, hold_id) if hold_id != holder else None
    return (
        hold is not None
        and hold.till_id == till.till_id
        and hold.outcome_at(at) in {"voided", "lapsed"}
    )


def _key(hold_id: str) -> str:
    return f"redeem:{hold_id}"


def _hash(asked: RedeemAsk) -> str:
    """Hash what is asked for; no PIN is part of it, because four digits are guessed from a hash."""
    told = [
        str(asked.reward_id),
        asked.points,
        asked.basket_minor,
        "".join(asked.code.split()).upper(),
        [
            [line.product_ref, line.description, line.quantity_milli, line.total_minor]
            for line in asked.lines
        ],
        "" if asked.cashier is None else asked.cashier.reason,
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
