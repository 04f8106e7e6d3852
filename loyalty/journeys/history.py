"""What moved somebody's points and what was bought, each row with its reason."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, cast
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.history_book import Book, end_of_turn, read_book
from loyalty.kernel.errors import Fact
from loyalty.points.earning.basis import read_basis
from loyalty.points.earning.rulesets import rate_of
from loyalty.points.queries import LedgerRow, PostingFacts
from loyalty.points.rules import EarnRate
from loyalty.sales.customers import sales_of_customers
from loyalty.sales.queries import RefundFacts, SaleFacts, TurnFacts
from loyalty.wire.codes import CodeKind

RowKind = Literal[
    "sale",  # a purchase with this card; `points` may be 0
    "refund",  # money given back; its points went with it
    "moved_away",  # the till said "wrong person": the sale's points left this card
    "moved_here",  # … and came to this one
    "joined",  # two memberships were put together; `moved_points` changed wallets
    "joined_away",  # this card's points went to the one that stays
    "join_undone",  # a join was undone: what it moved went back (or came back)
    "apart",  # a claimed purchase that somebody separated again; only its points are told
    # What the ledger did by itself or for somebody; named as it names it.
    "bonus",
    "redeem",
    "give_back",
    "expire",
    "adjust",
    "open",
    "forgive",
    "settle",
]
Reason = Literal["live_code", "printed_code", "till", "receipt", "vendor", "shopper", "none"]
SaleState = Literal["kept", "part_refunded", "refunded", "moved"]

POINTS_KINDS: Final = frozenset(
    {"bonus", "redeem", "give_back", "expire", "adjust", "open", "forgive", "settle"}
)

# More than anybody scrolls; older rows stay in the ledger.
ROWS_MOST = 500


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One thing that happened, with the arithmetic behind its points.

    Units: amounts in minor units of `currency`; `points` signed, and all rows add up to the
    balance less what is owed. `rule_points` for every full `rule_per_minor`,
    by the rule of that name. `reason` says how
    we know that it was this person; `act_id` names the act in the ledger; `link_id` is the
    evidence, of a join. `identifier_id` is what it came with, and keeps for ever: the card of a
    sale, what another program calls its customer, the membership that points came to or left.
    """

    kind: RowKind
    at: datetime
    points: int
    identifier_id: UUID | None = None
    act_id: str = ""
    sale_id: str | None = None
    total_minor: int | None = None
    refunded_minor: int = 0
    moved_points: int = 0
    currency: str | None = None
    store_name: str = ""
    till_name: str | None = None
    rule_points: int | None = None
    rule_per_minor: int | None = None
    rule_name: str = ""
    reason: Reason = "none"
    sale_state: SaleState | None = None
    code_outcome: str | None = None
    link_id: str | None = None
    reward_name: str = ""
    basis: Mapping[str, Fact] = field(default_factory=dict)


def history_of(
    session: Session,
    program_id: int,
    *,
    member_ids: Collection[UUID],
    card_ids: Collection[str],
    customer_ids: Collection[UUID] = (),
    limit: int = ROWS_MOST,
) -> tuple[HistoryRow, ...]:
    """Tell everything that happened to a person's cards and points, newest first.

    `customer_ids` are what other programs call this person: sales that name them and went on
    no card are told too, without points.
    """
    named: Mapping[str, UUID] = {}
    if customer_ids:
        named = sales_of_customers(session, program_id, customer_ids, limit=limit)
    book = read_book(
        session,
        program_id,
        member_ids=member_ids,
        card_ids=card_ids,
        named=named,
        limit=limit,
    )
    rows = [
        *(row for turn in book.turns for row in _turn_rows(book, turn)),
        *_named_rows(book),
        *(_refund_row(book, refund) for refund in book.refunds if _is_ours(book, refund)),
        *_join_rows(book),
        *_points_rows(book),
    ]
    return tuple(sorted(rows, key=lambda row: (row.at, row.act_id), reverse=True)[:limit])


