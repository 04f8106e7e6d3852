"""Name the persons behind some wallets, for a page that shows a few of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.identity.queries import member_by_id, person_of_identifier
from loyalty.points.queries import WALLET


@dataclass(frozen=True, slots=True)
class WalletOwner:
    """Whose a wallet is; `display_name` is none for somebody anonymous."""

    person_id: str
    display_name: str | None


def whose_wallets(
    session: Session, program_id: int, wallet_ids: Collection[UUID]
) -> Mapping[UUID, WalletOwner]:
    """Find the person of each wallet; one whose person was erased is left out."""
    rows = session.execute(
        select(WALLET.c.wallet_id, WALLET.c.member_id).where(
            WALLET.c.program_id == program_id, WALLET.c.wallet_id.in_(sorted(set(wallet_ids)))
        )
    )
    found: dict[UUID, WalletOwner] = {}
    for row in rows.all():
        person = person_of_identifier(session, program_id, row.member_id)
        member = member_by_id(session, program_id, row.member_id)
        if person is not None and member is not None:
            found[row.wallet_id] = WalletOwner(person.person_id, member.display_name)
    return found
