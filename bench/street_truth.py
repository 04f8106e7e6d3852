"""A seeded street of shops: who people really are, and the evidence they leave. Knows no rules.

Nothing here is imported from the engine: families share tablets, numbers and addresses, cashiers
type numbers to get past a field, scan their own card for strangers and choose "walk-in customer",
people lose phones, lend cards and use the shop's kiosk. Each value says whose it really is.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

DAYS = 365
SPACE = "BCDFGHJKLMNPQRSTVWXZ"

Value = tuple[str, str]  # kind and value


@dataclass(frozen=True, slots=True)
class Seen:
    """Two values seen together: the kind of evidence, the day, and the membership that stays."""

    kind: str
    a: Value
    b: Value
    day: float
    stays: Value | None = None


@dataclass(slots=True)
class Person:
    """Somebody who really exists."""

    number: int
    member: Value | None
    cards: list[Value]
    email: Value | None
    phone: Value | None
    browser: Value
    vendor: Value
    consents: bool


@dataclass(slots=True)
class Street:
    """What was seen, and whose each value is: nobody's values have no owner."""

    seen: list[Seen] = field(default_factory=list)
    owners: dict[Value, frozenset[int]] = field(default_factory=dict)


class Teller:
    """Lets people live a year on the street."""

    def __init__(self, seed: int, households: int) -> None:
        self.draw = random.Random(seed)
        self.households = households
        self.street = Street()
        self.made = 0
        self.people: list[Person] = []
        self.placeholders = [self.value("phone", f"+3461111{each:04d}", ()) for each in range(2)]
        self.walk_in = self.value("vendor", "square:WALKIN", ())
        self.kiosks = [self.value("device", f"kiosk {each}", ()) for each in range(3)]
        self.cashiers: list[Person] = []

    def value(self, kind: str, text: str, owners: tuple[int, ...]) -> Value:
        """Note a value and whose it is."""
        made = (kind, text)
        self.street.owners[made] = self.street.owners.get(made, frozenset()) | set(owners)
        return made

    def new(self, kind: str, *owners: int) -> Value:
        """Make a value nobody else has."""
        self.made += 1
        texts = {
            "email": f"p{self.made}@correo.example",
            "phone": f"+346{20_000_000 + self.made}",
            "vendor": f"square:C{self.made}",
        }
        return self.value(kind, texts.get(kind, f"{kind} {self.made}"), owners)

    def see(self, kind: str, a: Value, b: Value, day: float, stays: Value | None = None) -> None:
        """Note that two values were seen together."""
        self.street.seen.append(Seen(kind, a, b, day, stays))

    def live(self) -> Street:
        """Let a year pass."""
        for _ in range(self.households):
            self._household()
        self.cashiers = self.draw.sample([each for each in self.people if each.cards], 4)
        for person in self.people:
            for day in self._days(person):
                self._visit(person, day)
        return self.street

    def _days(self, person: Person) -> Iterator[float]:
        often = self.draw.choice([2, 5, 12, 40]) if person.member else 1
        for _ in range(often):
            yield self.draw.uniform(1, DAYS)

    def _household(self) -> None:
        size = self.draw.choices([1, 2, 3, 4, 5], [30, 30, 18, 15, 7])[0]
        numbers = [len(self.people) + each for each in range(size)]
        tablet = self.new("device", *numbers) if size > 1 and self.draw.random() < 0.5 else None
        shared = self.new("phone", *numbers) if size > 1 and self.draw.random() < 0.1 else None
        for number in numbers:
            person = self._person(number, shared)
            self.people.append(person)
            if tablet is not None and person.member and self.draw.random() < 0.5:
                self.see("device", tablet, person.member, self.draw.uniform(0, 30))

    def _person(self, number: int, shared: Value | None) -> Person:
        joins = self.draw.random() < 0.7
        person = Person(
            number=number,
            member=self.new("member", number) if joins else None,
            cards=[],
            email=self.new("email", number) if self.draw.random() < 0.5 else None,
            phone=shared or self.new("phone", number),
            browser=self.new("device", number),
            vendor=self.new("vendor", number),
            consents=self.draw.random() < 0.75,
        )
        if person.member is None:
            return person
        day = self.draw.uniform(0, 30)
        self._card(person, person.member, day)
        if self.draw.random() < 0.8:
            self.see("device", person.browser, person.member, day)
        if person.email and self.draw.random() < 0.8:
            self.see("email", person.email, person.member, day)
        self._told_number(person, person.member, day)
        if self.draw.random() < 0.04:
            self._second_membership(person, day)
        return person

    def _told_number(self, person: Person, member: Value, day: float) -> None:
        chance = self.draw.random()
        if chance < 0.35 and person.phone:
            self.see("phone", person.phone, member, day)
        elif chance < 0.42:
            self.see("phone", self.draw.choice(self.placeholders), member, day)

    def _card(self, person: Person, member: Value, day: float) -> Value:
        card = self.new("card", person.number)
        person.cards.append(card)
        self.see("card", card, member, day)
        return card

    def _second_membership(self, person: Person, day: float) -> None:
        """Lose a phone: begin anew, and mostly put both cards together later."""
        member = self.new("member", person.number)
        self._card(person, member, day + 60)
        if person.email and self.draw.random() < 0.3:
            self.see("email", person.email, member, day + 60)
        if self.draw.random() < 0.85 and person.member:
            self.see("join", person.member, member, day + 61, stays=person.member)

    def _visit(self, person: Person, day: float) -> None:
        """Open the shop's page, show a code, buy."""
        if not person.cards:
            self._stranger(person, day)
            return
        card = self.draw.choice(person.cards)
        if person.consents:
            self.see("session", self.new("session", person.number), card, day)
        chance = self.draw.random()
        if chance < 0.10:
            self.see("vendor", person.vendor, card, day)
        elif chance < 0.12:
            self.see("vendor", self.walk_in, card, day)
        elif chance < 0.15:
            self.see("receipt", self.new("receipt", person.number), card, day + 1)
        elif chance < 0.155:
            self.see("device", self.draw.choice(self.kiosks), card, day)

    def _stranger(self, person: Person, day: float) -> None:
        """Buy without a card: now and then a cashier scans their own.

        The sale is the cashier's then, which is no evidence of who anybody is; unless the till
        names the vendor's customer, too.
        """
        session = self.new("session", person.number)
        if self.draw.random() < 0.02:
            helper = self.draw.choice(self.cashiers)
            named = person.vendor if self.draw.random() < 0.1 else self.walk_in
            self.see("vendor", named, helper.cards[0], day)
        if person.email and self.draw.random() < 0.5:
            self.see("order", session, person.email, day)
