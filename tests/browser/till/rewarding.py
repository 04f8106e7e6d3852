"""A shop with rewards, and shoppers who have points to use."""

from dataclasses import dataclass
from uuid import UUID

from loyalty.codes.pins import new_pin, write_member_pin
from loyalty.identity.queries import named_person_of_card
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.credit import credit
from loyalty.points.policy import PointsPolicy
from loyalty.points.posting import Act
from loyalty.points.queries import balance_of, wallet_of_member
from loyalty.points.set_policy import set_policy
from tests.browser.till.support import Shop, Shopper

MONEY = RewardDraft(
    "Puntos como dinero", 100, "money", {"per_points": 100, "minor": 100}, currency="EUR"
)
COFFEE = RewardDraft("Café de la casa", 150)
LOAF = RewardDraft("Pan de masa madre", 200, "fixed", {"minor": 250}, currency="EUR")


@dataclass(frozen=True, slots=True)
class Rewarding:
    """A shop that gives rewards."""

    shop: Shop

    def points_of(self, shopper: Shopper) -> int:
        """Say what a card's wallet holds."""
        made, wallet_id = self.shop.made, self._wallet(shopper)
        with self.shop.parts.database.reading(made.program_id) as session:
            return balance_of(session, made.program_id, wallet_id).points

    def give(self, shopper: Shopper, points: int) -> None:
        """Give points to a card."""
        made, now = self.shop.made, self.shop.parts.tools.clock.now()
        wallet_id = self._wallet(shopper)
        with self.shop.parts.database.unit_of_work(made.program_id) as session:
            act = Act(f"gift:{shopper.card_id}", now, "gift", made.store_id)
            credit(
                session, made.program_id, wallet_id, act=act, points=points, kind="bonus", at=now
            )

    def set_pin(self, shopper: Shopper, pin: str) -> None:
        """Give a card's member a PIN."""
        made, tools = self.shop.made, self.shop.parts.tools
        hashed = new_pin(pin, program_id=made.program_id, keys=tools.keys)
        member_id = self._member(shopper)
        with self.shop.parts.database.unit_of_work(made.program_id) as session:
            write_member_pin(session, made.program_id, member_id, hashed, at=tools.clock.now())

    def _member(self, shopper: Shopper) -> UUID:
        made = self.shop.made
        with self.shop.parts.database.reading(made.program_id) as session:
            person = named_person_of_card(session, made.program_id, shopper.card_id)
            assert person is not None
            return person.member_id

    def _wallet(self, shopper: Shopper) -> UUID:
        made, member_id = self.shop.made, self._member(shopper)
        with self.shop.parts.database.reading(made.program_id) as session:
            wallet_id = wallet_of_member(session, made.program_id, member_id)
            assert wallet_id is not None
            return wallet_id


def open_rewards(shop: Shop) -> Rewarding:
    """Offer rewards of several kinds, and let cashiers answer for a few points a day."""
    made, now = shop.made, shop.parts.tools.clock.now()
    with shop.parts.database.unit_of_work(made.program_id) as session:
        for draft in (MONEY, COFFEE, LOAF):
            add_reward(session, made.program_id, draft, at=now)
        set_policy(
            session,
            made.program_id,
            PointsPolicy(cashier_allowance=200),
            made_by="setup",
            at=now,
        )
    return Rewarding(shop)
