"""The whole service on a fresh database, with one paired till and people of every role."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apiflask import APIFlask
from werkzeug.test import TestResponse

from app.factory import create_app
from app.guarded_fetch import Guard
from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from loyalty.codes.cards import card_by_id
from loyalty.codes.issue import issue_card_text
from loyalty.db.session import Database
from loyalty.identity.members import rename_member
from loyalty.journeys.create_program import CreatedProgram, ProgramDraft, create_program
from loyalty.journeys.join_program import join_program
from loyalty.journeys.pair_till import offer_pairing, pair_till
from loyalty.journeys.tools import Tools
from loyalty.programs.integrators import Scope, add_integrator
from loyalty.programs.sessions import SHOPPER_TTL, STAFF_TTL, SessionKind, open_session
from loyalty.programs.staff import give_role, hire

ORIGIN: Final = "http://localhost"
ROLES: Final = ("owner", "manager", "cashier", "courier")
GUARD: Final = Guard()
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shop:
    """One program: its store, its till, its people."""

    program: CreatedProgram
    slug: str
    till_id: UUID
    till_key: str
    staff: Mapping[str, str]  # role -> cookie text
    staff_ids: Mapping[str, UUID]
    card_id: str
    card_text: str
    shopper: str  # cookie text
    integrator: str  # credential of a program that may read the feed

    @property
    def program_id(self) -> int:
        """The program's id."""
        return self.program.program_id

    @property
    def till_credential(self) -> str:
        """What the till sends: program, till, key."""
        return f"{self.program_id}.{self.till_id}.{self.till_key}"

    def as_till(self) -> Headers:
        """Speak as the till's agent."""
        return {"Authorization": f"Bearer {self.till_credential}"}

    def as_integrator(self) -> Headers:
        """Speak as a program that follows the shop."""
        return {"Authorization": f"Bearer {self.integrator}"}

    def as_till_browser(self) -> Headers:
        """Speak as the till page in a paired browser."""
        return as_page(f"enlaza-till={self.till_credential}")

    def as_staff(self, role: str) -> Headers:
        """Speak as a signed-in member of staff."""
        return as_page(f"enlaza-staff={self.staff[role]}")

    def as_shopper(self) -> Headers:
        """Speak as the phone that holds the card."""
        return as_page(f"enlaza-card={self.shopper}")


def as_page(cookie: str) -> Headers:
    """Speak as a script on a page of ours."""
    return {"Cookie": cookie, "X-Enlaza": "1", "Origin": ORIGIN}


@dataclass(frozen=True, slots=True)
class Service:
    """The running application and its parts."""

    app: APIFlask
    services: Services

    def call(
        self,
        method: str,
        path: str,
        headers: Headers | None = None,
        **options: Any,  # noqa: ANN401
    ) -> TestResponse:
        """Ask once, as a client that keeps no cookies."""
        client = self.app.test_client(use_cookies=False)
        told = dict(headers or {})
        return client.open(path, method=method, headers=told, buffered=True, **options)

    def get(self, path: str, headers: Headers | None = None, **options: Any) -> TestResponse:  # noqa: ANN401
        """Ask for something."""
        return self.call("GET", path, headers, **options)

    def post(self, path: str, headers: Headers | None = None, **options: Any) -> TestResponse:  # noqa: ANN401
        """Send something."""
        return self.call("POST", path, headers, **options)


def make_service(
    database: Database, tools: Tools, settings: Settings, *, guard: Guard = GUARD
) -> Service:
    """Put the service together as `enlaza serve` does; `guard` lets it ask servers of a test."""
    services = Services(
        settings=settings,
        database=database,
        tools=tools,
        links=LinkSigner(tools.keys.link_secrets, clock=tools.clock),
        guard=guard,
    )
    app = create_app(services)
    app.testing = True
    return Service(app=app, services=services)


def open_shop(service: Service, *, program_id: int, slug: str) -> Shop:
    """Start a program as an owner would, pair a till, hire one person per role, give a card."""
    parts = service.services
    draft = ProgramDraft(
        name="Calle Mayor",
        store_name="Panadería Sol",
        slug=slug,
        owner_email=f"ana@{slug.lower()}.example",
        owner_name="Ana",
    )
    with parts.database.unit_of_work(program_id) as session:
        program = create_program(session, draft, program_id=program_id, tools=parts.tools)
        offer = offer_pairing(
            session,
            program_id,
            program.store_id,
            till_name="Caja 1",
            staff_id=program.staff_id,
            tools=parts.tools,
        )
    paired = pair_till(
        parts.database,
        offer.code,
        client_address="192.0.2.1",
        kind="agent",
        key_sha256=None,
        tools=parts.tools,
    )
    assert paired.key is not None
    staff_ids, staff = _hire(service, program)
    card_id, card_text, shopper = give_card(service, program)
    return Shop(
        program=program,
        slug=slug,
        till_id=paired.till_id,
        till_key=paired.key,
        staff=staff,
        staff_ids=staff_ids,
        card_id=card_id,
        card_text=card_text,
        shopper=shopper,
        integrator=give_integrator(service, program.program_id),
    )


def sign_in(
    service: Service, program_id: int, *, kind: SessionKind, subject: str, **place: UUID | None
) -> str:
    """Open a browser session and give the text of its cookie."""
    parts = service.services
    with parts.database.unit_of_work(program_id) as session:
        _facts, secret = open_session(
            session,
            program_id,
            kind=kind,
            subject=subject,
            at=parts.tools.clock.now(),
            ttl=STAFF_TTL if kind == "staff" else SHOPPER_TTL,
            till_id=place.get("till_id"),
            store_id=place.get("store_id"),
        )
    return f"{program_id}.{secret}"


def give_integrator(service: Service, program_id: int) -> str:
    """Let a program follow the feed; gives its credential."""
    parts = service.services
    with parts.database.unit_of_work(program_id) as session:
        integrator_id, key = add_integrator(
            session,
            program_id,
            name="Contabilidad",
            scopes={Scope.FEED},
            made_by="test",
            at=parts.tools.clock.now(),
        )
    return f"{program_id}.{integrator_id}.{key}"


def _hire(service: Service, program: CreatedProgram) -> tuple[dict[str, UUID], dict[str, str]]:
    parts = service.services
    ids = {"owner": program.staff_id}
    for role in ROLES[1:]:
        with parts.database.unit_of_work(program.program_id) as session:
            ids[role] = hire(
                session,
                program.program_id,
                display_name=role.title(),
                email=None,
                language="es",
                at=parts.tools.clock.now(),
            )
            give_role(session, program.program_id, ids[role], store_id=program.store_id, role=role)
    cookies = {
        role: sign_in(service, program.program_id, kind="staff", subject=str(staff_id))
        for role, staff_id in ids.items()
    }
    return ids, cookies


def give_card(service: Service, program: CreatedProgram) -> tuple[str, str, str]:
    """Let a shopper join: the card's id, the text of its code, the phone's cookie."""
    parts = service.services
    with parts.database.unit_of_work(program.program_id) as session:
        joined = join_program(
            session,
            program.program_id,
            program.store_id,
            visit_id=None,
            language="es",
            tools=parts.tools,
        )
        rename_member(session, program.program_id, joined.member_id, display_name="Lucía F.")
        card = card_by_id(session, program.program_id, joined.card_id)
        assert card is not None
        text = issue_card_text(session, card, keys=parts.tools.keys)
    return joined.card_id, text, f"{program.program_id}.{joined.secret}"
