"""Tell owners where points go: by till and by cashier, as far as it concerns their stores.

For the page: `tell_concentration` gives a `ConcentrationTold`; each of its rows is a
`loyalty.points.concentration.Concentration` (`stands_out`, `is_few`, `is_often`, `is_odd`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from loyalty.journeys.store_opening import opening_of
from loyalty.kernel.errors import SettingInvalidError
from loyalty.kernel.ids import first_id_at
from loyalty.points.concentration import Accrual, Concentration, Spans, by_cashier, by_till
from loyalty.points.queries import (
    ENTRY,
    OF_POSTING,
    POINTS,
    POSTING,
    WALLET,
)
from loyalty.programs.opening_spans import open_spans
from loyalty.programs.queries import StoreFacts, staff_of, stores_of, tills_of
from loyalty.sales.queries import SALE

DAYS_MAX: Final = 100
_BEFORE: Final = len("sale:") + 1


@dataclass(frozen=True, slots=True)
class ConcentrationTold:
    """Where the points of some days went; `tills` and `staff` name the subjects.

    A row names its cards by their wallets; a page looks up those it shows.
    """

    first: date
    last: date
    by_till: tuple[Concentration, ...]
    by_cashier: tuple[Concentration, ...]
    tills: Mapping[UUID, str]
    staff: Mapping[UUID, str]


def tell_concentration(
    session: Session, program_id: int, store_ids: Collection[UUID], *, first: date, last: date
) -> ConcentrationTold:
    """Say where the points of some stores went from `first` to `last`, both included.

    Days are those of the first store's zone, by our clock.

    Errors: `SettingInvalidError` for days in the wrong order, or more than 100 of them.
    """
    if not first <= last < first + timedelta(days=DAYS_MAX):
        raise SettingInvalidError(field="until")
    stores = [one for one in stores_of(session, program_id) if one.store_id in set(store_ids)]
    zone = ZoneInfo(stores[0].time_zone)
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    accruals = tuple(_accruals(session, program_id, store_ids, since=since, until=until))
    zones = {store.store_id: store.time_zone for store in stores}
    spans = {store.store_id: _spans(session, store, since=since, until=until) for store in stores}
    return ConcentrationTold(
        first=first,
        last=last,
        by_till=by_till(accruals, spans=spans, zones=zones),
        by_cashier=by_cashier(accruals, spans=spans, zones=zones),
        tills=_till_names(session, program_id, stores),
        staff={one.staff_id: one.display_name for one in staff_of(session, program_id)},
    )


def _till_names(session: Session, program_id: int, stores: Sequence[StoreFacts]) -> dict[UUID, str]:
    """Name the tills; where there are several stores each has its "Caja 1", so the store leads."""
    names = {store.store_id: store.name for store in stores}
    led = len(stores) > 1
    return {
        till.till_id: f"{names[till.store_id]} · {till.name}"
        if led and till.store_id in names
        else till.name
        for till in tills_of(session, program_id)
    }


def _accruals(
    session: Session,
    program_id: int,
    store_ids: Collection[UUID],
    *,
    since: datetime,
    until: datetime,
) -> Iterator[Accrual]:
    """Read the sales that gave points, with their cashier; stamps of cards are no points."""
    rows = session.execute(
        select(
            POSTING.c.store_id,
            POSTING.c.till_id,
            SALE.c.staff_id,
            ENTRY.c.wallet_id,
            POSTING.c.occurred_at,
            func.sum(ENTRY.c.points),
        )
        .join(ENTRY, OF_POSTING)
        .join(
            WALLET,
            and_(
                WALLET.c.program_id == ENTRY.c.program_id,
                WALLET.c.wallet_id == ENTRY.c.wallet_id,
                WALLET.c.unit == POINTS,
            ),
        )
        .outerjoin(
            SALE,
            and_(
                SALE.c.program_id == POSTING.c.program_id,
                SALE.c.sale_id == func.substr(POSTING.c.subject, _BEFORE),
            ),
        )
        .where(
            POSTING.c.program_id == program_id,
            POSTING.c.posting_id >= first_id_at(since),
            POSTING.c.posting_id < first_id_at(until),
            POSTING.c.kind == "earn",
            POSTING.c.store_id.in_(store_ids),
        )
        .group_by(
            POSTING.c.posting_id,
            POSTING.c.store_id,
            POSTING.c.till_id,
            SALE.c.staff_id,
            ENTRY.c.wallet_id,
            POSTING.c.occurred_at,
        )
        .order_by(POSTING.c.posting_id)
    )
    for row in rows:
        yield Accrual(row[0], row[1], row[2], row[3], row[4], int(row[5]))


def _spans(session: Session, store: StoreFacts, *, since: datetime, until: datetime) -> Spans:
    opening = opening_of(session, store, since=since.date())
    margin = timedelta(days=1)  # a sale may be told late, or by a clock that is wrong
    found = open_spans(opening, since=since - 30 * margin, until=until + margin)
    return [(span.starts_at, span.ends_at) for span in found]
