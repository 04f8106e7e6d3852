"""Two that were joined are taken apart: what belongs to whom of what lies in one wallet."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.queries import member_ids_of_identifier
from loyalty.journeys.card_owner import cards_of_members
from loyalty.points.earning.handed import Handed, share_counted
from loyalty.points.gates import take_wallets
from loyalty.points.lots import LotOrigin, origins_of
from loyalty.points.queries import wallets_of_member
from loyalty.points.stamped import beside_points
from loyalty.points.transfer import Parts
from loyalty.points.transfer_units import Members
from loyalty.sales.turns import turns_of_cards


@dataclass(frozen=True, slots=True)
class Belongings:
    """Of some memberships of one person: who they are, and what their cards ever earned by."""

    members: frozenset[UUID]
    earning_acts: frozenset[str]

    def has(self, lot: LotOrigin) -> bool:
        """Say whether a lot is theirs: what a sale gave is its card's, the rest a wallet's."""
        if lot.kind == "earn":
            return beside_points(lot.act_id) in self.earning_acts
        return lot.member_id in self.members


def belongings(session: Session, program_id: int, member_id: UUID) -> Belongings:
    """Say what belongs to a membership and to all that are joined to it."""
    members = member_ids_of_identifier(session, program_id, member_id) or (member_id,)
    cards = [card.card_id for card in cards_of_members(session, program_id, members)]
    turns = turns_of_cards(session, program_id, cards)
    return Belongings(frozenset(members), frozenset(turn.earning_act for turn in turns))


def parts_of(session: Session, program_id: int, *, goes: Belongings, holder: UUID) -> Parts:
    """Say which lots of the membership that holds everything go, and which stay."""
    stays = belongings(session, program_id, holder)
    lots = origins_of(session, program_id, holder)
    wallets = [wallets_of_member(session, program_id, each) for each in sorted(goes.members)]
    return Parts(
        go=frozenset(lot.lot_id for lot in lots if goes.has(lot)),
        stay=frozenset(lot.lot_id for lot in lots if stays.has(lot)),
        wallets=frozenset(wallet for each in wallets for wallet in each.values()),
    )


def counted_back(
    session: Session, program_id: int, members: Members, *, goes: Belongings, at: datetime
) -> Handed:
    """Say what goes back beside the points: what the receipts of a membership's cards count for.

    The wallets of both are taken here.
    """
    # Both as they were told: whoever parts them has locked the evidence that says who is who.
    both = {"has": members.target, "gets": members.source}
    held = take_wallets(session, program_id, lambda: both, at=at)
    return share_counted(
        session,
        program_id,
        sorted(goes.earning_acts),
        giver=held["has"].wallet_id,
        taker=held["gets"].wallet_id,
    )
