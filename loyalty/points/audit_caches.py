"""Recompute every lot and every balance from the lines and the open holds.

Four lists are read side by side, wallet by wallet, each in the order of its keys, so that a
ledger of any size is held against itself without keeping it. Values are read as they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, and_, case, cast, func, null, select
from sqlalchemy.orm import Session

from loyalty.db.raw import as_it_stands, in_order, raw, stream_plain
from loyalty.db.writes import table_of
from loyalty.points.difference import LedgerDifference
from loyalty.points.models import Balance, Entry, Hold, HoldEnd, HoldLot, Lot, Wallet

BALANCE, ENTRY, LOT, WALLET = (table_of(model) for model in (Balance, Entry, Lot, Wallet))
HOLD, HOLD_LOT, HOLD_END = (table_of(model) for model in (Hold, HoldLot, HoldEnd))

_Row = tuple[Any, ...]
_Held = dict[tuple[str, str], int]


class _Lot(NamedTuple):
    """A lot as it is read."""

    wallet_id: str
    lot_id: str
    earned_at: str
    expires_at: str | None
    available_at: str | None
    issued: int
    remaining: int
    held: int


class _Line(NamedTuple):
    """What the lines of a lot, or of a debt, add up to; its last five figures are a lot's."""

    wallet_id: str
    lot_id: str | None
    account: str
    earned_last: str | None
    earned_at: str | None
    expires_at: str | None
    available_at: str | None
    issued: int
    points: int


class _Balance(NamedTuple):
    """A balance as it is read."""

    wallet_id: str
    posted: int
    held: int
    debt: int
    pending_until: str | None
    expires_next: str | None


