"""A real service with one shop, and a browser that stands at its till."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request
from sqlalchemy import func, select
from werkzeug.serving import make_server

from app.factory import create_app
from app.guarded_fetch import Guard
from app.keyfiles import create_keys
from app.links import LinkSigner
from app.settings import Settings
from app.wiring import Services
from loyalty.codes.issue import issue_card_text
from loyalty.codes.live import LiveCodeText
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.create_program import CreatedProgram, ProgramDraft, create_program
from loyalty.journeys.join_program import join_program
from loyalty.journeys.live_codes import live_codes
from loyalty.journeys.pair_till import offer_pairing
from loyalty.journeys.tools import Tools
from loyalty.kernel.clock import SystemClock
from loyalty.kernel.ids import random_program_id
from loyalty.programs.sessions import cookie_text, find_session
from loyalty.sales.models import Sale
from tests.browser.support import NEVER_MS, TRY_MS

# A page that is open for work shows this; tests wait for it, never for a time.
READY = "html[data-ready=yes]"
GUARD = Guard()


@dataclass(frozen=True, slots=True)
class Shopper:
    """A phone that has joined: its codes, and the cookie that opens its card page."""

    card_id: str
    cookie: str
    codes: tuple[LiveCodeText, ...]

    @property
    def code(self) -> LiveCodeText:
        """The code on the phone's screen now."""
        return self.codes[0]


@dataclass(slots=True)
class Shop:
    """One served program with one store."""

    base_url: str
    parts: Services
    made: CreatedProgram
    answers: list[int] = field(default_factory=list)

    def offer(self, till_name: str = "Caja 1") -> str:
        """Offer a pairing, as the owner's page does; gives the eight letters."""
        with self.parts.database.unit_of_work(self.made.program_id) as session:
            return offer_pairing(
                session,
                self.made.program_id,
                self.made.store_id,
                till_name=till_name,
                staff_id=self.made.staff_id,
                tools=self.parts.tools,
            ).code

    def join(self) -> Shopper:
        """Give a phone a card."""
        program_id, tools = self.made.program_id, self.parts.tools
        with self.parts.database.unit_of_work(program_id) as session:
            joined = join_program(
                session,
                program_id,
                self.made.store_id,
                visit_id=None,
                language="es",
                tools=tools,
            )
            browser = find_session(
                session, program_id, joined.secret, kind="shopper", at=tools.clock.now()
            )
            assert browser is not None
            batch = live_codes(session, browser, tools=tools)
        now = tools.clock.now()
        shown = tuple(code for code in batch.codes if code.starts_at <= now) or batch.codes
        return Shopper(joined.card_id, cookie_text(program_id, joined.secret), shown[-1:])

    def sales(self) -> list[tuple[str, int]]:
        """Read every sale that was recorded: its id and its total."""
        with self.parts.database.reading(self.made.program_id) as session:
            rows = session.execute(
                select(Sale.sale_id, Sale.total_minor)
                .where(Sale.program_id == self.made.program_id)
                .order_by(Sale.recorded_at)
            )
            return [(str(sale_id), total) for sale_id, total in rows]

    def count_sales(self) -> int:
        """Count the sales that were recorded."""
        with self.parts.database.reading(self.made.program_id) as session:
            found = session.scalar(
                select(func.count()).where(Sale.program_id == self.made.program_id)
            )
        return int(found or 0)


