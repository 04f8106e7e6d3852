"""Tell the stores of a program who owes whom for a stretch of days, and why.

For pages and the API: `tell_settlement` gives a `SettlementTold` (its `settlement` holds the
figures and totals, `names` the stores'), `open_figure` the entries behind one figure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.points.settlement import Page, SettlementEntry, entries_between, settlement_of
from loyalty.points.settlement_rules import Party, Settlement, of_store
from loyalty.programs.queries import StoreFacts, stores_of

DAYS_MAX: Final = 400
ENTRIES_MAX: Final = 500
WHOLE_PAGE: Final = Page(ENTRIES_MAX)


@dataclass(frozen=True, slots=True)
class SettlementTold:
    """A settlement from `first` to `last` day, both included, in the zone of the first store.

    `is_whole` says that all stores are in it, so its totals add up to zero.
    """

    first: date
    last: date
    settlement: Settlement
    names: Mapping[UUID, str]
    is_whole: bool


def tell_settlement(
    session: Session, program_id: int, store_ids: Collection[UUID], *, first: date, last: date
) -> SettlementTold:
    """Say who owes whom for some days, as far as it concerns `store_ids`.

    Errors: `SettingInvalidError` for days in the wrong order, or more than 400 of them.
    """
    stores = stores_of(session, program_id)
    since, until = _moments(stores, first, last)
    whole = settlement_of(
        session, program_id, since=since, until=until, currency=stores[0].currency
    )
    is_whole = {store.store_id for store in stores} <= set(store_ids)
    return SettlementTold(
        first=first,
        last=last,
        settlement=whole if is_whole else of_store(whole, store_ids),
        names={store.store_id: store.name for store in stores},
        is_whole=is_whole,
    )


def open_figure(
    session: Session,
    program_id: int,
    store_ids: Collection[UUID],
    *,
    between: tuple[Party, Party],
    first: date,
    last: date,
    page: Page = WHOLE_PAGE,
) -> tuple[SettlementEntry, ...]:
    """List the entries behind the figure between two parties, a page at a time.

    What the other store sold is its own: those lines come without their subject.

    Errors: `NotFoundError` when neither party is one of `store_ids`; `SettingInvalidError` as
    for `tell_settlement`.
    """
    mine = set(store_ids)
    stores = stores_of(session, program_id)
    if not mine.intersection(between):
        raise NotFoundError
    since, until = _moments(stores, first, last)
    found = entries_between(
        session,
        program_id,
        between=between,
        since=since,
        until=until,
        page=page,
    )
    return tuple(
        entry if entry.creditor in mine else replace(entry, subject=None) for entry in found
    )


def _moments(stores: Collection[StoreFacts], first: date, last: date) -> tuple[datetime, datetime]:
    if not first <= last < first + timedelta(days=DAYS_MAX):
        raise SettingInvalidError(field="until")
    zone = ZoneInfo(next(iter(stores)).time_zone)
    return (
        datetime.combine(first, time(), zone),
        datetime.combine(last + timedelta(days=1), time(), zone),
    )
