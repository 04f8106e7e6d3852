"""A receipt earns, and gives up what a refund or another owner takes from it; in the ledger."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.points.credit import Credited, credit
from loyalty.points.earning.basis import Basis, Uses, basis_text, read_basis
from loyalty.points.earning.document import ONE, Rule
from loyalty.points.earning.evaluate import Earning, Moment, Standing, evaluate
from loyalty.points.earning.goods import Basket, Known
from loyalty.points.earning.meters import (
    Used,
    carried_in,
    day_name,
    is_past_day_of,
    keep_carry,
    month_name,
    room_of,
    room_of_card,
    uses_of,
)
from loyalty.points.earning.rulesets import RulesetFacts
from loyalty.points.earning.tiers import (
    Climb,
    add_progress,
    judge_tier,
    tier_at,
    tier_times,
)
from loyalty.points.earning.uses import ALL_RULES, count_uses
from loyalty.points.figures import points_of_acts
from loyalty.points.policy import PointsPolicy, lot_beginning, lot_end
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, PostingFacts, postings_of_acts
from loyalty.points.take_back import TakenBack, take_back

NO_BASKET: Final = Basket(Fraction(0))


@dataclass(frozen=True, slots=True)
class Judged:
    """What a receipt is judged by: the rules and the policy of its moment.

    `joined` finds the wallets of the memberships that are joined to the one that earns; it is
    asked only where caps count, which are one member's together.
    """

    rules: RulesetFacts
    policy: PointsPolicy
    moment: Moment
    goods: Mapping[str, Known] = field(default_factory=dict)
    joined: Callable[[], Collection[UUID]] = tuple


@dataclass(frozen=True, slots=True)
class ReceiptEarned:
    """What a receipt earned, and by which rule; `is_past_day` when its card's day was full."""

    credited: Credited
    earning: Earning
    basis: Basis
    is_past_day: bool = False

    @property
    def rule(self) -> Rule | None:
        """The rule that won."""
        return self.earning.best


@dataclass(frozen=True, slots=True)
class Left:
    """A receipt that earned, as it was told before an act and as it is after it."""

    earned: PostingFacts
    basis: Basis
    rules: RulesetFacts
    moment: Moment
    before: Basket
    after: Basket = NO_BASKET
    refund_acts: tuple[str, ...] = ()

    def points(self, basket: Basket) -> int:
        """Say what a basket earns by what its receipt was judged by."""
        return self.earning(basket).points

    def earning(self, basket: Basket) -> Earning:
        """Work out what a basket earns by what its receipt was judged by."""
        return evaluate(
            self.rules.document, basket, moment=self.moment, standing=self.basis.standing()
        )


def earn_receipt(
    session: Session,
    program_id: int,
    wallet: BalanceFacts,
    *,
    act: Act,
    basket: Basket,
    judged: Judged,
    at: datetime,
) -> ReceiptEarned:
    """Let a basket earn into a locked wallet, by the best rule; the posting keeps why.

    Points beyond a cap are cut. With carry-over what is left of a step waits in the wallet.

    Raises `ActConflictError` when the act id was used for something else.
    """
    document, policy = judged.rules.document, judged.policy
    standing = _standing(session, program_id, wallet.wallet_id, judged)
    earning = evaluate(document, basket, moment=judged.moment, standing=standing)
    basis = _basis(judged, basket, standing, earning, wallet.wallet_id)
    act = replace(act, rule_version=judged.rules.version, basis=basis_text(basis))
    credited = credit(
        session,
        program_id,
        wallet,
        act=act,
        points=earning.points,
        kind="earn",
        expires_at=lot_end(policy, earned_at=act.occurred_at, at=at),
        available_at=lot_beginning(policy, at=at),
        at=at,
    )
    if credited.replayed:
        return ReceiptEarned(credited, earning, basis)
    if basis.meter is not None and basis.carry is not None:
        keep_carry(session, program_id, wallet.wallet_id, basis.meter, basis.carry)
    count_uses(session, program_id, basis.uses)
    if basis.climb is not None:
        month, points, spend_minor = basis.climb
        add_progress(
            session,
            program_id,
            wallet.wallet_id,
            month=month,
            points=points,
            spend_minor=spend_minor,
        )
        climb = Climb(judged.rules, judged.moment.day_of(at), act.subject, at)
        judge_tier(session, program_id, wallet.wallet_id, climb, event="earned")
    return ReceiptEarned(credited, earning, basis, standing.is_past_day)