@contextlib.contextmanager
def served_shop(database_file: Path, home: Path, *, guard: Guard = GUARD) -> Iterator[Shop]:
    """Serve a program with one store on a port of its own until the test is over.

    It knows its own address, so that people who leave for another server come back.
    """
    keys = create_keys(home)
    database = Database(f"sqlite:///{database_file}")
    tools = Tools(clock=SystemClock(), keys=keys)
    program_id = random_program_id()
    with database.unit_of_work(NO_PROGRAM) as session:
        made = create_program(
            session,
            ProgramDraft(
                name="Calle Mayor",
                store_name="Ultramarinos Candela",
                slug="CANDELA",
                owner_email="candela@example.org",
                owner_name="Candela",
            ),
            program_id=program_id,
            tools=tools,
        )
    held = socket.create_server(("127.0.0.1", 0))
    port = held.getsockname()[1]
    parts = Services(
        settings=Settings(home=home, demo=True, port=port),
        database=database,
        tools=tools,
        links=LinkSigner(keys.link_secrets),
        guard=guard,
    )
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", port, create_app(parts), threaded=True, fd=held.fileno())
    held.close()  # the server has it under a number of its own
    # Whoever is still being answered is waited for, so that the database closes behind all.
    if isinstance(server, ThreadingMixIn):
        server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Shop(f"http://127.0.0.1:{port}", parts, made)
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        database.close()


@dataclass
class Watch:
    """What a page did that no page of ours may do."""

    home: str
    faults: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of a browser."""
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.faults.append(f"left the host: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.faults.append(f"policy: {message.text}")


def card_text(shop: Shop, card_id: str) -> str:
    """Give the text of a printed card."""
    from loyalty.codes.cards import card_by_id  # noqa: PLC0415

    with shop.parts.database.reading(shop.made.program_id) as session:
        card = card_by_id(session, shop.made.program_id, card_id)
        assert card is not None
        return issue_card_text(session, card, keys=shop.parts.tools.keys)


def open_till(page: Page, shop: Shop) -> None:
    """Open the till page and pair it with fresh letters."""
    page.goto(f"{shop.base_url}/till")
    page.wait_for_selector("[data-view=pair]")
    page.fill("#pair-code", shop.offer())
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-view=idle]")
    page.wait_for_selector(READY, state="attached")


def scan(page: Page, text: str, *, suffix: str = "Enter", delay: float = 0) -> None:
    """Type a code as a wedge scanner does: no field, no focus; with a delay at exactly that pace.

    A busy machine passes the keys on late, but each says when it went down.
    """
    if delay:
        _type_at_pace(page, [*text, suffix] if suffix else [*text], delay / 1000)
        return
    page.keyboard.type(text)
    if suffix:
        page.keyboard.press(suffix)


def _type_at_pace(page: Page, keys: list[str], gap_s: float) -> None:
    """Press keys; the one that ends a scan came as fast as the others, however late it arrives."""
    began = time.time()
    keyboard = page.context.new_cdp_session(page)
    for number, key in enumerate(keys):
        at = began + number * gap_s
        time.sleep(max(0, at - time.time()))
        pressed = {**_named(key), "key": key, "timestamp": at}
        keyboard.send("Input.dispatchKeyEvent", {**pressed, "type": "keyDown"})
        keyboard.send("Input.dispatchKeyEvent", {**pressed, "type": "keyUp", "text": ""})
    keyboard.detach()


def _named(key: str) -> dict[str, str | int]:
    """Say where a key is and what it types."""
    if key == "Enter":
        return {"code": key, "windowsVirtualKeyCode": 13, "text": "\r"}
    assert len(key) == 1, "a key of its own name"
    place = f"Digit{key}" if key.isdigit() else f"Key{key.upper()}"
    return {"code": place, "windowsVirtualKeyCode": ord(key.upper()), "text": key}


def type_amount(page: Page, keys: str) -> None:
    """Type an amount as a person does."""
    page.keyboard.type(keys, delay=130)


def wait_until_sent(page: Page, shop: Shop, *totals: int) -> None:
    """Wait until these sales have arrived and the till says so; none came twice."""
    for _try in range(NEVER_MS // TRY_MS):
        if shop.count_sales() >= len(totals):
            break
        page.wait_for_timeout(TRY_MS)
    page.wait_for_selector("#line.chip-success")
    assert sorted(total for _sale_id, total in shop.sales()) == sorted(totals)
