"""The one order in which wallets are locked, for every act that may touch more than one.

The points wallet of a membership is the gate to all it has. Whoever wants anything of somebody
takes the gates first, all of them at once in ascending order; stamp cards come behind them. What
an act needs besides (the sale, the shelf, evidence, a reward, a hold's name) it takes before the
gates. Whose the wallets are is asked again with the gates shut: who waited for a membership that
was joined to another meanwhile lets go of what nobody wants any more, so that no lock is ever
waited for out of order.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loyalty.db.prepared import Prepared
from loyalty.db.writes import is_postgresql
from loyalty.points.create_wallet import create_wallet
from loyalty.points.posting import lock_wallets
from loyalty.points.queries import (
    BALANCE,
    BALANCE_FACTS,
    OF_WALLET,
    POINTS,
    WALLET,
    BalanceFacts,
    lock_balance_of_member,
)

# Two memberships may be joined while we wait for their gates; twice is already rare.
LOOKS_MAX: Final = 20
# Never released: what is written behind the gates then needs no second lock of the same row.
_MARK: Final = Prepared(text("SAVEPOINT gates"))
_BACK: Final = Prepared(text("ROLLBACK TO SAVEPOINT gates"))

T = TypeVar("T")
Look = Callable[[], Mapping[str, UUID]]


def take_wallets(
    session: Session, program_id: int, look: Look, *, at: datetime
) -> dict[str, BalanceFacts]:
    """Take the gates of everybody an act is about; say what points each has, by `look`'s names.

    `look` says whose memberships they are at this moment, each under a name of the caller's; it
    is asked again until nothing changed while the gates were waited for. Who has no wallet yet
    gets one. Taken again within the same act, nobody is waited for.
    """
    missing: list[UUID] = []

    def attempt() -> dict[str, BalanceFacts] | None:
        for member_id in missing:
            create_wallet(session, program_id, member_id, at=at)
        wanted = look()
        if not wanted:
            return {}
        held = _lock(session, program_id, set(wanted.values()))
        missing[:] = sorted(set(wanted.values()) - held.keys())
        if missing or (is_postgresql(session) and dict(look()) != dict(wanted)):
            return None
        return {name: held[member_id] for name, member_id in wanted.items()}

    return until_it_stands(session, attempt)


def until_it_stands(session: Session, attempt: Callable[[], T | None]) -> T:
    """Let `attempt` take gates until it says that they are still those of whom it looked for.

    What an attempt took that found nothing (None) is let go of before the next.
    """
    is_shared = is_postgresql(session)  # the one writer of SQLite is us
    for _ in range(LOOKS_MAX):
        if is_shared:
            _MARK.changed(session, {})
        found = attempt()
        if found is not None:
            return found
        if is_shared:
            _BACK.changed(session, {})
    message = "the wallets of an act would not stand still"
    raise AssertionError(message)


def take_gates_of(session: Session, program_id: int, wallet_ids: Collection[UUID]) -> None:
    """Take the gates of whoever some wallets belong to, for a job that tidies them up."""
    if not wallet_ids or not is_postgresql(session):
        return
    gate = WALLET.alias("gate")
    gates = session.scalars(
        select(gate.c.wallet_id)
        .distinct()
        .join(
            WALLET,
            (WALLET.c.program_id == gate.c.program_id) & (WALLET.c.member_id == gate.c.member_id),
        )
        .where(
            gate.c.program_id == program_id,
            gate.c.unit == POINTS,
            WALLET.c.wallet_id.in_(wallet_ids),
        )
    ).all()
    if gates:
        lock_wallets(session, program_id, gates)


def member_of_wallet(session: Session, program_id: int, wallet_id: UUID) -> UUID:
    """Say whose a wallet is; it never becomes somebody else's."""
    found: UUID = session.scalars(
        select(WALLET.c.member_id).where(
            WALLET.c.program_id == program_id, WALLET.c.wallet_id == wallet_id
        )
    ).one()
    return found


def _lock(
    session: Session, program_id: int, member_ids: Collection[UUID]
) -> dict[UUID, BalanceFacts]:
    if len(member_ids) == 1:
        (member_id,) = member_ids
        balance = lock_balance_of_member(session, program_id, member_id)
        return {} if balance is None else {member_id: balance}
    statement = (
        select(WALLET.c.member_id, *BALANCE_FACTS)
        .join(BALANCE, OF_WALLET)
        .where(
            WALLET.c.program_id == program_id,
            WALLET.c.member_id.in_(member_ids),
            WALLET.c.unit == POINTS,
        )
        .order_by(BALANCE.c.wallet_id)
        .with_for_update(of=BALANCE)
    )
    return {row[0]: BalanceFacts(*row[1:]) for row in session.execute(statement)}
