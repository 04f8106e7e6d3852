"""Why somebody has so many points: each lot, what it paid for, what expires, waits or is owed.

Told as facts, so that a page can put them into a sentence and the API can give them as they are.
Who asks decides what is seen: see `Reader`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.scans import scan_by_id
from loyalty.identity.queries import named_person_of_card
from loyalty.kernel.errors import Fact, NotFoundError
from loyalty.kernel.ids import first_id_at
from loyalty.points.earning.document import Rule
from loyalty.points.earning.rulesets import RulesetFacts, rules_of_versions
from loyalty.points.held_rewards import rewards_of_subjects
from loyalty.points.holds import HoldFacts, draws_of_holds, open_holds, overdue_among
from loyalty.points.queries import PostingFacts, balance_of, wallet_of_member
from loyalty.points.rewards.stamps import StampTerms, read_terms
from loyalty.points.rules import Draw, draw_order
from loyalty.points.spendable import spendable
from loyalty.points.stamped import sale_of_stamps
from loyalty.points.story import LotStory, Moved, WalletStory, wallet_story
from loyalty.programs.queries import stores_of, tills_of
from loyalty.sales.queries import SaleFacts, sales_by_id
from loyalty.wire.codes import IDENTIFYING

LotState = Literal["free", "pending", "past", "used"]
# So many lots that are used up are told at once, unless asked otherwise; older ones are added up.
USED_TOLD: Final = 20
USED_MOST: Final = 100
# So long a scan stands for the person who showed the card.
SCAN_ANSWERS: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks why: `stores` whose sales they may see in full; None for all of the program.

    The member sees everything of their own but who of the staff did it. A cashier or manager
    sees the sales of their own stores; of the others the points and the day, no more.
    """

    stores: frozenset[UUID] | None = None
    sees_staff: bool = False

    def sees(self, store_id: UUID | None) -> bool:
        """Say whether this reader may see what happened in a store."""
        return self.stores is None or store_id is None or store_id in self.stores


@dataclass(frozen=True, slots=True)
class ActTold:
    """One act that moved points, as far as the reader may know it.

    Units: `points` signed; `total_minor` in minor units of `currency`. `sale_id` and the amounts
    are none when the act speaks of no sale, or of one that the reader may not see
    (`is_elsewhere`). `basis` says why that many; of stamps, `terms` do.
    """

    act_id: str
    kind: str
    points: int
    at: datetime
    recorded_at: datetime
    store_name: str | None
    till_name: str | None
    sale_id: str | None
    total_minor: int | None
    currency: str | None
    is_elsewhere: bool
    rule: Rule | None
    rule_currency: str | None
    reward_name: str
    basis: Mapping[str, Fact]
    terms: StampTerms | None = None


@dataclass(frozen=True, slots=True)
class LotTold:
    """Points that came together: how many are left, where from, what became of the others.

    `came` and the moves add up to `remaining`; `earned` also counts what repaid a debt at once.
    """

    lot_id: UUID
    state: LotState
    source: ActTold
    brought_by: ActTold
    earned: int
    came: int
    remaining: int
    held: int
    expires_at: datetime | None
    available_at: datetime | None
    moves: tuple[ActTold, ...]


@dataclass(frozen=True, slots=True)
class Older:
    """Lots that were used up long ago, added up."""

    lots: int
    points: int


@dataclass(frozen=True, slots=True)
class UsedPage:
    """Which lots that are used up are told: the last used first, those behind the lot `after`."""

    limit: int = USED_TOLD
    after: UUID | None = None


FIRST_PAGE: Final = UsedPage()


@dataclass(frozen=True, slots=True)
class HoldTold:
    """Points that are reserved now: for which reward, where and until when; none is until used."""

    points: int
    reward_name: str
    store_name: str | None
    opened_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class PointsTold:
    """Why a balance is what it is.

    Units: points. `free`, `held`, `pending` and `past` are what is left in all `lots`, each
    counted once, less what a debt will take of it. `by_kind` adds up to that sum less `debt`.
    After a scan `member_id` says whose the points are, `person_id` who that is now.
    `expiring_points` of the free ones end at `expiring_at`, the next end there is. `used` is a
    page of the lots that are used up, `older` what comes behind it.
    """

    free: int
    held: int
    pending: int
    past: int
    debt: int
    holds: tuple[HoldTold, ...]
    lots: tuple[LotTold, ...]
    used: tuple[LotTold, ...]
    older: Older
    debts: tuple[ActTold, ...]
    by_kind: Mapping[str, int]
    expiring_at: datetime | None = None
    expiring_points: int = 0
    member_id: UUID | None = None
    person_id: str | None = None