def give_up(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, left: Left, at: datetime
) -> TakenBack:
    """Take back what a receipt no longer earns, from a locked wallet.

    Without carry-over a receipt has earned what its rest would earn by itself, judged as it was.
    With it, all receipts of the rule together have: points that a remainder had made for
    another receipt go too, in an act of their own (`…:carry`).

    Raises `ActConflictError` when the act id was used for something else.
    """
    act = replace(act, rule_version=left.rules.version, reverses=left.earned.posting_id)
    if left.basis.carries:
        return _give_up_carried(session, program_id, wallet_id, act=act, left=left, at=at)
    points = left.points(left.before) - left.points(left.after)
    assert points >= 0, "a refund does not make a receipt earn more"
    basis = _left_basis(left, left.earning(left.after), wallet_id, points)
    act = replace(act, basis=basis_text(basis))
    taken = take_back(session, program_id, wallet_id, act=act, points=points, at=at)
    if not taken.replayed:
        count_uses(session, program_id, basis.uses)
        _lower_progress(session, program_id, wallet_id, left, basis, at=at)
    return taken


def _give_up_carried(
    session: Session, program_id: int, wallet_id: UUID, *, act: Act, left: Left, at: datetime
) -> TakenBack:
    was, now = left.earning(left.before), left.earning(left.after)
    less, steps = _move_steps(session, program_id, wallet_id, was, now)
    refunds = postings_of_acts(session, program_id, left.refund_acts)
    # What a cap had withheld is given up first; a step that another rule gains is withheld.
    cut = _cut(left, refunds)
    points = max(0, less - cut)
    basis = _left_basis(left, now, wallet_id, points)
    own = min(points, _still_issued(session, program_id, left.earned, refunds))
    uses = _uses_left(left, own)
    basis = replace(basis, cut=max(0, cut - less) - cut, steps=steps, uses=uses)
    act = replace(act, basis=basis_text(basis))
    taken = take_back(session, program_id, wallet_id, act=act, points=own, at=at)
    count_uses(session, program_id, uses)
    _lower_progress(session, program_id, wallet_id, left, basis, at=at)
    if points == own:
        return taken
    rest = replace(act, act_id=f"{act.act_id}:carry", reverses=None, basis=None)
    more = take_back(session, program_id, wallet_id, act=rest, points=points - own, at=at)
    return replace(taken, points=points, owed=taken.owed + more.owed, balance=more.balance)


def _move_steps(
    session: Session, program_id: int, wallet_id: UUID, was: Earning, now: Earning
) -> tuple[int, Mapping[str, Fraction]]:
    """Change the remainders to what is left of a receipt; say how many points go with it.

    And by how much the steps of each rule changed.
    """
    weights: dict[str, Fraction] = {}
    quanta: dict[str, int] = {}
    for earning, sign in ((was, -1), (now, 1)):
        if earning.best is not None:
            meter = earning.best.meter
            quanta[meter] = earning.best.quantum
            weights[meter] = weights.get(meter, Fraction(0)) + sign * earning.weight
    carried = carried_in(session, program_id, wallet_id)
    less = 0
    for meter, weight in weights.items():
        steps = carried.get(meter, Fraction(0)) + weight
        less -= math.floor(steps) * quanta[meter]
        keep_carry(session, program_id, wallet_id, meter, steps % 1)
    return less, weights


def left_of(earned: PostingFacts, rules: RulesetFacts, *, moment: Moment, before: Basket) -> Left:
    """Gather what a receipt that earned was judged by; one from before bases were kept has none."""
    basis = read_basis(earned.basis) or Basis(time_zone=moment.time_zone)
    return Left(earned, basis, rules, replace(moment, time_zone=basis.time_zone), before)


def _standing(session: Session, program_id: int, wallet_id: UUID, judged: Judged) -> Standing:
    document, policy = judged.rules.document, judged.policy
    day = judged.moment.local.date() if document.needs_use or _caps_cards(policy) else None
    room: dict[str, int] = {}
    room_all, is_past_day = None, False
    if day is not None:
        wallets = {wallet_id, *judged.joined()}
        if _caps_cards(policy):
            uses = uses_of(session, program_id, wallets, [ALL_RULES], day=day)
            used = uses.get((ALL_RULES, day_name(day)), Used())
            is_past_day = is_past_day_of(policy, used)
            room_all = 0 if is_past_day else room_of_card(policy, used)
        room = room_of(session, program_id, wallets, document.rules, day=day)
    carried = carried_in(session, program_id, wallet_id) if policy.carry_over else None
    ladder = document.ladder
    tier_id = None
    if ladder is not None:
        tier_id = tier_at(session, program_id, wallet_id, judged.moment.at)
    return Standing(tier_id, tier_times(ladder, tier_id), room, room_all, carried, is_past_day)


def _caps_cards(policy: PointsPolicy) -> bool:
    """Whether the program counts what a card earns in a day."""
    return policy.card_sales_per_day is not None or policy.card_points_per_day is not None


