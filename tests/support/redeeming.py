"""Rewards at a counter: offered, held on a proof, taken, let go."""

from dataclasses import dataclass, replace
from uuid import UUID

from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import issue_card_text
from loyalty.codes.pins import new_pin
from loyalty.journeys.join_memberships import Join, join_memberships
from loyalty.journeys.member_pin import set_own_pin
from loyalty.journeys.redeem import HeldReward, redeem
from loyalty.journeys.redeem_ends import let_go_of_reward, take_reward
from loyalty.journeys.redeem_proof import CashierWord, RedeemAsk, typed_pin
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.kernel.errors import LoyaltyError
from loyalty.points.add_reward import RewardDraft, add_reward
from loyalty.points.policy import PointsPolicy
from loyalty.points.set_policy import set_policy
from loyalty.programs.staff import write_pin
from loyalty.sales.rules import SaleLineReport
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.street import Phone, Street, browser, new_phone, points_of

FIVE_EUROS = RewardDraft("5 € menos", 100, "fixed", {"minor": 500}, "EUR")
CENTS = RewardDraft("Usar puntos", 1, "money", {"per_points": 1, "minor": 1}, "EUR")
COFFEE = RewardDraft("Café", 10, "product", {"products": ["cafe"], "worth_minor": 140}, "EUR")
TENTH = RewardDraft(
    "Décimo café gratis", 9, "stamps", {"per": "product", "products": ["cafe"]}, None
)
VISITS = RewardDraft(
    "Cinco visitas", 5, "stamps", {"per": "visit", "from_minor": 500, "worth_minor": 300}, "EUR"
)
CASHIER_PIN = "2468"


@dataclass(frozen=True, slots=True)
class Redeeming:
    """A counter whose customers redeem."""

    counter: Counter
    clock: ManualClock

    @property
    def street(self) -> Street:
        return self.counter.street

    @property
    def program_id(self) -> int:
        return self.street.program_id

    def offer(self, draft: RewardDraft) -> UUID:
        """Offer a reward."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            now = self.counter.tools.clock.now()
            return add_reward(session, self.program_id, draft, at=now)

    def decide(self, policy: PointsPolicy) -> None:
        """Decide about points."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            now = self.counter.tools.clock.now()
            set_policy(session, self.program_id, policy, made_by="setup", at=now)

    def shopper(self, points: int) -> Phone:
        """Let somebody join who has so many points."""
        phone = new_phone(self.counter.database, self.street, self.counter.tools)
        if points:
            self.counter.sell(f"start:{phone.card_id}", points * 100, code=self.card(phone))
        return phone

    def points(self, phone: Phone) -> int:
        """Say what somebody can spend."""
        return points_of(self.counter.database, self.street, phone.member_id, self.counter.tools)

    def card(self, phone: Phone) -> str:
        """Read the code on a printed card."""
        with self.counter.database.reading(self.program_id) as session:
            card = card_by_id(session, self.program_id, phone.card_id)
            assert card is not None, "a phone has a card"
            return issue_card_text(session, card, keys=self.counter.tools.keys)

    def set_pin(self, phone: Phone, pin: str) -> None:
        """Set a member's PIN on the phone."""
        tools = self.counter.tools
        shopper = browser(self.counter.database, self.street, phone.secret, tools)
        hashed = new_pin(pin, program_id=self.program_id, keys=tools.keys)
        with self.counter.database.unit_of_work(self.program_id) as session:
            set_own_pin(session, shopper, hashed, tools=tools)

    def set_cashier_pin(self) -> None:
        """Give the owner a PIN for the till."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            write_pin(session, self.program_id, self.street.staff_id, CASHIER_PIN)

    def word(self, *, pin: str = CASHIER_PIN, reason: str = "La conozco") -> CashierWord:
        """Let the cashier answer for a card."""
        return CashierWord(self.street.staff_id, pin, reason)

    def join(self, keep: Phone, other: Phone, *, event: str = "join") -> Join:
        """Let somebody who has two memberships put them together."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            return join_memberships(
                session,
                self.program_id,
                keep_member=keep.member_id,
                other_member=other.member_id,
                actor=f"shopper:{keep.member_id}",
                event=f"{event}:{other.member_id}",
                tools=self.counter.tools,
            )

    def ask(
        self,
        hold_id: str,
        code: str,
        reward_id: UUID,
        *,
        basket_minor: int = 2_000,
        points: int | None = None,
        lines: tuple[SaleLineReport, ...] = (),
        pin: str | None = None,
        word: CashierWord | None = None,
    ) -> RedeemAsk:
        """Write what a till asks, with a PIN worked out as the service does."""
        tools, typed = self.counter.tools, None
        if pin is not None:
            with self.counter.database.reading(self.program_id) as session:
                typed = typed_pin(session, self.program_id, code, pin, tools=tools)
        return RedeemAsk(
            till=self.street,
            staff_id=None,
            hold_id=hold_id,
            code=code,
            scanned_at=tools.clock.now(),
            clock_sure=True,
            reward_id=reward_id,
            basket_minor=basket_minor,
            points=points,
            lines=lines,
            member_pin=typed,
            cashier=word,
        )

    def send(self, asked: RedeemAsk) -> HeldReward | LoyaltyError:
        """Ask once."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            return redeem(session, asked, tools=self.counter.tools)

    def hold(self, hold_id: str, phone: Phone, reward_id: UUID, **more: object) -> HeldReward:
        """Hold a reward on the live code that a phone shows."""
        asked = self.ask(hold_id, self.counter.shown(phone), reward_id, **more)  # type: ignore[arg-type]
        held = self.send(asked)
        assert isinstance(held, HeldReward), held
        return held

    def take(self, hold_id: str, points: int | None = None) -> HeldReward | LoyaltyError:
        """Take a held reward without a sale."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            return take_reward(
                session, self.street, hold_id, points=points, tools=self.counter.tools
            )

    def let_go(self, hold_id: str) -> HeldReward | LoyaltyError:
        """Let a reward go, or give it back."""
        with self.counter.database.unit_of_work(self.program_id) as session:
            return let_go_of_reward(session, self.street, hold_id, tools=self.counter.tools)

    def sell(
        self, sale_id: str, total_minor: int, hold_id: str, *, code: str | None = None
    ) -> SaleReceipt:
        """Sell something that points paid a part of."""
        report = self.counter.report(sale_id, total_minor, code=code)
        return self.counter.send(replace(report, hold_id=hold_id))
