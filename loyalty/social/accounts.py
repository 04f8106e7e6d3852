"""How linked accounts are shown; who they are is the identity room's business."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loyalty.db.writes import insert_new, table_of
from loyalty.social.models import Engagement, SocialAccount

ACCOUNT: Final = table_of(SocialAccount)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account somebody proved to be theirs."""

    identifier_id: UUID
    network: str
    display: str
    url: str
    proved_by: str
    linked_at: datetime


_FACTS: Final = tuple(ACCOUNT.c[name] for name in AccountFacts.__slots__)


def keep_account(session: Session, program_id: int, account: AccountFacts) -> None:
    """Keep how an account is shown; proved again, as it is shown now."""
    told = {name: getattr(account, name) for name in AccountFacts.__slots__}
    if not insert_new(session, SocialAccount, {"program_id": program_id, **told}):
        session.execute(
            update(ACCOUNT)
            .where(
                ACCOUNT.c.program_id == program_id,
                ACCOUNT.c.identifier_id == account.identifier_id,
            )
            .values(display=account.display, url=account.url, proved_by=account.proved_by)
        )


def accounts_by_id(
    session: Session, program_id: int, identifier_ids: Collection[UUID]
) -> dict[UUID, AccountFacts]:
    """Find how some accounts are shown."""
    rows = session.execute(
        select(*_FACTS).where(
            ACCOUNT.c.program_id == program_id, ACCOUNT.c.identifier_id.in_(identifier_ids)
        )
    )
    return {row.identifier_id: AccountFacts(*row) for row in rows}


def all_account_ids(session: Session, program_id: int) -> tuple[UUID, ...]:
    """List every account that is kept."""
    found = select(ACCOUNT.c.identifier_id).where(ACCOUNT.c.program_id == program_id)
    return tuple(session.execute(found).scalars())


def forget_account(session: Session, program_id: int, identifier_id: UUID) -> None:
    """Forget how an account is shown and everything its owner did."""
    for table in (table_of(Engagement), ACCOUNT):
        session.execute(
            delete(table).where(
                table.c.program_id == program_id, table.c.identifier_id == identifier_id
            )
        )
