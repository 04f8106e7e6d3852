"""Memberships are joined and parted while their owners buy, redeem, return and collect.

Every act takes what it needs in one order (evidence, then points, then stamp cards), so no two
ever wait for each other in a circle: on PostgreSQL such a circle is a deadlock, and the till
would be told to come again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from loyalty.codes.claims import IssuedClaim, issue_claims
from loyalty.db.failures import why_unavailable
from loyalty.db.session import Database
from loyalty.journeys.bonuses import give_birthdays, settle_referrals
from loyalty.journeys.claim_receipt import claim_receipt
from loyalty.journeys.join_memberships import join_memberships, undo_join
from loyalty.journeys.order_reward import OrderReward
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import LoyaltyError, StorageUnavailableError
from loyalty.orders.place import Owner
from loyalty.points.bonuses.birthdays import set_birthday
from loyalty.points.bonuses.referrals import note_referral
from loyalty.points.expire_lots import expire_lots
from loyalty.points.release_overdue import release_overdue
from loyalty.sales.rules import SaleLineReport
from tests.support.at_once import at_once
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.desk import Desk, take_orders_in
from tests.support.redeeming import CENTS, FIVE_EUROS, TENTH, VISITS, Redeeming
from tests.support.sizes import SIZE
from tests.support.street import Phone, browser

pytestmark = pytest.mark.race

PIN = "2580"
PEOPLE = 3
# A queue that a busy machine does not get through in time is no circle: that is 40P01, after 1 s.
WAITED_LONG = "55P03"
TURNS = max(2, SIZE.rounds // 5)
MILK = (SaleLineReport("cafe", "Café", 10_000, 1_400),)


@dataclass(frozen=True, slots=True)
class Market:
    """Three people who know each other, a till, a shelf and a pile of rewards."""

    desk: Desk
    at_till: Redeeming
    people: Sequence[Phone]
    codes: Sequence[str]
    cards: Sequence[str]
    rewards: Sequence[UUID]
    bread: UUID
    claims: Sequence[IssuedClaim]

    @property
    def counter(self) -> Counter:
        return self.at_till.counter

    @property
    def database(self) -> Database:
        return self.counter.database

    @property
    def program_id(self) -> int:
        return self.counter.street.program_id

    @property
    def tools(self) -> Tools:
        return self.counter.tools

    def join_and_part(self, name: str, keep: int, other: int) -> None:
        with self.database.unit_of_work(self.program_id) as session:
            joined = join_memberships(
                session,
                self.program_id,
                keep_member=self.people[keep].member_id,
                other_member=self.people[other].member_id,
                actor="shopper",
                event=f"join:{name}",
                tools=self.tools,
            )
        if joined.link_id is not None:
            with self.database.unit_of_work(self.program_id) as session:
                undo_join(
                    session, self.program_id, joined.link_id, actor="shopper", tools=self.tools
                )

    def buy_and_bring_back(self, name: str, who: int, *, live: bool) -> None:
        code = self.codes[who] if live else self.cards[who]
        report = self.counter.report(f"s:{name}", 1_400, code=code, lines=MILK)
        self.counter.send(replace(report, customer=f"square:{who}" if live else None))
        self.counter.refund(f"r:{name}:1", f"s:{name}", 700)
        self.counter.refund(f"r:{name}:2", f"s:{name}", 700)

    def move(self, name: str, whose: int, to: int) -> None:
        report = self.counter.report(f"m:{name}", 1_400, code=self.codes[whose], lines=MILK)
        self.counter.send(report)
        self.counter.reassign(f"x:{name}", f"m:{name}", code=self.codes[to])
        self.counter.reassign(f"y:{name}", f"m:{name}")

    def spend(self, name: str, who: int, reward: int, *, for_whom: int) -> None:
        asked = self.at_till.ask(f"h:{name}", self.cards[who], self.rewards[reward], pin=PIN)
        held = self.at_till.send(replace(asked, points=None, lines=MILK, basket_minor=1_400))
        if isinstance(held, LoyaltyError):
            raise held
        self.at_till.sell(f"p:{name}", held.to_pay_minor, f"h:{name}", code=self.codes[for_whom])
        if held.to_pay_minor:
            self.counter.refund(f"b:{name}", f"p:{name}", held.to_pay_minor)

    def hold_and_let_go(self, name: str, who: int, reward: int) -> None:
        asked = self.at_till.ask(f"g:{name}", self.cards[who], self.rewards[reward], pin=PIN)
        self.at_till.send(replace(asked, lines=MILK, basket_minor=1_400))
        self.at_till.let_go(f"g:{name}")

    def order_and_collect(self, who: int) -> None:
        phone = self.people[who]
        owner = Owner(member_id=phone.member_id, card_id=phone.card_id)
        asked = self.desk.request({self.bread: 2}, owner=owner)
        order = self.desk.send(replace(asked, reward=OrderReward(self.rewards[0]))).order
        self.desk.make_ready(order)
        self.desk.hand_off(self.desk.handoff(self.desk.code(order)))

    def claim(self, name: str, number: int, who: int) -> None:
        claim = self.claims[number]
        shopper = browser(self.database, self.counter.street, self.people[who].secret, self.tools)
        with self.database.unit_of_work(self.program_id) as session:
            claim_receipt(session, self.program_id, claim.text, shopper=shopper, tools=self.tools)
        report = self.counter.report(f"c:{name}", 1_400, lines=MILK)
        self.counter.send(replace(report, claim_id=claim.claim_id, customer=f"square:{who}"))

    def tend(self) -> None:
        now = self.tools.clock.now()
        with self.database.unit_of_work(self.program_id) as session:
            release_overdue(session, self.program_id, at=now)
        with self.database.unit_of_work(self.program_id) as session:
            expire_lots(session, self.program_id, at=now)
        settle_referrals(self.database, self.program_id, tools=self.tools)
        give_birthdays(self.database, self.program_id, tools=self.tools)

    def acts(self, turn: int, number: int) -> list[Callable[[], None]]:
        """Say what each client does in its turn; the same pairs meet from both sides."""
        one, two, three = turn % PEOPLE, (turn + 1) % PEOPLE, (turn + 2) % PEOPLE
        name = f"{number}:{turn}"
        return [
            partial(self.join_and_part, f"a:{name}", one, two),
            partial(self.join_and_part, f"b:{name}", two, one),
            partial(self.join_and_part, f"c:{name}", three, two),
            partial(self.buy_and_bring_back, f"a:{name}", one, live=True),
            partial(self.buy_and_bring_back, f"b:{name}", two, live=False),
            partial(self.move, name, one, two),
            partial(self.spend, f"a:{name}", two, 0, for_whom=one),
            partial(self.spend, f"b:{name}", one, 2, for_whom=three),
            partial(self.spend, f"c:{name}", three, 1, for_whom=two),
            partial(self.hold_and_let_go, name, one, 1),
            partial(self.order_and_collect, two),
            partial(self.claim, name, turn, one),
            self.tend,
        ]


@pytest.fixture
def market(database: Database, tools: Tools, clock: ManualClock, counter: Counter) -> Market:
    at_till = Redeeming(counter, clock)
    desk = take_orders_in(counter.street, database, tools, clock)
    counter.set_policy(referral_points=20, referral_most=5, birthday_points=10, hold_minutes=1)
    rewards = [at_till.offer(draft) for draft in (FIVE_EUROS, CENTS, TENTH, VISITS)]
    people = [counter.consenting_phone() for _ in range(PEOPLE)]
    clock.advance(minutes=1)
    now = clock.now()
    with database.unit_of_work(counter.street.program_id) as session:
        for number, phone in enumerate(people):
            set_birthday(
                session,
                counter.street.program_id,
                phone.member_id,
                month=now.month,
                day=now.day,
                at=now,
            )
            note_referral(
                session,
                counter.street.program_id,
                member_id=phone.member_id,
                by_member_id=people[number - 1].member_id,
                at=now,
            )
        claims = issue_claims(
            session,
            counter.street.program_id,
            counter.street.till_id,
            TURNS,
            at=now,
            keys=tools.keys,
        )
    for phone in people:
        at_till.set_pin(phone, PIN)
        report = counter.report(
            f"start:{phone.card_id}", 200_000, code=at_till.card(phone), lines=MILK
        )
        counter.send(report)
    codes = [counter.shown(phone) for phone in people]
    cards = [at_till.card(phone) for phone in people]
    bread = desk.product(pieces=100, price=700)
    return Market(desk, at_till, people, codes, cards, rewards, bread, claims)


def test_memberships_are_joined_and_parted_while_everything_happens_to_them(
    market: Market,
) -> None:
    before = deadlocks(market.database)
    number_of_acts = len(market.acts(0, 0))
    told = at_once(
        number_of_acts,
        lambda number: [told_by(market.acts(turn, number)[number]) for turn in range(TURNS)],
    )
    answers = [answer for turns in told if not isinstance(turns, LoyaltyError) for answer in turns]
    assert len(answers) == number_of_acts * TURNS
    unavailable = [each for each in answers if isinstance(each, StorageUnavailableError)]
    assert {why_unavailable(each) for each in unavailable} <= {WAITED_LONG}
    assert deadlocks(market.database) == before
    assert market.counter.findings() == ()


def told_by(act: Callable[[], None]) -> LoyaltyError | None:
    """Do something; a refusal is an answer."""
    try:
        act()
    except LoyaltyError as refusal:
        return refusal
    return None


def deadlocks(database: Database) -> int:
    """Count what PostgreSQL broke up of those who waited for each other; SQLite has one writer."""
    if database.engine.dialect.name != "postgresql":
        return 0
    with database.engine.connect() as connection:
        counted = connection.execute(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )
        return int(counted.scalar_one())