NOTHING: Final = PointsTold(0, 0, 0, 0, 0, (), (), (), Older(0, 0), (), {})


def explain_points(
    session: Session,
    program_id: int,
    wallet_id: UUID | None,
    *,
    reader: Reader,
    at: datetime,
    used: UsedPage = FIRST_PAGE,
) -> PointsTold:
    """Say why a wallet holds what it holds, by the reader's clock; nothing without a wallet."""
    if wallet_id is None:
        return NOTHING
    story = wallet_story(session, program_id, wallet_id)
    book = _read(session, program_id, story, reader)
    balance = balance_of(session, program_id, wallet_id)
    now = spendable(session, program_id, balance, at=at)
    holds = open_holds(session, program_id, wallet_id) if balance.held else ()
    late = overdue_among(holds, at)
    loose = _loose(draws_of_holds(session, program_id, [hold.hold_id for hold in late]))
    live = [lot for lot in story.lots if lot.remaining > 0]
    spent = _spent(story.lots, used.after)
    older = spent[used.limit :]
    order = {lot.lot_id: place for place, lot in enumerate(draw_order(s.lot for s in live))}
    told = [_lot(lot, book, loose, at=at) for lot in live]
    waiting = [hold for hold in holds if hold not in late]
    return PointsTold(
        free=now.free,
        held=now.held,
        pending=now.pending,
        past=now.past,
        debt=now.debt,
        holds=_holds(session, program_id, waiting, book),
        lots=tuple(sorted(told, key=lambda lot: order[lot.lot_id])),
        used=tuple(_lot(lot, book, loose, at=at) for lot in spent[: used.limit]),
        older=Older(len(older), sum(lot.came for lot in older)),
        debts=tuple(_moved(each, book) for each in story.debts),
        by_kind=story.by_kind,
        expiring_at=now.expiring_at,
        expiring_points=now.expiring_points,
    )


def explain_scan(
    session: Session,
    program_id: int,
    scan_id: UUID,
    *,
    till_id: UUID,
    reader: Reader,
    at: datetime,
) -> PointsTold:
    """Say why the person whose card a till has just read has so many points.

    Errors: `NotFoundError` for a scan of another till, of long ago, or of a code that is not good.
    """
    scan = scan_by_id(session, program_id, scan_id)
    if (
        scan is None
        or scan.till_id != till_id
        or scan.outcome not in IDENTIFYING
        or scan_id.int < first_id_at(at - SCAN_ANSWERS).int
    ):
        raise NotFoundError
    person = named_person_of_card(session, program_id, scan.card_id)
    if person is None:
        raise NotFoundError
    wallet_id = wallet_of_member(session, program_id, person.member_id)
    told = explain_points(session, program_id, wallet_id, reader=reader, at=at)
    return replace(told, member_id=person.member_id, person_id=person.person_id)


def _loose(draws: Mapping[str, Sequence[Draw]]) -> dict[UUID, int]:
    """Add up what holds that ran out still reserve of each lot: by the clock it is free."""
    loose: dict[UUID, int] = {}
    for each in draws.values():
        for draw in each:
            loose[draw.lot_id] = loose.get(draw.lot_id, 0) + draw.points
    return loose


def _spent(lots: Sequence[LotStory], after: UUID | None) -> list[LotStory]:
    """List the lots that are used up, the last used first; those behind one, if one is named.

    One that is free again by now stands where its last move puts it: nothing is left out.
    """
    ends = {lot.lot.lot_id: _used_at(lot) for lot in lots}
    before = None if after is None else ends.get(after)
    spent = [
        lot
        for lot in lots
        if lot.remaining == 0 and (before is None or ends[lot.lot.lot_id] < before)
    ]
    return sorted(spent, key=lambda lot: ends[lot.lot.lot_id], reverse=True)


def _used_at(lot: LotStory) -> tuple[datetime, int]:
    last = lot.moves[-1].act if lot.moves else lot.brought_by
    return last.recorded_at, lot.lot.lot_id.int


@dataclass(frozen=True, slots=True)
class _Book:
    """What the acts speak of, read at once."""

    reader: Reader
    sales: Mapping[str, SaleFacts]
    rulesets: Mapping[int, RulesetFacts]
    store_names: Mapping[UUID, str]
    till_names: Mapping[UUID, str]
    rewards: Mapping[str, str]


