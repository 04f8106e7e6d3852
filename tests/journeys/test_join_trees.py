"""Memberships joined in chains and trees, and parted in any order: what is on a card follows it."""

from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from loyalty.journeys.join_memberships import join_memberships, undo_join
from loyalty.journeys.redeem import HeldReward
from loyalty.journeys.stamp_cards import stamp_cards
from loyalty.points.queries import balance_of, rewards_of, wallet_of_member
from tests.support.checkout import Counter
from tests.support.clock import ManualClock
from tests.support.redeeming import CENTS, VISITS, Redeeming
from tests.support.sizes import SIZE

# Each of them is several acts of the whole house: dozens in every run, not hundreds.
SEQUENCES = settings(
    max_examples=max(8, SIZE.examples // 6), phases=[Phase.explicit, Phase.generate]
)
CARDS = 4
CODES_MOST = 6
PER_POINT_MINOR = 100
FROM_MINOR = 500  # of a visit that stamps
cards = st.integers(0, CARDS - 1)
places = st.integers(0, 30)
sales = st.tuples(st.just("sell"), cards, st.integers(1, 30))
joins = st.tuples(st.just("join"), cards, cards)
parts = st.tuples(st.just("part"), places, places)
refunds = st.tuples(st.just("refund"), places, st.integers(1, 30))
uses = st.tuples(st.just("use"), cards, st.integers(1, 30))
holds = st.tuples(st.just("hold"), cards, st.integers(1, 30))
ends = st.tuples(st.sampled_from(["let_go", "give_back"]), places, places)
# Each has bought something and most are joined, before anything else happens.
mornings = st.tuples(
    st.lists(st.one_of(sales, sales, holds), min_size=2, max_size=5),
    st.lists(joins, min_size=2, max_size=4),
    st.lists(st.one_of(sales, refunds, uses, ends, joins, parts), min_size=3, max_size=9),
).map(lambda told: [act for part in told for act in part])
CHAIN = [
    ("sell", 0, 7),
    ("sell", 1, 11),
    ("join", 0, 1),
    ("join", 2, 0),
    ("sell", 1, 5),
    ("part", 0, 0),
]


@dataclass
class Lot:
    """What a sale gave to the card it was made with, and what is left of both."""

    sale_id: str
    card: int
    minor: int
    points: int
    used: bool = False

    def stamps(self) -> int:
        """Say whether the rest is a visit."""
        return int(self.minor >= FROM_MINOR)


@dataclass
class Spent:
    """What was reserved or used of some lots, and by which card."""

    hold_id: str
    card: int
    draws: list[tuple[Lot, int]]

    def back(self) -> None:
        """Put it where it was."""
        for lot, points in self.draws:
            lot.points += points


@dataclass
class Family:
    """Some cards, who they are joined to, and what each of them brought."""

    at_till: Redeeming
    number: int
    reward: UUID
    lots: list[Lot] = field(default_factory=list)
    links: dict[str, tuple[int, int]] = field(default_factory=dict)
    undone: list[str] = field(default_factory=list)
    held_open: list[Spent] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    acts: int = 0
    codes: int = 0

    def __post_init__(self) -> None:
        self.phones = [self.at_till.shopper(0) for _ in range(CARDS)]

    def act(self, kind: str, *told: int) -> None:
        """Do one thing; what cannot be done is left out."""
        is_use = kind in {"use", "hold"}
        if is_use and self.codes == CODES_MOST:
            return
        self.acts, self.codes = self.acts + 1, self.codes + is_use
        # A code is good for one use; what is held is held for a quarter of an hour.
        self.at_till.clock.advance(s=120 if is_use else 1)
        getattr(self, kind)(f"{self.number}:{self.acts}", *told)

    def stands(self, card: int) -> int:
        """Say whose membership stands for a card today."""
        for keep, other in self.links.values():
            if other == card:
                return self.stands(keep)
        return card

    def sell(self, name: str, card: int, points: int) -> None:
        """Sell something on a card."""
        counter, minor = self.at_till.counter, points * PER_POINT_MINOR
        counter.sell(name, minor, code=self.at_till.card(self.phones[card]))
        self.lots.append(Lot(name, card, minor, points))

    def refund(self, name: str, place: int, points: int) -> None:
        """Bring back a part of a sale whose points nobody has used."""
        whole = [lot for lot in self.lots if lot.minor and not lot.used]
        if whole:
            lot = whole[place % len(whole)]
            minor = min(points * PER_POINT_MINOR, lot.minor)
            self.at_till.counter.refund(name, lot.sale_id, minor)
            lot.minor -= minor
            lot.points -= minor // PER_POINT_MINOR

    def use(self, name: str, card: int, points: int) -> None:
        """Use points of all cards that are joined to one, the oldest first."""
        spent = self._reserve(name, card, points)
        if spent.draws:
            assert isinstance(self.at_till.take(name), HeldReward)
            self.spent.append(spent)

    def hold(self, name: str, card: int, points: int) -> None:
        """Reserve points of a card that is joined to none."""
        if all(card not in ends for ends in self.links.values()):
            spent = self._reserve(name, card, points)
            if spent.draws:
                self.held_open.append(spent)

    def let_go(self, _name: str, place: int, _again: int) -> None:
        """Let go of what is reserved, wherever it went since."""
        if self.held_open:
            spent = self.held_open.pop(place % len(self.held_open))
            assert isinstance(self.at_till.let_go(spent.hold_id), HeldReward)
            spent.back()

    def give_back(self, _name: str, place: int, _again: int) -> None:
        """Give back what was used, while those who used it together are together."""
        known = [
            spent
            for spent in self.spent
            if len({self.stands(card) for card in (spent.card, *_cards(spent))}) == 1
        ]
        if known:
            spent = known[place % len(known)]
            self.spent.remove(spent)
            assert isinstance(self.at_till.let_go(spent.hold_id), HeldReward)
            spent.back()

    def _reserve(self, name: str, card: int, points: int) -> Spent:
        """Hold points of all cards that are joined to one, the oldest first."""
        whole = [lot for lot in self.lots if self.stands(lot.card) == self.stands(card)]
        points = min(points, sum(lot.points for lot in whole))
        spent = Spent(name, self.stands(card), [])
        if points:
            self.at_till.hold(name, self.phones[card], self.reward, points=points)
        for lot in whole:
            drawn = min(points, lot.points)
            if drawn:
                lot.points, lot.used, points = lot.points - drawn, True, points - drawn
                spent.draws.append((lot, drawn))
        return spent

    def join(self, name: str, keep: int, other: int) -> None:
        """Put two memberships together, with all that were joined to each."""
        keep_root, other_root = self.stands(keep), self.stands(other)
        with self.at_till.counter.database.unit_of_work(self.at_till.program_id) as session:
            joined = join_memberships(
                session,
                self.at_till.program_id,
                keep_member=self.phones[keep].member_id,
                other_member=self.phones[other].member_id,
                actor="shopper",
                event=f"join:{name}",
                tools=self.at_till.counter.tools,
            )
        assert (joined.link_id is None) == (keep_root == other_root)
        if joined.link_id is not None:
            self.links[joined.link_id] = (keep_root, other_root)

    def part(self, _name: str, place: int, again: int) -> None:
        """Undo any of the joins, and another once more that was undone before."""
        if self.links:
            link_id = list(self.links)[place % len(self.links)]
            assert self.undo(link_id)
            del self.links[link_id]
            self.undone.append(link_id)
            assert not self.undo(self.undone[again % len(self.undone)])

    def undo(self, link_id: str) -> bool:
        """Take two memberships apart; say whether they were joined."""
        with self.at_till.counter.database.unit_of_work(self.at_till.program_id) as session:
            return undo_join(
                session,
                self.at_till.program_id,
                link_id,
                actor="shopper",
                tools=self.at_till.counter.tools,
            ).was_active

    def expected(self) -> list[tuple[int, int]]:
        """Say what each membership has to hold: what is left of its cards' sales."""
        due = [(0, 0)] * CARDS
        for lot in self.lots:
            points, stamps = due[self.stands(lot.card)]
            due[self.stands(lot.card)] = (points + lot.points, stamps + lot.stamps())
        return due

    def held(self) -> list[tuple[int, int]]:
        """Say what each membership's own wallets hold."""
        counter, held = self.at_till.counter, []
        now = counter.tools.clock.now()
        with counter.database.reading(self.at_till.program_id) as session:
            rewards = rewards_of(session, self.at_till.program_id)
            for phone in self.phones:
                told = (session, self.at_till.program_id, phone.member_id)
                points, stamps = wallet_of_member(*told), stamp_cards(*told, rewards, at=now)
                free = balance_of(session, told[1], points).points if points else 0
                held.append((free, next((card.now.free for card in stamps), 0)))
        return held


def _cards(spent: Spent) -> list[int]:
    return [lot.card for lot, _ in spent.draws]


def test_in_whatever_order_cards_are_joined_and_parted_each_has_its_own_again(
    counter: Counter, clock: ManualClock
) -> None:
    at_till, runs = Redeeming(counter, clock), iter(range(1_000_000))
    reward = at_till.offer(CENTS)
    at_till.offer(VISITS)

    @SEQUENCES
    @example(told=CHAIN)
    @given(told=mornings)
    def follows(told: list[tuple[str, int, int]]) -> None:
        family = Family(at_till, next(runs), reward)
        for each in told:
            family.act(*each)
            assert family.held() == family.expected(), each
        for place in range(len(family.links)):
            family.act("part", place, place)
            assert family.held() == family.expected(), "parted"

    follows()
    assert counter.findings() == ()