def _turn_rows(book: Book, turn: TurnFacts) -> list[HistoryRow]:
    """Tell what one turn of a sale meant here: it came, it went, or both, or neither."""
    sale = book.sales[turn.sale_id]
    before = _turn_before(book, turn)
    back = f"reassign:{turn.reassignment_id}:back"
    came = turn.card_id in book.cards or turn.earning_act in book.acts
    was_here = before is not None and (before.card_id in book.cards or back in book.acts)
    rows = []
    if was_here:
        row = _sale_row(book, sale, "moved_away", turn.at, back)
        rows.append(replace(row, identifier_id=end_of_turn(before)))
    end = end_of_turn(turn)
    if came and turn.turn == 0:
        row = _sale_row(book, sale, "sale", sale.sold_at, turn.earning_act)
        rows.append(replace(row, identifier_id=end))
    elif came:
        row = _sale_row(book, sale, "moved_here", turn.at, turn.earning_act)
        row = replace(row, identifier_id=end)
        if turn.is_claim:
            is_apart = turn.reassignment_id in book.apart
            row = _told_apart(row) if is_apart else replace(row, reason="receipt")
        rows.append(row)
    return rows


def _told_apart(row: HistoryRow) -> HistoryRow:
    """Keep the points of a purchase that was separated, and nothing of what was bought."""
    end = row.identifier_id
    return HistoryRow("apart", row.at, row.points, end, act_id=row.act_id, reason="shopper")


def _named_rows(book: Book) -> list[HistoryRow]:
    """Tell the sales that name this person in another program's words and went on no card."""
    rows = []
    for sale_id in sorted(book.named.keys() & book.sales.keys()):
        if _last_turn(book, sale_id).card_id is None:
            sale = book.sales[sale_id]
            row = _sale_row(book, sale, "sale", sale.sold_at, f"sale:{sale_id}")
            told = replace(row, points=0, reason="vendor", sale_state=None)
            rows.append(replace(told, identifier_id=book.named[sale_id]))
    return rows


def _turn_before(book: Book, turn: TurnFacts) -> TurnFacts | None:
    before = [
        each for each in book.turns if each.sale_id == turn.sale_id and each.turn == turn.turn - 1
    ]
    return before[0] if before else None


def _last_turn(book: Book, sale_id: str) -> TurnFacts:
    """Say which card a sale counts for now."""
    return max((each for each in book.turns if each.sale_id == sale_id), key=lambda t: t.turn)


def _is_ours(book: Book, refund: RefundFacts) -> bool:
    """Say whether a refund was this person's: its points left here, or the sale is here now."""
    return f"refund:{refund.refund_id}" in book.acts or (
        _last_turn(book, refund.sale_id).card_id in book.cards
    )


def _sale_row(book: Book, sale: SaleFacts, kind: RowKind, at: datetime, act_id: str) -> HistoryRow:
    rule_name, rate = _rule(book, act_id)
    return HistoryRow(
        kind=kind,
        at=at,
        points=book.points(act_id),
        act_id=act_id,
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        refunded_minor=book.refunded.get(sale.sale_id, 0),
        currency=sale.currency,
        store_name=book.store_names.get(sale.store_id, ""),
        till_name=book.till_names.get(sale.till_id),
        rule_points=rate.points if rate else None,
        rule_per_minor=rate.per_minor if rate else None,
        rule_name=rule_name,
        reason=_reason(sale, kind),
        sale_state=_state(book, sale),
        code_outcome=sale.code_outcome,
    )


