"""Stamps belong to what is left of a sale: through refunds, hands and joins, in any order."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.codes.claims import IssuedClaim
from loyalty.journeys.claim_receipt import unclaim_receipt
from loyalty.journeys.join_memberships import Join, join_memberships, undo_join
from loyalty.journeys.stamp_cards import stamp_cards
from loyalty.kernel.errors import NotFoundError
from loyalty.points.add_reward import RewardDraft
from loyalty.points.queries import BALANCE, WALLET, rewards_of
from loyalty.programs.staff_cards import mark_staff_card
from loyalty.sales.errors import ReassignmentConflictError, RefundExceedsSaleError
from loyalty.sales.queries import current_turn
from loyalty.sales.rules import RefundLineReport, SaleLineReport
from tests.journeys.test_claim_receipt import claimed, pool
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import VISITS, Redeeming
from tests.support.sizes import SIZE
from tests.support.street import Phone, browser

# Each of them is several acts of the whole house: dozens in every run, not hundreds.
SEQUENCES = settings(max_examples=max(8, SIZE.examples // 8))
MOST = 4
GOODS = RewardDraft(
    "Café y queso",
    9,
    "stamps",
    {"per": "product", "products": ["cafe", "queso"], "per_sale_most": MOST},
)
FROM_MINOR = 500  # of a visit
SHOPPERS = 3  # the last one works here

who = st.integers(0, SHOPPERS - 1)
sales = st.integers(0, 1)
acts = st.one_of(
    st.tuples(st.just("pieces"), sales, st.integers(1, 3), st.sampled_from([500, 1_000, 2_000])),
    st.tuples(st.just("money"), sales, st.integers(1, 900)),
    st.tuples(st.just("reassign"), sales, st.none() | who),
    st.tuples(st.just("claim"), sales, who),
    st.tuples(st.just("undo"), sales, who),
    st.tuples(st.just("together"), sales),
    st.tuples(st.just("apart"), sales),
)


@dataclass
class Sold:
    """What is left of a sale, as its shopper would count it.

    Units: money in minor units, goods in thousandths by line: coffee, cheese by weight, bread.
    """

    sale_id: str
    claim: IssuedClaim
    left_minor: int
    kept: list[int]
    line_minor: list[int] = field(default_factory=list)

    def goods(self) -> int:
        """Say how many stamps for goods the rest earns as a receipt of its own."""
        pieces = self.kept[0] // 1_000 + (self.kept[1] > 0)
        return min(MOST, pieces) if self.left_minor else 0

    def visit(self) -> int:
        """Say whether the rest is a visit."""
        return int(self.left_minor >= FROM_MINOR)


class Morning:
    """Two sales at a counter, one on a card, and what becomes of them."""

    def __init__(self, at_till: Redeeming, number: int, coffees: int, first: int | None) -> None:
        self.at_till, self.counter, self.number = at_till, at_till.counter, number
        self.phones = [at_till.shopper(0) for _ in range(SHOPPERS)]
        self._mark_own(self.phones[-1])
        self.acts = 0
        self.joined: Join | None = None
        claims = pool(self.counter, 2)
        self.sold = [
            self._sell("a", claims[0], coffees, first),
            self._sell("b", claims[1], 2, None),
        ]

    def _mark_own(self, phone: Phone) -> None:
        with self.counter.database.unit_of_work(self.at_till.program_id) as session:
            mark_staff_card(
                session,
                self.at_till.program_id,
                card_id=phone.card_id,
                staff_id=self.at_till.street.staff_id,
                marked_by="owner",
                at=self.counter.tools.clock.now(),
            )

    def _sell(self, name: str, claim: IssuedClaim, coffees: int, first: int | None) -> Sold:
        lines = (
            SaleLineReport("cafe", "Café", coffees * 1_000, coffees * 140),
            SaleLineReport("queso", "Queso", 1_250, 400),
            SaleLineReport("pan", "Pan", 2_000, 200),
        )
        total = sum(line.total_minor for line in lines)
        code = None if first is None else self.at_till.card(self.phones[first])
        report = self.counter.report(
            f"{name}{self.number}",
            total,
            code=code,
            lines=lines,
            staff_id=self.at_till.street.staff_id,
        )
        self.counter.send(replace(report, claim_id=claim.claim_id))
        kept = [line.quantity_milli for line in lines]
        return Sold(report.sale_id, claim, total, kept, [line.total_minor for line in lines])

    def act(self, kind: str, place: int, *told: int | None) -> None:
        """Do one thing with a sale; what cannot be done changes nothing."""
        self.acts += 1
        sold, name = self.sold[place], f"{self.number}:{self.acts}"
        try:
            getattr(self, kind)(sold, name, *told)
        except (RefundExceedsSaleError, ReassignmentConflictError, NotFoundError):
            return

    def pieces(self, sold: Sold, name: str, line: int, milli: int) -> None:
        """Bring goods of one line back, with the money that is left of them."""
        milli = min(milli, sold.kept[line - 1])
        amount = min(sold.line_minor[line - 1], sold.left_minor, milli * 140 // 1_000)
        if milli == 0 or amount == 0:
            return
        self.counter.refund_lines(name, sold.sale_id, RefundLineReport(line, milli, amount))
        sold.kept[line - 1] -= milli
        sold.line_minor[line - 1] -= amount
        sold.left_minor -= amount

    def money(self, sold: Sold, name: str, amount: int) -> None:
        """Give money back for no goods; as much as is left, when it is less."""
        amount = min(amount, sold.left_minor)
        if amount:
            self.counter.refund(name, sold.sale_id, amount)
            sold.left_minor -= amount

    def reassign(self, sold: Sold, name: str, to: int | None) -> None:
        """Say at the till whose sale it is."""
        code = None if to is None else self.at_till.card(self.phones[to])
        self.counter.reassign(name, sold.sale_id, code=code)

    def claim(self, sold: Sold, _name: str, by: int) -> None:
        """Open the code on the receipt."""
        claimed(self.counter, self.phones[by], sold.claim)

    def undo(self, sold: Sold, _name: str, by: int) -> None:
        """Say that the receipt was not theirs after all."""
        shopper = browser(
            self.counter.database,
            self.at_till.street,
            self.phones[by].secret,
            self.counter.tools,
        )
        with self.counter.database.unit_of_work(self.at_till.program_id) as session:
            unclaim_receipt(session, shopper, sold.claim.claim_id, tools=self.counter.tools)

    def together(self, _sold: Sold, name: str) -> None:
        """Put the cards of the first two together: they are one person's."""
        if self.joined is None:
            keep, other, _ = self.phones
            with self.counter.database.unit_of_work(self.at_till.program_id) as session:
                self.joined = join_memberships(
                    session,
                    self.at_till.program_id,
                    keep_member=keep.member_id,
                    other_member=other.member_id,
                    actor="shopper",
                    event=f"join:{name}",
                    tools=self.counter.tools,
                )

    def apart(self, _sold: Sold, _name: str) -> None:
        """Take them apart again."""
        if self.joined is not None and self.joined.link_id is not None:
            with self.counter.database.unit_of_work(self.at_till.program_id) as session:
                undo_join(
                    session,
                    self.at_till.program_id,
                    self.joined.link_id,
                    actor="shopper",
                    tools=self.counter.tools,
                )
            self.joined = None

    def expected(self) -> dict[str, tuple[int, int]]:
        """Say what each card has to hold, of goods and of visits: what its sales' rests earn."""
        due = {phone.card_id: (0, 0) for phone in self.phones}
        with self.counter.database.reading(self.at_till.program_id) as session:
            for sold in self.sold:
                card_id = current_turn(session, self.at_till.program_id, sold.sale_id).card_id
                if card_id is not None and card_id != self.phones[-1].card_id:
                    goods, visits = due[card_id]
                    due[card_id] = (goods + sold.goods(), visits + sold.visit())
        if self.joined is not None:
            keep, other, _ = (phone.card_id for phone in self.phones)
            both = zip(due[keep], due[other], strict=True)
            goods, visits = (sum(each) for each in both)
            due[keep], due[other] = (goods, visits), (0, 0)
        return due

    def held(self) -> dict[str, tuple[int, int]]:
        """Say what each card holds, also what waits."""
        now, held = self.counter.tools.clock.now(), {}
        with self.counter.database.reading(self.at_till.program_id) as session:
            rewards = rewards_of(session, self.at_till.program_id)
            for phone in self.phones:
                cards = stamp_cards(
                    session, self.at_till.program_id, phone.member_id, rewards, at=now
                )
                on = {card.reward.name: card.now.free + card.now.pending for card in cards}
                held[phone.card_id] = (on[GOODS.name], on[VISITS.name])
        return held


def test_the_card_that_has_a_sale_holds_what_its_rest_would_earn_and_no_other_any_of_it(
    counter: Counter, clock: ManualClock
) -> None:
    at_till, runs = Redeeming(counter, clock), iter(range(1_000_000))
    at_till.offer(GOODS)
    at_till.offer(VISITS)

    @SEQUENCES
    @given(
        coffees=st.integers(1, 6),
        first=st.none() | who,
        told=st.lists(acts, min_size=3, max_size=10),
        pending_days=st.sampled_from([0, 7]),
    )
    def follows(
        coffees: int, first: int | None, told: list[tuple[str, int]], pending_days: int
    ) -> None:
        counter.set_policy(pending_days=pending_days)
        morning = Morning(at_till, next(runs), coffees, first)
        for each in told:
            morning.act(*each)
            assert morning.held() == morning.expected(), each

    follows()
    with counter.database.reading(at_till.program_id) as session:
        owed = session.execute(
            BALANCE.select()
            .join(WALLET, BALANCE.c.wallet_id == WALLET.c.wallet_id)
            .where(BALANCE.c.debt != 0)
        )
        assert owed.all() == [], "a stamp that was never used is never owed"
    assert counter.findings() == ()
