"""A till gives money back: the points of that part go back too, and no refund exceeds the sale."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.bring_back import bring_back
from loyalty.journeys.redeem_refund import RefundedPart, give_back_redeemed
from loyalty.journeys.sale_goods import SaleGoods, goods_of_sale, is_whole_back
from loyalty.journeys.sale_points import earned_by
from loyalty.journeys.shown_card import lock_wallets_of_cards
from loyalty.journeys.tools import Tools
from loyalty.points.answers import keep_answer, stored_answer
from loyalty.points.bonuses.referrals import lose_sale
from loyalty.points.earning.receipts import give_up
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of
from loyalty.points.rules import POINTS
from loyalty.points.spendable import told_balance
from loyalty.programs.queries import store_by_id
from loyalty.sales.queries import SaleFacts, current_turn
from loyalty.sales.refund import RecordedRefund, RefundDraft, record_refund, refund_hash
from loyalty.sales.rules import RefundLineReport


@dataclass(frozen=True, slots=True)
class RefundReport:
    """A refund as a till tells it; `amount_minor` in minor units of the sale's currency.

    `lines` say what of the sale comes back; their amounts add up to `amount_minor`, which is
    nothing for goods that points had paid. `currency`, when it is told, must be the sale's.
    """

    program_id: int
    till_id: UUID
    sale_id: str
    refund_id: str
    amount_minor: int
    refunded_at: datetime
    reason: str
    lines: tuple[RefundLineReport, ...] = ()
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class RefundReceipt:
    """What became of a refund. `points_balance` is none when the sale is nobody's.

    `points_owed` is the part of `points_taken` that was already spent and is now debt;
    `points_returned` had paid for the refunded part and came back: points, or stamps of the
    card whose unit is `returned_unit`. `stamps_taken` had come with goods that came back.
    """

    refund_id: str
    sale_id: str
    replayed: bool
    amount_minor: int
    currency: str
    left_minor: int
    points_taken: int
    points_owed: int
    points_balance: int | None
    points_returned: int = 0
    returned_unit: str = POINTS
    stamps_taken: int = 0


def refund_sale(session: Session, report: RefundReport, *, tools: Tools) -> RefundReceipt:
    """Give money back for a sale, once however often it is sent, and take its points back.

    After any refunds the sale has earned exactly what its rest would earn as a receipt of its
    own, judged by the rules, the moment and the tier of the sale; a full refund takes all.
    Points that are spent already become a debt that later sales repay. Any till of the program
    may refund. When nothing is left of an order's sale, what was handed over stands on the shelf
    again.

    Raises `SaleUnknownError`, `CurrencyMismatchError`, `AmountInvalidError`,
    `RefundExceedsSaleError`, also for one line, and
    `RefundConflictError` when the id was used for another refund.
    """
    now = tools.clock.now()
    draft = RefundDraft(
        refund_id=report.refund_id,
        sale_id=report.sale_id,
        till_id=report.till_id,
        amount_minor=report.amount_minor,
        reason=report.reason,
        refunded_at=report.refunded_at,
        lines=report.lines,
        currency=report.currency,
    )
    recorded = record_refund(session, report.program_id, draft, at=now)
    if not recorded.is_new:
        answer = stored_answer(session, report.program_id, f"refund:{report.refund_id}")
        assert answer is not None, "the answer is kept in the transaction of its refund"
        told = _Told(**cast("dict[str, Any]", dict(answer.facts)))
        return _receipt(report, recorded.sale, told, replayed=True)
    goods = goods_of_sale(session, report.program_id, report.sale_id)
    if _is_made_whole(report, recorded, goods):
        # The shelf before the wallet, as in every act.
        bring_back(
            session, report.program_id, sale_id=report.sale_id, refund_id=report.refund_id, at=now
        )
    # What comes back first pays for what is taken back.
    returned = give_back_redeemed(session, _part(report, recorded, goods), at=now)
    told = replace(
        _take(session, report, recorded, at=now),
        returned=returned.points,
        unit=returned.unit,
        stamps=returned.stamps_taken,
    )
    if recorded.left_minor == 0 < recorded.before_minor:
        lose_sale(session, report.program_id, report.sale_id)
    keep_answer(
        session,
        report.program_id,
        f"refund:{report.refund_id}",
        request_hash=refund_hash(draft),
        outcome="refunded",
        facts=asdict(told),
        at=now,
    )
    return _receipt(report, recorded.sale, told, replayed=False)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the till is told of a refund, as it is stored."""

    left_minor: int
    points: int = 0
    owed: int = 0
    balance: int | None = None
    returned: int = 0
    unit: str = POINTS
    stamps: int = 0


def _is_made_whole(report: RefundReport, recorded: RecordedRefund, goods: SaleGoods) -> bool:
    """Say whether this refund is the one that leaves nothing of its sale."""
    before = tuple(one for one in goods.back if one.refund_id != report.refund_id)
    was = is_whole_back(recorded.sale, recorded.before_minor, replace(goods, back=before))
    return not was and is_whole_back(recorded.sale, recorded.left_minor, goods)


def _part(report: RefundReport, recorded: RecordedRefund, goods: SaleGoods) -> RefundedPart:
    return RefundedPart(
        program_id=report.program_id,
        refund_id=report.refund_id,
        sale_id=report.sale_id,
        store_id=recorded.sale.store_id,
        till_id=report.till_id,
        refunded_at=report.refunded_at,
        paid_minor=recorded.sale.total_minor,
        left_minor=recorded.left_minor,
        goods=goods,
    )


def _take(
    session: Session, report: RefundReport, recorded: RecordedRefund, *, at: datetime
) -> _Told:
    """Take back the points of the refunded part from whoever the sale counts for now."""
    sale, left = recorded.sale, recorded.left_minor
    turn = current_turn(session, report.program_id, report.sale_id)
    if turn.card_id is None:
        return _Told(left_minor=left)
    wallets = lock_wallets_of_cards(session, report.program_id, [turn.card_id], at=at)
    wallet_id = wallets[turn.card_id]
    store = store_by_id(session, report.program_id, sale.store_id)
    assert store is not None, "a sale happened in a store"
    earned = earned_by(session, sale, turn, time_zone=store.time_zone, refund_id=report.refund_id)
    if earned is None:
        balance = balance_of(session, report.program_id, wallet_id)
        free, _ = told_balance(session, report.program_id, balance, at=at)
        return _Told(left_minor=left, balance=free)
    act = Act(
        act_id=f"refund:{report.refund_id}",
        occurred_at=report.refunded_at,
        subject=f"sale:{report.sale_id}",
        store_id=sale.store_id,
        till_id=report.till_id,
    )
    taken = give_up(session, report.program_id, wallet_id, act=act, left=earned, at=at)
    free, _ = told_balance(session, report.program_id, taken.balance, at=at)
    return _Told(left_minor=left, points=taken.points, owed=taken.owed, balance=free)


def _receipt(
    report: RefundReport, sale: SaleFacts, told: _Told, *, replayed: bool
) -> RefundReceipt:
    return RefundReceipt(
        refund_id=report.refund_id,
        sale_id=report.sale_id,
        replayed=replayed,
        amount_minor=report.amount_minor,
        currency=sale.currency,
        left_minor=told.left_minor,
        points_taken=told.points,
        points_owed=told.owed,
        points_balance=told.balance,
        points_returned=told.returned,
        returned_unit=told.unit,
        stamps_taken=told.stamps,
    )