def _read(session: Session, program_id: int, story: WalletStory, reader: Reader) -> _Book:
    acts = {
        act.posting_id: act
        for act in (
            *(each for lot in story.lots for each in (lot.source, lot.brought_by)),
            *(move.act for lot in story.lots for move in lot.moves),
            *(move.act for move in story.debts),
        )
    }
    sale_ids = {_sale_of(act) for act in acts.values()} - {None}
    versions = {act.rule_version for act in acts.values() if act.rule_version is not None}
    return _Book(
        reader=reader,
        sales=sales_by_id(session, program_id, sorted(each for each in sale_ids if each)),
        rulesets=rules_of_versions(session, program_id, versions),
        store_names={store.store_id: store.name for store in stores_of(session, program_id)},
        till_names={till.till_id: till.name for till in tills_of(session, program_id)},
        rewards=rewards_of_subjects(session, program_id, {act.subject for act in acts.values()}),
    )


def _holds(
    session: Session, program_id: int, holds: Sequence[HoldFacts], book: _Book
) -> tuple[HoldTold, ...]:
    names = rewards_of_subjects(session, program_id, {f"hold:{hold.hold_id}" for hold in holds})
    return tuple(
        HoldTold(
            points=hold.points,
            reward_name=names.get(f"hold:{hold.hold_id}", ""),
            store_name=book.store_names.get(hold.store_id)
            if hold.store_id and book.reader.sees(hold.store_id)
            else None,
            opened_at=hold.opened_at,
            ends_at=hold.ends_at,
        )
        for hold in holds
    )


def _sale_of(act: PostingFacts) -> str | None:
    stamped = sale_of_stamps(act.subject)
    if stamped is not None:
        return stamped[1]
    what, _, sale_id = act.subject.partition(":")
    return sale_id if what == "sale" else None


def _lot(lot: LotStory, book: _Book, loose: Mapping[UUID, int], *, at: datetime) -> LotTold:
    return LotTold(
        lot_id=lot.lot.lot_id,
        state=_state(lot, at=at),
        source=_act(lot.source, book, points=lot.earned),
        brought_by=_act(lot.brought_by, book, points=lot.came),
        earned=lot.earned,
        came=lot.came,
        remaining=lot.remaining,
        held=lot.lot.held - loose.get(lot.lot.lot_id, 0),
        expires_at=lot.lot.expires_at,
        available_at=lot.lot.available_at,
        moves=tuple(_moved(each, book) for each in lot.moves),
    )


def _state(lot: LotStory, *, at: datetime) -> LotState:
    if lot.remaining == 0:
        return "used"
    if lot.lot.is_pending(at):
        return "pending"
    return "past" if lot.lot.is_past(at) else "free"


def _moved(moved: Moved, book: _Book) -> ActTold:
    return _act(moved.act, book, points=moved.points)


def _act(act: PostingFacts, book: _Book, *, points: int) -> ActTold:
    sale = book.sales.get(_sale_of(act) or "")
    store_id = sale.store_id if sale else act.store_id
    is_open = book.reader.sees(store_id)
    shown = sale if is_open else None
    ruleset = None if act.rule_version is None else book.rulesets[act.rule_version]
    basis: Mapping[str, Fact] = {} if act.basis is None else json.loads(act.basis)
    return ActTold(
        act_id=act.act_id if is_open else "",
        kind=act.kind,
        points=points,
        at=act.occurred_at,
        recorded_at=act.recorded_at,
        store_name=book.store_names.get(store_id) if store_id and is_open else None,
        till_name=book.till_names.get(act.till_id) if act.till_id and is_open else None,
        sale_id=shown.sale_id if shown else None,
        total_minor=shown.total_minor if shown else None,
        currency=shown.currency if shown else None,
        is_elsewhere=not is_open,
        rule=_rule(ruleset, basis) if ruleset else None,
        rule_currency=ruleset.currency if ruleset else None,
        reward_name=book.rewards.get(act.subject, ""),
        basis=basis,
        terms=read_terms(act.basis),
    )


def _rule(ruleset: RulesetFacts, basis: Mapping[str, Fact]) -> Rule | None:
    """Find the rule that won; receipts of before there were several knew only one."""
    rules = {rule.rule_id: rule for rule in ruleset.document.rules}
    if basis:
        return rules.get(str(basis.get("rule")))
    return next((rule for rule in rules.values() if rule.kind == "per_money"), None)
