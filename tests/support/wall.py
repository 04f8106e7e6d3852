"""A bakery with an account at a network, and shoppers who link theirs."""

from dataclasses import dataclass
from uuid import UUID

from loyalty.connectors.base import Action, Actor, Change, EngagementFact
from loyalty.db.session import Database
from loyalty.identity.audit import audit_persons
from loyalty.identity.consents import Wording
from loyalty.identity.queries import person_of_card
from loyalty.journeys.last_like import last_like
from loyalty.journeys.link_account import ProvedAccount, link_account
from loyalty.journeys.take_engagement import TakenAs, take_engagement
from loyalty.journeys.tell_person import tell_person
from loyalty.journeys.tools import Tools
from loyalty.social.connect import NewConnection, connect, connection_by_id
from loyalty.social.count import counts_of_posts
from loyalty.social.queries import LikeFacts
from tests.support.street import Phone, Street, browser, open_street

ANA = "ana@social.example"
WORDS = Wording("Unir mi cuenta para ver mis me gusta", "es")


@dataclass(frozen=True, slots=True)
class Wall:
    """A bakery with an account at a network."""

    database: Database
    tools: Tools
    street: Street
    connection_id: UUID

    def take(self, fact: EngagementFact) -> TakenAs:
        program = self.street.program_id
        with self.database.unit_of_work(program) as session:
            connection = connection_by_id(session, program, self.connection_id)
            return take_engagement(
                session,
                program,
                connection,
                fact,
                received_at=self.tools.clock.now(),
                tools=self.tools,
            )

    def like(self, actor: str = ANA, change: Change = Change.THERE) -> EngagementFact:
        at = self.tools.clock.now()
        return EngagementFact(f"like:{actor}:7", change, Action.LIKE, "7", Actor(actor, "Ana"), at)

    def link(self, phone: Phone, actor: str = ANA) -> str:
        proved = ProvedAccount("mastodon", actor, "Ana", f"https://x.example/{actor}", "oauth")
        shopper = browser(self.database, self.street, phone.secret, self.tools)
        with self.database.unit_of_work(self.street.program_id) as session:
            linked = link_account(session, shopper, proved, wording=WORDS, tools=self.tools)
        return linked.link_id

    def counts(self) -> dict[tuple[str, str], int]:
        with self.database.reading(self.street.program_id) as session:
            assert audit_persons(session, self.street.program_id) == ()
            return counts_of_posts(session, self.street.program_id, self.connection_id)

    def last(self, phone: Phone) -> LikeFacts | None:
        with self.database.reading(self.street.program_id) as session:
            return last_like(session, self.street.program_id, phone.card_id)

    def told(self, phone: Phone) -> list[tuple[object, object]]:
        with self.database.reading(self.street.program_id) as session:
            person = person_of_card(session, self.street.program_id, phone.card_id)
            assert person is not None
            story = tell_person(session, self.street.program_id, person.person_id)
        rows = [each for each in story.timeline if each.kind == "engagement"]
        return [(each.facts["action"], each.facts["gone"]) for each in rows]


def open_wall(database: Database, tools: Tools) -> Wall:
    """Open a street, and connect its bakery."""
    street = open_street(database, tools)
    draft = NewConnection(
        street.store_id,
        "mastodon",
        "https://calle.example",
        "pan@calle.example",
        "14715",
        {"token": "a secret of the shop"},
    )
    with database.unit_of_work(street.program_id) as session:
        made = connect(session, street.program_id, draft, at=tools.clock.now(), keys=tools.keys)
    return Wall(database, tools, street, made)
