"""A sale earns for the card that was shown, and the receipt says by which rule or why not."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.joined_wallets import joined_wallets
from loyalty.journeys.own_card import OWN_CARD, is_own_card
from loyalty.journeys.sale_points import Sold, judged_sale, sale_basket
from loyalty.journeys.tools import Tools
from loyalty.points.bonuses.referrals import first_sale
from loyalty.points.earning.receipts import ReceiptEarned, earn_receipt
from loyalty.points.earning.rulesets import RulesetFacts, rate_of, rules_of_version
from loyalty.points.posting import Act
from loyalty.points.queries import BalanceFacts, reward_by_id
from loyalty.points.rules import EarnRate, RewardAhead

# Of several reasons why rules gave nothing, the one that a cashier can do most with.
_NEAREST: Final = (
    "capped",
    "below_step",
    "below_minimum",
    "no_such_goods",
    "not_yet",
    "over",
    "nothing_paid",
)


@dataclass(frozen=True, slots=True)
class ToldRule:
    """The rule a sale earned by; `rate` for one per money."""

    rule_id: str
    name: str
    rate: EarnRate | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose card was shown at which till, and who works there."""

    till_id: UUID
    staff_id: UUID | None
    person_id: str
    member_id: UUID
    card_id: str


@dataclass(frozen=True, slots=True)
class SaleEarned:
    """What a sale earned: the version of the rules and the rule, or a code why nothing.

    `is_past_day` when its card brings no more in that day, stamps neither.
    """

    points: int
    balance: BalanceFacts
    version: int | None = None
    rule_id: str | None = None
    why_none: str = ""
    rule: ToldRule | None = None
    is_past_day: bool = False


def earn_sale(
    session: Session,
    sold: Sold,
    wallet: BalanceFacts,
    shown: Shown,
    *,
    tills_word: datetime,
    tools: Tools,
) -> SaleEarned:
    """Let a sale earn into the locked wallet of the card that was shown.

    `tills_word` is when it was sold by the till's own clock. Nobody earns for themselves, and
    nothing is earned in a currency without rules: the sale is kept all the same.
    """
    now = tools.clock.now()
    if is_own_card(
        session,
        sold.program_id,
        staff_id=shown.staff_id,
        person_id=shown.person_id,
        card_id=shown.card_id,
        tools=tools,
    ):
        return SaleEarned(0, wallet, why_none=OWN_CARD)
    judged = judged_sale(session, sold, at=now)
    if judged is None:
        return SaleEarned(0, wallet)
    joined = joined_wallets(session, sold.program_id, shown.member_id)
    judged = replace(judged, joined=joined)
    act = Act(
        act_id=f"sale:{sold.sale_id}",
        occurred_at=tills_word,
        subject=f"sale:{sold.sale_id}",
        store_id=sold.store_id,
        till_id=shown.till_id,
    )
    basket = sale_basket(judged.rules.document, sold, goods=judged.goods)
    earned = earn_receipt(
        session, sold.program_id, wallet, act=act, basket=basket, judged=judged, at=now
    )
    if judged.policy.referral_points and sold.total_minor > 0:
        first_sale(session, sold.program_id, shown.member_id, sale_id=sold.sale_id)
    points, rule_id = earned.credited.points, earned.basis.rule_id
    return SaleEarned(
        points=points,
        balance=earned.credited.balance,
        version=judged.rules.version,
        rule_id=rule_id,
        why_none="" if points else _why_none(earned),
        rule=_told(judged.rules, rule_id),
        is_past_day=earned.is_past_day,
    )


def rule_told(
    session: Session, program_id: int, version: int | None, rule_id: str | None
) -> ToldRule | None:
    """Tell the rule of a version that a sale earned by; None when it earned by none."""
    if version is None or rule_id is None:
        return None
    return _told(rules_of_version(session, program_id, version), rule_id)


def ahead_told(
    session: Session, program_id: int, reward_id: str | None, *, missing: int
) -> RewardAhead | None:
    """Tell the next reward as a receipt told it; None without one."""
    reward = None if reward_id is None else reward_by_id(session, program_id, UUID(reward_id))
    if reward is None:
        return None
    return RewardAhead(reward.reward_id, reward.name, reward.points, missing)


def _told(rules: RulesetFacts, rule_id: str | None) -> ToldRule | None:
    rule = next((one for one in rules.document.rules if one.rule_id == rule_id), None)
    return None if rule is None else ToldRule(rule.rule_id, rule.name, rate_of(rule, rules))


def _why_none(earned: ReceiptEarned) -> str:
    """Say in a code why a card earned nothing: what kept the rule that came nearest from it."""
    reasons = [result.why_not for result in earned.earning.results]
    return next((reason for reason in _NEAREST if reason in reasons), "")
