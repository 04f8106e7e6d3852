"""Recompute every lot and every balance from the lines and the open holds.

Four lists are read side by side, wallet by wallet, each in the order of its keys, so that a
ledger of any size is held against itself without keeping it. Values are read as they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, and_, case, cast, func, null, select
from sqlalchemy.orm import Session

from loyalty.db.raw import as_it_stands, in_order, raw, stream
from loyalty.db.writes import table_of
from loyalty.points.difference import LedgerDifference
from loyalty.points.models import Balance, Entry, Hold, HoldEnd, HoldLot, Lot, Wallet

BALANCE, ENTRY, LOT, WALLET = (table_of(model) for model in (Balance, Entry, Lot, Wallet))
HOLD, HOLD_LOT, HOLD_END = (table_of(model) for model in (Hold, HoldLot, HoldEnd))

# A lot as it is read, and where its five figures stand beside the sums of its lines.
_LOT_COLUMNS: Final = (
    "wallet_id",
    "lot_id",
    "earned_at",
    "expires_at",
    "available_at",
    "issued",
    "remaining",
    "held",
)
_BALANCE_COLUMNS: Final = (
    "wallet_id",
    "posted",
    "held",
    "debt",
    "pending_until",
    "expires_next",
)
_LINE_LOT: Final = 1
_LINE_ACCOUNT: Final = 2
_Held = dict[tuple[str, str], int]


class _ByWallet:
    """Rows in the order of their wallets, taken out wallet by wallet."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    @property
    def wallet(self) -> str | None:
        """Say whose rows come next; None at the end."""
        return None if self._next is None else str(self._next[0])

    def take(self, wallet: str) -> list[Any]:
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
    balances: list[Any]
    lots: list[Any]
    lines: list[Any]


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
            _all_of(session, program_id, BALANCE, *_BALANCE_COLUMNS),
            _all_of(session, program_id, LOT, *_LOT_COLUMNS),
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


def _known(session: Session, program_id: int) -> Iterator[Any]:
    return stream(
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
) -> Iterator[Any]:
    keys = [in_order(session, column) for column in table.primary_key]
    return stream(
        session,
        select(*_columns(session, table, *names))
        .where(table.c.program_id == program_id)
        .order_by(*keys),
    )


def _lines(session: Session, program_id: int) -> Iterator[Any]:
    """Sum the lines of each wallet by account and lot; a lot's times follow from its births.

    The five columns after the third are those of a lot, in its order (see `_LOT_COLUMNS`).
    """
    points, is_endless = ENTRY.c.points, ENTRY.c.expires_at.is_(None)
    endless = func.max(case((and_(ENTRY.c.earned_at.is_not(None), is_endless), 1), else_=0))
    ends = raw(session, func.max(ENTRY.c.expires_at))
    return stream(
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
    lines = {line[_LINE_LOT]: line for line in wallet.lines if line[_LINE_ACCOUNT] == "wallet"}
    for lot in wallet.lots:
        _, lot_id, earned, *_, remaining, kept = lot
        line = lines.pop(lot_id, None)
        needed = held.pop((wallet.wallet_id, lot_id), 0) if held else 0
        # Most lots are as they must be: one comparison each.
        if line is not None and lot[2:7] == line[4:9] and kept == needed and 0 <= kept <= remaining:
            continue
        yield from _lot(wallet.wallet_id, lot, line, needed, is_of_age=_is_of_age(earned, line))
    for lot_id, line in lines.items():
        if line.points or line.issued:
            subject = f"lot {lot_id} of wallet {wallet.wallet_id}"
            yield LedgerDifference("lots equal their lines", subject, "no lot", f"{line.points}")


def _is_of_age(earned: object, line: Any) -> bool:  # noqa: ANN401  a row of sums
    return line is not None and earned in (line.earned_at, line.earned_last)


def _lot(
    wallet_id: str,
    lot: Any,  # noqa: ANN401  a row of lots
    line: Any,  # noqa: ANN401  a row of sums
    needed: int,
    *,
    is_of_age: bool,
) -> Iterator[LedgerDifference]:
    """Say what is wrong with a lot, if anything is."""
    told, subject = tuple(lot[2:7]), f"lot {lot.lot_id} of wallet {wallet_id}"
    if line is None:
        yield LedgerDifference("lots equal their lines", subject, _lot_text(told), "no lines")
        return
    found = tuple(line[4:9])
    if is_of_age:
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
    posted = sum(int(line.points) for line in wallet.lines if line.account == "wallet")
    debt = -sum(int(line.points) for line in wallet.lines if line.account == "debt")
    held = sum(lot.held for lot in wallet.lots)
    if not wallet.is_known:
        yield LedgerDifference("everything belongs to a wallet", subject, "no wallet", "a wallet")
    if not wallet.balances:
        yield LedgerDifference("every wallet has a balance", subject, "none", str(posted))
        return
    told = wallet.balances[0]
    if (told.posted, told.held, told.debt) != (posted, held, debt):
        yield LedgerDifference(
            "balances equal their lines",
            subject,
            f"{told.posted} points, {told.held} held, {told.debt} owed",
            f"{posted} points, {held} held, {debt} owed",
        )
    remaining = sum(lot.remaining for lot in wallet.lots)
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
    yield from _bounds(session, program_id, wallet, told)


def _bounds(
    session: Session,
    program_id: int,
    wallet: _Wallet,
    told: Any,  # noqa: ANN401  a row of balances
) -> Iterator[LedgerDifference]:
    """Hold the two moments beside a balance against its lots.

    They are bounds, so that a reader looks into the lots only when it must: they may be too
    careful, never too bold, and each is the moment of some lot.
    """
    full = [lot for lot in wallet.lots if lot.remaining > 0]
    begins = max((lot.available_at for lot in full if lot.available_at), default=None)
    ends = min((lot.expires_at for lot in full if lot.expires_at), default=None)
    is_early = begins is not None and (told.pending_until or "") < begins
    is_late = ends is not None and (told.expires_next is None or told.expires_next > ends)
    for name, kept, needed, is_bold in (
        ("available_at", told.pending_until, begins, is_early),
        ("expires_at", told.expires_next, ends, is_late),
    ):
        moments = {getattr(lot, name) for lot in wallet.lots}
        if kept is not None and kept not in moments:
            moments = _born(session, program_id, wallet, name)
        if is_bold or (kept is not None and kept not in moments):
            yield LedgerDifference(
                "a balance knows when its points begin and end",
                f"wallet {wallet.wallet_id}, {name}",
                str(kept),
                str(needed),
            )


def _born(session: Session, program_id: int, wallet: _Wallet, name: str) -> set[str]:
    """Read every moment that lines of a wallet ever gave its lots."""
    rows = session.scalars(
        select(raw(session, ENTRY.c[name])).where(
            ENTRY.c.program_id == program_id,
            raw(session, ENTRY.c.wallet_id) == wallet.wallet_id,
            ENTRY.c[name].is_not(None),
        )
    )
    return set(rows)
