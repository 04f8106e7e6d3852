"""A bakery connected to a network, and people of the street who linked their accounts or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.guarded_fetch import Guard
from app.links import LinkSigner
from app.mastodon_polls import poll_connection
from app.network_reading import read_inbox, read_pages
from app.settings import Settings
from app.wiring import Services
from loyalty.db.session import Database
from loyalty.identity.consents import Wording
from loyalty.identity.queries import person_of_card
from loyalty.inbox.process import InboxCounts, counts_of
from loyalty.journeys.link_account import ProvedAccount, link_account
from loyalty.journeys.tell_person import tell_person
from loyalty.journeys.tools import Tools
from loyalty.journeys.verify import verify_program
from loyalty.social.connect import (
    ConnectionFacts,
    NewConnection,
    connect,
    connection_by_id,
    retry_now,
)
from loyalty.social.count import counts_of_posts
from tests.support.mastodon_server import MastodonServer
from tests.support.street import Phone, Street, browser, new_phone, open_street

WORDS = Wording("Unir mi cuenta para ver mis me gusta", "es")


@dataclass(frozen=True, slots=True)
class Connected:
    """A store's connection to a network, and the service that reads it."""

    parts: Services
    street: Street
    connection_id: UUID

    @property
    def program_id(self) -> int:
        """The program's id."""
        return self.street.program_id

    def poll(self) -> None:
        """Ask the network now, and read what it told."""
        with self.parts.database.unit_of_work(self.program_id) as session:
            at = self.parts.tools.clock.now()
            retry_now(session, self.program_id, self.connection_id, at=at)
        self.poll_if_due()

    def poll_if_due(self) -> None:
        """Ask the network if it is time, and read what it told."""
        poll_connection(self.parts, self.program_id, self.connection_id)
        read_inbox(self.parts, self.program_id)

    def read_pages(self) -> None:
        """Read the pages that webmentions speak of."""
        read_pages(self.parts, self.program_id)

    def facts(self) -> ConnectionFacts:
        """Say how the connection is doing."""
        with self.parts.database.reading(self.program_id) as session:
            return connection_by_id(session, self.program_id, self.connection_id)

    def inbox(self) -> InboxCounts:
        """Say what stands in the inbox."""
        with self.parts.database.reading(self.program_id) as session:
            return counts_of(session, self.program_id, self.connection_id)

    def counts(self) -> dict[tuple[str, str], int]:
        """Say how many did what; all that is kept twice agrees."""
        with self.parts.database.reading(self.program_id) as session:
            assert verify_program(session, self.program_id, tools=self.parts.tools) == ()
            return counts_of_posts(session, self.program_id, self.connection_id)

    def phone_of(self, actor_id: str, *, network: str = "mastodon") -> Phone:
        """Give somebody a card, and link their account."""
        phone = new_phone(self.parts.database, self.street, self.parts.tools)
        proved = ProvedAccount(network, actor_id, "Ana", f"https://x.example/{actor_id}", "oauth")
        shopper = browser(self.parts.database, self.street, phone.secret, self.parts.tools)
        with self.parts.database.unit_of_work(self.program_id) as session:
            link_account(session, shopper, proved, wording=WORDS, tools=self.parts.tools)
        return phone

    def story(self, phone: Phone) -> list[tuple[str, bool, str]]:
        """Tell what the person did: action, whether it is gone, and the words."""
        with self.parts.database.reading(self.program_id) as session:
            person = person_of_card(session, self.program_id, phone.card_id)
            assert person is not None
            told = tell_person(session, self.program_id, person.person_id)
        rows = [each.facts for each in told.timeline if each.kind == "engagement"]
        return [(str(row["action"]), bool(row["gone"]), str(row.get("text", ""))) for row in rows]


def network_parts(
    database: Database, tools: Tools, home: Path, *, seconds: float = 5.0
) -> Services:
    """Make a service that may go to servers on this machine."""
    return Services(
        settings=Settings(home=home, public_url="https://card.example", proxy_hops=0),
        database=database,
        tools=tools,
        links=LinkSigner(tools.keys.link_secrets, clock=tools.clock),
        guard=Guard(seconds=seconds, allows_loopback=True),
    )


def connected_to(server: MastodonServer, parts: Services) -> Connected:
    """Connect the bakery's account at a server."""
    shop = server.person(server.shop_name)
    return _connected(
        parts,
        network="mastodon",
        base_url=server.base_url,
        account=f"{shop.acct}@127.0.0.1",
        number=shop.number,
        secrets={"token": server.token_of(shop.acct)},
    )


def connected_site(parts: Services, host: str) -> Connected:
    """Take webmentions for the bakery's own site."""
    return _connected(parts, network="webmention", base_url=f"https://{host}", account=host)


def _connected(
    parts: Services,
    *,
    network: str,
    base_url: str,
    account: str,
    number: str = "",
    secrets: Mapping[str, str] | None = None,
) -> Connected:
    street = open_street(parts.database, parts.tools)
    draft = NewConnection(street.store_id, network, base_url, account, number, secrets or {})
    with parts.database.unit_of_work(street.program_id) as session:
        at = parts.tools.clock.now()
        made = connect(session, street.program_id, draft, at=at, keys=parts.tools.keys)
    return Connected(parts, street, made)
