"""Many give one number at the same moment and take it off at the same moment, all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pytest

from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.identifiers import find_identifier
from loyalty.identity.queries import links_at, person_of_card
from loyalty.identity.states import kind_and_state
from loyalty.journeys.contract_links import link_order
from loyalty.journeys.note_phone import note_phone
from loyalty.journeys.staff_says import Saying
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import unlink
from loyalty.kernel.ids import new_id
from tests.support.at_once import at_once
from tests.support.street import Phone, new_phone, open_street

pytestmark = pytest.mark.race


@dataclass(frozen=True, slots=True)
class Number:
    """One number, and whose phones give it: half with an order, half to staff."""

    database: Database
    tools: Tools
    program_id: int
    text: str
    phones: tuple[Phone, ...]

    def told(self, own: int) -> bool:
        phone, tools = self.phones[own], self.tools
        with self.database.unit_of_work(self.program_id) as session:
            if own % 2:
                order_id = new_id(tools.clock.now())
                ends = (self.program_id, order_id, phone.card_id)
                link_order(session, *ends, number=self.text, tools=tools)
            else:
                said = Saying(self.program_id, phone.card_id, "staff:1", "lo dijo")
                note_phone(session, said, phone.member_id, self.text, tools=tools)
        return True

    def taken_off(self, links: Sequence[str], own: int) -> bool:
        with self.database.unit_of_work(self.program_id) as session:
            off = unlink(session, self.program_id, links[own], actor="shopper", tools=self.tools)
        return off.link_ids == (links[own],)

    def look(self) -> tuple[str, list[str]]:
        """Say whether it joins and what evidence there is; everybody is themselves, always."""
        with self.database.reading(self.program_id) as session:
            keys = self.tools.keys
            known = find_identifier(session, self.program_id, "phone", self.text, keys=keys)
            assert known is not None
            assert audit_persons(session, self.program_id) == ()
            persons = [person_of_card(session, self.program_id, one.card_id) for one in self.phones]
            assert len({each.person_id for each in persons if each}) == len(self.phones)
            links = links_at(session, self.program_id, known, kind="phone")
            return kind_and_state(session, self.program_id, known)[1], [e.link_id for e in links]


@pytest.mark.parametrize(("count", "state"), [(4, "ok"), (5, "generic"), (8, "generic")])
def test_a_number_that_many_give_and_take_off_at_once_ends_as_one_after_the_other(
    database: Database, tools: Tools, count: int, state: str
) -> None:
    street = open_street(database, tools)
    for turn in range(2):
        phones = tuple(new_phone(database, street, tools) for _ in range(count))
        number = Number(database, tools, street.program_id, f"+3461234{turn:02}78", phones)
        assert at_once(count, number.told) == [True] * count
        found, links = number.look()
        assert (found, len(links)) == (state, count)
        assert at_once(count, partial(number.taken_off, links)) == [True] * count
        assert number.look()[0] == "ok"
