"""Why somebody has so many points: each lot, what it paid for, what expires, waits or is owed.

Told as facts, so that a page can put them into a sentence and the API can give them as they are.
Who asks decides what is seen: see `Reader`.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.scans import scan_by_id
from loyalty.identity.queries import named_person_of_card
from loyalty.kernel.errors import Fact, NotFoundError
from loyalty.kernel.ids import first_id_at
from loyalty.points.earning.rulesets import rule_by_version
from loyalty.points.queries import PostingFacts, wallet_of_member
from loyalty.points.rules import EarnRate, draw_order
from loyalty.points.story import LotStory, Moved, WalletStory, wallet_story
from loyalty.programs.queries import stores_of, tills_of
from loyalty.sales.queries import SaleFacts, sales_by_id
from loyalty.wire.codes import IDENTIFYING

LotState = Literal["free", "pending", "past", "used"]
# Lots that are used up are told so far back; older ones are added up.
USED_TOLD: Final = 20
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
    (`is_elsewhere`). `basis` says why that many.
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
    rate: EarnRate | None
    basis: Mapping[str, Fact]


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
class PointsTold:
    """Why a balance is what it is.

    Units: points. `free`, `held`, `pending` and `past` are the remaining points of all `lots`,
    each counted once. `by_kind` adds up to that sum less `debt`.
    """

    free: int
    held: int
    pending: int
    past: int
    debt: int
    lots: tuple[LotTold, ...]
    used: tuple[LotTold, ...]
    older: Older
    debts: tuple[ActTold, ...]
    by_kind: Mapping[str, int]

    @property
    def posted(self) -> int:
        """All points in the wallet, those that cannot be used now too."""
        return self.free + self.held + self.pending + self.past


NOTHING: Final = PointsTold(0, 0, 0, 0, 0, (), (), Older(0, 0), (), {})


def explain_points(
    session: Session, program_id: int, wallet_id: UUID | None, *, reader: Reader, at: datetime
) -> PointsTold:
    """Say why a wallet holds what it holds, by the reader's clock; nothing without a wallet."""
    if wallet_id is None:
        return NOTHING
    story = wallet_story(session, program_id, wallet_id)
    book = _read(session, program_id, story, reader)
    live = [lot for lot in story.lots if lot.remaining > 0]
    spent = sorted(
        (lot for lot in story.lots if lot.remaining == 0),
        key=lambda lot: _last(lot).recorded_at,
        reverse=True,
    )
    older = spent[USED_TOLD:]
    order = {lot.lot_id: place for place, lot in enumerate(draw_order(s.lot for s in live))}
    told = sorted((_lot(lot, book, at=at) for lot in live), key=lambda lot: order[lot.lot_id])
    return PointsTold(
        free=_unheld(told, "free"),
        held=sum(lot.held for lot in told),
        pending=_unheld(told, "pending"),
        past=_unheld(told, "past"),
        debt=story.debt,
        lots=tuple(told),
        used=tuple(_lot(lot, book, at=at) for lot in spent[:USED_TOLD]),
        older=Older(len(older), sum(lot.came for lot in older)),
        debts=tuple(_moved(each, book) for each in story.debts),
        by_kind=story.by_kind,
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
    return explain_points(session, program_id, wallet_id, reader=reader, at=at)


def _unheld(lots: Collection[LotTold], state: LotState) -> int:
    return sum(lot.remaining - lot.held for lot in lots if lot.state == state)


def _last(lot: LotStory) -> PostingFacts:
    return lot.moves[-1].act if lot.moves else lot.brought_by


@dataclass(frozen=True, slots=True)
class _Book:
    """What the acts speak of, read at once."""

    reader: Reader
    sales: Mapping[str, SaleFacts]
    rates: Mapping[int, EarnRate]
    store_names: Mapping[UUID, str]
    till_names: Mapping[UUID, str]


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
    versions = {act.rule_version for act in acts.values()} - {None}
    return _Book(
        reader=reader,
        sales=sales_by_id(session, program_id, sorted(each for each in sale_ids if each)),
        rates={
            version: rule_by_version(session, program_id, version)
            for version in versions
            if version is not None
        },
        store_names={store.store_id: store.name for store in stores_of(session, program_id)},
        till_names={till.till_id: till.name for till in tills_of(session, program_id)},
    )


def _sale_of(act: PostingFacts) -> str | None:
    what, _, sale_id = act.subject.partition(":")
    return sale_id if what == "sale" else None


def _lot(lot: LotStory, book: _Book, *, at: datetime) -> LotTold:
    return LotTold(
        lot_id=lot.lot.lot_id,
        state=_state(lot, at=at),
        source=_act(lot.source, book, points=lot.earned),
        brought_by=_act(lot.brought_by, book, points=lot.came),
        earned=lot.earned,
        came=lot.came,
        remaining=lot.remaining,
        held=lot.lot.held,
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
        rate=None if act.rule_version is None else book.rates[act.rule_version],
        basis={} if act.basis is None else json.loads(act.basis),
    )