class _ByWallet:
    """Rows in the order of their wallets, taken out wallet by wallet."""

    def __init__(self, rows: Iterator[_Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def wallet(self) -> str | None:
        """Say whose rows come next; None at the end."""
        return None if self._next is None else str(self._next[0])

    def take(self, wallet: str) -> list[_Row]:
        """Take the rows of a wallet, if they come next."""
        taken = []
        row = self._next
        while row is not None and row[0] == wallet:
            taken.append(row)
            row = next(self._rows, None)
        self._next = row
        return taken


@dataclass(slots=True)
class _Wallet:
    """All that is kept of one wallet."""

    wallet_id: str
    is_known: bool
    balances: list[_Row]
    lots: list[_Row]
    lines: list[_Row]


def audit_caches(session: Session, program_id: int) -> Iterator[LedgerDifference]:
    """List every lot and balance that is not what lines and holds make it."""
    with as_it_stands(session):
        held = _held(session, program_id)
        for wallet in _wallets(session, program_id):
            yield from _lots(wallet, held)
            yield from _balance(session, program_id, wallet)
        for (wallet_id, lot_id), points in sorted(held.items()):
            yield LedgerDifference(
                "what is held is in a lot",
                f"lot {lot_id} of wallet {wallet_id}",
                "no lot",
                f"{points} held",
            )


def _wallets(session: Session, program_id: int) -> Iterator[_Wallet]:
    known, balances, lots, lines = (
        _ByWallet(rows)
        for rows in (
            _known(session, program_id),
            _all_of(session, program_id, BALANCE, *_Balance._fields),
            _all_of(session, program_id, LOT, *_Lot._fields),
            _lines(session, program_id),
        )
    )
    while True:
        ahead = [one.wallet for one in (known, balances, lots, lines) if one.wallet is not None]
        if not ahead:
            return
        wallet = min(ahead)
        yield _Wallet(
            wallet,
            bool(known.take(wallet)),
            balances.take(wallet),
            lots.take(wallet),
            lines.take(wallet),
        )


def _columns(session: Session, table: Any, *names: str) -> Iterator[Any]:  # noqa: ANN401  a Table
    return (raw(session, table.c[name]).label(name) for name in names)


def _known(session: Session, program_id: int) -> Iterator[_Row]:
    return stream_plain(
        session,
        select(raw(session, WALLET.c.wallet_id).label("wallet_id"))
        .where(WALLET.c.program_id == program_id)
        .order_by(WALLET.c.wallet_id),
    )


def _all_of(
    session: Session,
    program_id: int,
    table: Any,  # noqa: ANN401  a Table
    *names: str,
) -> Iterator[_Row]:
    keys = [in_order(session, column) for column in table.primary_key]
    return stream_plain(
        session,
        select(*_columns(session, table, *names))
        .where(table.c.program_id == program_id)
        .order_by(*keys),
    )


def _lines(session: Session, program_id: int) -> Iterator[_Row]:
    """Sum the lines of each wallet by account and lot; a lot's times follow from its births."""
    points, is_endless = ENTRY.c.points, ENTRY.c.expires_at.is_(None)
    endless = func.max(case((and_(ENTRY.c.earned_at.is_not(None), is_endless), 1), else_=0))
    ends = raw(session, func.max(ENTRY.c.expires_at))
    return stream_plain(
        session,
        select(
            raw(session, ENTRY.c.wallet_id).label("wallet_id"),
            raw(session, ENTRY.c.lot_id).label("lot_id"),
            ENTRY.c.account,
            raw(session, func.max(ENTRY.c.earned_at)).label("earned_last"),
            raw(session, func.min(ENTRY.c.earned_at)).label("earned_at"),
            case((endless == 1, null()), else_=ends).label("expires_at"),
            raw(session, func.max(ENTRY.c.available_at)).label("available_at"),
            _whole(func.sum(case((points > 0, points), else_=0))).label("issued"),
            _whole(func.sum(points)).label("points"),
        )
        .where(ENTRY.c.program_id == program_id, ENTRY.c.wallet_id.is_not(None))
        .group_by(ENTRY.c.wallet_id, ENTRY.c.account, ENTRY.c.lot_id)
        .order_by(ENTRY.c.wallet_id),
    )


def _whole(total: Any) -> Any:  # noqa: ANN401  PostgreSQL sums whole numbers into another kind
    return cast(total, BigInteger)


def _held(session: Session, program_id: int) -> _Held:
    """Say what open holds reserve of each lot."""
    wallet, lot = raw(session, HOLD.c.wallet_id), raw(session, HOLD_LOT.c.lot_id)
    rows = session.execute(
        select(wallet, lot, func.sum(HOLD_LOT.c.points))
        .select_from(HOLD)
        .join(
            HOLD_LOT,
            and_(HOLD_LOT.c.program_id == HOLD.c.program_id, HOLD_LOT.c.hold_id == HOLD.c.hold_id),
        )
        .outerjoin(
            HOLD_END,
            and_(HOLD_END.c.program_id == HOLD.c.program_id, HOLD_END.c.hold_id == HOLD.c.hold_id),
        )
        .where(HOLD.c.program_id == program_id, HOLD_END.c.hold_id.is_(None))
        .group_by(HOLD.c.wallet_id, HOLD_LOT.c.lot_id)
    )
    return {(str(row[0]), str(row[1])): int(row[2]) for row in rows}


def _lots(wallet: _Wallet, held: _Held) -> Iterator[LedgerDifference]:
    lines = {line[1]: line for line in wallet.lines if line[2] == "wallet"}
    for lot in wallet.lots:
        lot_id, remaining, kept = lot[1], lot[6], lot[7]
        line = lines.pop(lot_id, None)
        needed = held.pop((wallet.wallet_id, lot_id), 0) if held else 0
        # Most lots are as they must be: one comparison each.
        if line is not None and lot[2:7] == line[4:9] and kept == needed and 0 <= kept <= remaining:
            continue
        sums = None if line is None else _Line(*line)
        yield from _lot(wallet.wallet_id, _Lot(*lot), sums, needed)
    for lot_id, line in lines.items():
        issued, points = line[-2:]
        if points or issued:
            subject = f"lot {lot_id} of wallet {wallet.wallet_id}"
            yield LedgerDifference("lots equal their lines", subject, "no lot", f"{points}")


def _lot(wallet_id: str, lot: _Lot, line: _Line | None, needed: int) -> Iterator[LedgerDifference]:
    """Say what is wrong with a lot, if anything is."""
    told, subject = tuple(lot[2:7]), f"lot {lot.lot_id} of wallet {wallet_id}"
    if line is None:
        yield LedgerDifference("lots equal their lines", subject, _lot_text(told), "no lines")
        return
    found = tuple(line[4:9])
    if lot.earned_at in (line.earned_at, line.earned_last):
        found = (lot.earned_at, *found[1:])
    if told != found:
        yield LedgerDifference("lots equal their lines", subject, _lot_text(told), _lot_text(found))
    if lot.held != needed:
        yield LedgerDifference(
            "what is held is what open holds reserve", subject, str(lot.held), str(needed)
        )
    if not 0 <= lot.held <= lot.remaining <= lot.issued:
        yield LedgerDifference(
            "nothing is negative", subject, f"held {lot.held}, {_lot_text(told)}", "at least 0"
        )


def _lot_text(told: tuple[object, ...]) -> str:
    earned, expires, available, issued, remaining = told
    text = f"issued {issued}, remaining {remaining}, earned {earned}, ends {expires}"
    return text if available is None else f"{text}, begins {available}"


def _balance(session: Session, program_id: int, wallet: _Wallet) -> Iterator[LedgerDifference]:
    subject = f"wallet {wallet.wallet_id}"
    lots = [*map(_Lot._make, wallet.lots)]
    sums = {"wallet": 0, "debt": 0}
    for line in wallet.lines:
        if line[2] in sums:
            sums[line[2]] += int(line[-1])
    posted, debt = sums["wallet"], -sums["debt"]
    held = sum(lot.held for lot in lots)
    if not wallet.is_known:
        yield LedgerDifference("everything belongs to a wallet", subject, "no wallet", "a wallet")
    if not wallet.balances:
        yield LedgerDifference("every wallet has a balance", subject, "none", str(posted))
        return
    told = _Balance(*wallet.balances[0])
    if (told.posted, told.held, told.debt) != (posted, held, debt):
        yield LedgerDifference(
            "balances equal their lines",
            subject,
            f"{told.posted} points, {told.held} held, {told.debt} owed",
            f"{posted} points, {held} held, {debt} owed",
        )
    remaining = sum(lot.remaining for lot in lots)
    if told.posted != remaining:
        yield LedgerDifference(
            "balances equal their lots", subject, str(told.posted), str(remaining)
        )
    if told.debt < 0 or not 0 <= told.held <= told.posted:
        yield LedgerDifference(
            "nothing is negative",
            subject,
            f"{told.posted} points, {told.held} held, {told.debt} owed",
            "at least 0",
        )
    # Most wallets have nothing that begins or ends.
    if (
        told.pending_until is not None
        or told.expires_next is not None
        or any(lot[3] is not None or lot[4] is not None for lot in lots)
    ):
        yield from _bounds(session, program_id, told, lots)


def _bounds(
    session: Session, program_id: int, told: _Balance, lots: list[_Lot]
) -> Iterator[LedgerDifference]:
    """Hold the two moments beside a balance against its lots.

    They are bounds, so that a reader looks into the lots only when it must: they may be too
    careful, never too bold, and each is the moment of some lot.
    """
    full = [lot for lot in lots if lot.remaining > 0]
    begins = max((lot.available_at for lot in full if lot.available_at), default=None)
    ends = min((lot.expires_at for lot in full if lot.expires_at), default=None)
    is_early = begins is not None and (told.pending_until or "") < begins
    is_late = ends is not None and (told.expires_next is None or told.expires_next > ends)
    for name, kept, needed, is_bold in (
        ("available_at", told.pending_until, begins, is_early),
        ("expires_at", told.expires_next, ends, is_late),
    ):
        moments = {getattr(lot, name) for lot in lots}
        if kept is not None and kept not in moments:
            moments = _born(session, program_id, told.wallet_id, name)
        if is_bold or (kept is not None and kept not in moments):
            yield LedgerDifference(
                "a balance knows when its points begin and end",
                f"wallet {told.wallet_id}, {name}",
                str(kept),
                str(needed),
            )


def _born(session: Session, program_id: int, wallet_id: str, name: str) -> set[str]:
    """Read every moment that lines of a wallet ever gave its lots."""
    rows = session.scalars(
        select(raw(session, ENTRY.c[name])).where(
            ENTRY.c.program_id == program_id,
            raw(session, ENTRY.c.wallet_id) == wallet_id,
            ENTRY.c[name].is_not(None),
        )
    )
    return set(rows)