def _basis(
    judged: Judged, basket: Basket, standing: Standing, earning: Earning, wallet_id: UUID
) -> Basis:
    best, result = earning.best, earning.result
    carries = standing.carried is not None
    return Basis(
        time_zone=judged.moment.time_zone,
        rule_id=None if best is None else best.rule_id,
        counted_minor=0 if result is None else result.counted_minor,
        paid_minor=int(basket.total_minor),
        times=ONE if result is None else result.times,
        tier_id=standing.tier_id,
        tier_times=standing.tier_times,
        room=standing.room,
        room_all=standing.room_all,
        goods=judged.goods,
        tax_bp=basket.tax_bp,
        carries=carries,
        counts_card=_caps_cards(judged.policy) and earning.points > 0,
        counts_tier=judged.rules.document.ladder is not None,
        wallet=str(wallet_id) if _asks_again(judged, standing) else None,
        meter=best.meter if carries and best is not None else None,
        carry=earning.carry,
        cut=0 if result is None else result.cut,
        climb=None
        if judged.rules.document.ladder is None
        else (month_name(judged.moment.local.date()), earning.points, int(basket.total_minor)),
        steps={best.meter: earning.weight} if carries and best is not None else {},
        uses=_uses(judged, earning, wallet_id),
    )


def _asks_again(judged: Judged, standing: Standing) -> bool:
    """Whether something is kept of a receipt beside its points, in its wallet."""
    return (
        standing.carried is not None
        or bool(standing.room)
        or judged.rules.document.ladder is not None
        or _caps_cards(judged.policy)
    )


def _left_basis(left: Left, earning: Earning, wallet_id: UUID, points: int) -> Basis:
    result, day = earning.result, left.moment.local.date()
    spent = int(left.after.total_minor) - int(left.before.total_minor)
    return Basis(
        time_zone=left.basis.time_zone,
        rule_id=None if earning.best is None else earning.best.rule_id,
        counted_minor=0 if result is None else result.counted_minor,
        paid_minor=int(left.after.total_minor),
        of=left.earned.act_id,
        wallet=str(wallet_id),
        climb=(month_name(day), -points, spent) if left.basis.counts_tier else None,
        uses=_uses_left(left, points),
    )


def _cut(left: Left, refunds: Iterable[PostingFacts]) -> int:
    """Say how many points caps withhold of a receipt after its refunds so far."""
    changes = (read_basis(posting.basis) for posting in refunds)
    return left.basis.cut + sum(
        change.cut for change in changes if change is not None and change.of == left.earned.act_id
    )


def _still_issued(
    session: Session, program_id: int, earned: PostingFacts, refunds: Iterable[PostingFacts]
) -> int:
    """Say how many points of a posting were not taken back yet."""
    acts = [each.act_id for each in refunds if each.reverses == earned.posting_id]
    return sum(points_of_acts(session, program_id, [earned.act_id, *acts]).values())


def _uses(judged: Judged, earning: Earning, wallet_id: UUID) -> Uses | None:
    """Say what counts of what was given, where a cap will ask for it."""
    best, rules = earning.best, dict[str, tuple[int, int]]()
    if best is not None and best.caps:
        rules[best.rule_id] = (earning.points, 0)
    if _caps_cards(judged.policy) and earning.points:
        rules[ALL_RULES] = (earning.points, 1)
    return Uses(str(wallet_id), day_name(judged.moment.local.date()), rules) if rules else None


def _lower_progress(
    session: Session, program_id: int, wallet_id: UUID, left: Left, basis: Basis, *, at: datetime
) -> None:
    """Lower the progress of a receipt's month by what it gives up, where it counts now."""
    if basis.climb is None:
        return
    month, points, spend_minor = basis.climb
    add_progress(
        session, program_id, wallet_id, month=month, points=points, spend_minor=spend_minor
    )
    climb = Climb(left.rules, left.moment.day_of(at), left.earned.subject, at)
    judge_tier(session, program_id, wallet_id, climb, event="given_back")


def _uses_left(left: Left, points: int) -> Uses | None:
    """Give the caps of its day back what a receipt gives up: a wrong amount may be typed anew."""
    basis = left.basis
    if points == 0 or basis.wallet is None:
        return None
    rules: dict[str, tuple[int, int]] = {}
    rule = next((one for one in left.rules.document.rules if one.rule_id == basis.rule_id), None)
    if rule is not None and rule.caps:
        rules[rule.rule_id] = (-points, 0)
    if basis.counts_card:
        rules[ALL_RULES] = (-points, -1 if left.after.total_minor == 0 else 0)
    return Uses(basis.wallet, day_name(left.moment.local.date()), rules) if rules else None