def _refund_row(book: Book, refund: RefundFacts) -> HistoryRow:
    sale = book.sales[refund.sale_id]
    act_id = f"refund:{refund.refund_id}"
    rule_name, rate = _rule(book, act_id)
    return HistoryRow(
        kind="refund",
        at=refund.refunded_at,
        points=book.points(act_id),
        identifier_id=end_of_turn(book.turn_of(refund)) or book.named.get(sale.sale_id),
        act_id=act_id,
        sale_id=sale.sale_id,
        total_minor=sale.total_minor,
        refunded_minor=refund.amount_minor,
        currency=sale.currency,
        store_name=book.store_names.get(sale.store_id, ""),
        till_name=book.till_names.get(refund.till_id),
        rule_points=rate.points if rate else None,
        rule_per_minor=rate.per_minor if rate else None,
        rule_name=rule_name,
        reason="till",
        sale_state=_state(book, sale),
        code_outcome=sale.code_outcome,
    )


def _rule(book: Book, act_id: str) -> tuple[str, EarnRate | None]:
    """Name the rule an act earned by, and its rate; of before rules had ids, the only one."""
    rows = book.acts.get(act_id)
    if not rows or rows[0].posting.rule_version is None:
        return "", None
    rules = book.rulesets[rows[0].posting.rule_version]
    basis = read_basis(rows[0].posting.basis)
    if basis is None:
        return "", rules.rate
    rule = next((one for one in rules.document.rules if one.rule_id == basis.rule_id), None)
    return ("", None) if rule is None else (rule.name, rate_of(rule, rules))


def _reason(sale: SaleFacts, kind: RowKind) -> Reason:
    if kind != "sale":
        return "till"
    if sale.code_kind == CodeKind.LIVE:
        return "live_code"
    return "printed_code" if sale.code_kind == CodeKind.CARD else "none"


def _state(book: Book, sale: SaleFacts) -> SaleState:
    last = _last_turn(book, sale.sale_id)
    if last.turn > 0 and last.card_id not in book.cards and last.earning_act not in book.acts:
        return "moved"
    refunded = book.refunded.get(sale.sale_id, 0)
    if refunded == 0:
        return "kept"
    return "refunded" if refunded >= sale.total_minor else "part_refunded"


def _join_rows(book: Book) -> list[HistoryRow]:
    """Tell joins of memberships: the same act may stand in both wallets of one person."""
    rows = []
    for act_id, entries in book.acts.items():
        posting = entries[0].posting
        if posting.kind not in {"transfer", "transfer_back"}:
            continue
        rows.append(
            HistoryRow(
                kind=_join_kind(posting, entries),
                at=posting.occurred_at,
                points=sum(entry.points for entry in entries),
                identifier_id=_member(book, entries),
                act_id=act_id,
                moved_points=max(abs(entry.points) for entry in entries),
                reason="shopper",
                link_id=posting.subject,
            )
        )
    return rows


def _points_rows(book: Book) -> list[HistoryRow]:
    """Tell what moved points and is neither a sale nor a join."""
    rows = []
    for act_id, entries in book.acts.items():
        posting = entries[0].posting
        is_lost_bonus = posting.kind == "take_back" and posting.subject.startswith("referral:")
        if posting.kind not in POINTS_KINDS and not is_lost_bonus:
            continue
        rows.append(
            HistoryRow(
                kind="bonus" if is_lost_bonus else cast("RowKind", posting.kind),
                at=posting.occurred_at,
                points=sum(entry.points for entry in entries),
                identifier_id=_member(book, entries),
                act_id=act_id,
                store_name=book.store_names.get(posting.store_id, "") if posting.store_id else "",
                till_name=book.till_names.get(posting.till_id) if posting.till_id else None,
                reason="till" if posting.till_id else "none",
                reward_name=book.rewards.get(posting.subject, ""),
                basis={} if posting.basis is None else json.loads(posting.basis),
            )
        )
    return rows


def _member(book: Book, entries: Sequence[LedgerRow]) -> UUID:
    """Name the membership whose points an act moved; of two the one that they came to."""
    return book.members[max(entries, key=lambda each: each.points).wallet_id]


def _join_kind(posting: PostingFacts, entries: Sequence[LedgerRow]) -> RowKind:
    if posting.kind == "transfer_back":
        return "join_undone"
    if len(entries) == 1 and entries[0].points < 0:
        return "joined_away"
    return "joined"
