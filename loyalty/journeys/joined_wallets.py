"""Where else a member's points are: with the memberships that were joined to theirs."""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import member_ids_of_identifier
from loyalty.points.queries import points_wallets_of


def joined_wallets(
    session: Session, program_id: int, member_id: UUID | None
) -> Callable[[], Collection[UUID]]:
    """Give something that finds the wallets of all memberships of a member's person when asked.

    Those of an undone join are another's again, so nothing has to be moved there and back.
    """

    def find() -> Collection[UUID]:
        if member_id is None:
            return ()
        member_ids = member_ids_of_identifier(session, program_id, member_id)
        return points_wallets_of(session, program_id, member_ids) if len(member_ids) > 1 else ()

    return find
