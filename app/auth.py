"""Who asks: a till, a member of staff, a shopper; read from the request, never from its body.

Every credential carries its program in clear (`<program>.…`), so that each look-up starts with
the program. A cookie alone never acts through the API: such a call also needs `X-Enlaza: 1` and
an `Origin` of our own (engines/till.md, rule 9).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal
from uuid import UUID

from flask import g, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.wiring import cookie, has_cookies, is_https, own_origins, services
from loyalty.kernel.errors import LoyaltyError, StorageUnavailableError
from loyalty.kernel.ids import PROGRAM_ID_MAX
from loyalty.programs.queries import (
    StoreFacts,
    TillAtStore,
    TillFacts,
    cashiers_of,
    staff_by_id,
    till_at_store,
)
from loyalty.programs.sessions import (
    SEEN_EVERY,
    BrowserFacts,
    SessionKind,
    find_session,
    touch_session,
)
from loyalty.programs.tills import check_paired, opens, till_of_key, touch_till
from loyalty.wire.refusals import Refusal

CookieKind = Literal["till", "cashier", "staff", "card"]
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CREDENTIAL = re.compile(r"([1-9][0-9]{0,9})\.([A-Za-z0-9_\-]{1,200})", re.ASCII)
TILL_CREDENTIAL = re.compile(r"([1-9][0-9]{0,9})\.([0-9a-f\-]{32,36})\.([A-Za-z0-9_\-]{1,200})")
TILL_S: Final = 60.0
YEAR_S: Final = 400 * 24 * 60 * 60  # browsers keep a cookie for 400 days at most


class SignInNeededError(LoyaltyError):
    """Nobody is signed in, or not any more."""

    code = Refusal.SIGN_IN_NEEDED


class NotAllowedError(LoyaltyError):
    """The one who asks is known and may not do this."""

    code = Refusal.NOT_ALLOWED


class PinNeededError(LoyaltyError):
    """Somebody has to type a PIN at this till first."""

    code = Refusal.PIN_NEEDED


class ForeignOriginError(LoyaltyError):
    """A page of another site tried to act with the cookie of ours."""

    code = Refusal.FOREIGN_ORIGIN


@dataclass(frozen=True, slots=True)
class TillPrincipal:
    """A paired till that asks, and the cashier who is signed in on it."""

    program_id: int
    till_id: UUID
    store_id: UUID
    name: str
    staff_id: UUID | None
    cashier_session_id: UUID | None
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """A signed-in member of staff and the role in each store."""

    program_id: int
    staff_id: UUID
    session_id: UUID
    display_name: str
    roles: Mapping[UUID, str]

    def may(self, store_id: UUID, *roles: str) -> bool:
        """Say whether this person holds one of `roles` in a store."""
        return self.roles.get(store_id) in roles


@dataclass(frozen=True, slots=True)
class ShopperPrincipal:
    """A phone that holds a card."""

    program_id: int
    session_id: UUID
    card_id: str
    store_id: UUID | None
    visit_id: UUID | None
    browser: BrowserFacts


# Cookies.


def cookie_name(kind: CookieKind) -> str:
    """Name the cookie of a credential; `__Host-` binds it to this host where there is https."""
    return f"__Host-enlaza-{kind}" if is_https() else f"enlaza-{kind}"


def set_cookie(response: Response, kind: CookieKind, text: str, *, max_age_s: int = YEAR_S) -> None:
    """Hand a credential to the browser: HttpOnly, this host only.

    The till's cookie is strict. The others are lax, so that a link in a mail or a printed card
    finds the person signed in; what they may change needs a form token.
    """
    response.set_cookie(
        cookie_name(kind),
        text,
        max_age=max_age_s,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="Strict" if kind in {"till", "cashier"} else "Lax",
    )


def drop_cookie(response: Response, kind: CookieKind) -> None:
    """Take a credential away from the browser."""
    response.delete_cookie(
        cookie_name(kind),
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="Strict" if kind in {"till", "cashier"} else "Lax",
    )


def split_credential(text: str | None) -> tuple[int, str] | None:
    """Take `<program>.<secret>` apart; None when it has another form."""
    match = CREDENTIAL.fullmatch(text or "")
    if match is None or int(match[1]) > PROGRAM_ID_MAX:
        return None
    return int(match[1]), match[2]


def check_same_origin() -> None:
    """Refuse an act that another site's page asked the browser to do.

    Errors: `ForeignOriginError`.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if request.method in SAFE_METHODS:
        if site not in {"same-origin", "none"} or (origin and origin.lower() not in own_origins()):
            raise ForeignOriginError
    elif site != "same-origin" or origin is None or origin.lower() not in own_origins():
        raise ForeignOriginError


def check_cookie_call() -> None:
    """Refuse an API call made with a cookie but not by our own page.

    Errors: `ForeignOriginError`.
    """
    if request.headers.get("X-Enlaza") != "1":
        raise ForeignOriginError
    check_same_origin()


# Tills.


def till(*, from_memory: bool = False) -> TillPrincipal:
    """Say which till asks, by its key or its cookie.

    `from_memory` lets a till in that was looked at within the last minute: only for acts, which
    ask `till_again` inside their block. Whoever asks second is told what the first was.

    Errors: `SignInNeededError`, `TillRevokedError`, `ForeignOriginError`.
    """
    principal: TillPrincipal | None = g.get("till")
    if principal is None:
        g.till = principal = _read_till(from_memory=from_memory)
    return principal


def till_again(session: Session) -> StoreFacts:
    """Look at the till that asks once more, inside the block of its act; give its store.

    So a till that was let in from memory does nothing after its owner unpaired it.

    Errors: `SignInNeededError`, `TillRevokedError`.
    """
    principal = till()
    found = till_at_store(session, principal.program_id, principal.till_id)
    if found is None:
        raise SignInNeededError
    check_paired(found)
    g.store_here = found.store
    return found.store


def _read_till(*, from_memory: bool) -> TillPrincipal:
    header = request.headers.get("Authorization")
    by_cookie = header is None
    if header is None:
        text = cookie(cookie_name("till")) or ""
        if text:
            check_cookie_call()
    else:
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise SignInNeededError
    match = TILL_CREDENTIAL.fullmatch(text.strip())
    if match is None or int(match[1]) > PROGRAM_ID_MAX:
        raise SignInNeededError
    program_id = int(match[1])
    try:
        till_id = UUID(match[2])
    except ValueError:
        raise SignInNeededError from None
    known = _remembered_till(program_id, till_id, match[3]) if from_memory else None
    if known is None:
        known = _known_till(program_id, till_id, match[3])
    return _principal(known, by_cookie=by_cookie)


def _remembered_till(program_id: int, till_id: UUID, key: str) -> TillAtStore | None:
    looked_at_s, known = services().tills.get((program_id, till_id), (0.0, None))
    if known is None or monotonic() - looked_at_s >= TILL_S or not opens(known, key):
        return None
    return known


def _known_till(program_id: int, till_id: UUID, key: str) -> TillAtStore:
    parts = services()
    now = parts.tools.clock.now()
    with parts.database.reading(program_id) as session:
        # One answer for a till that never was and for a wrong key.
        known = till_of_key(session, program_id, till_id, key)
    if known is None:
        raise SignInNeededError
    parts.tills[program_id, till_id] = monotonic(), known
    seen_at = known.till.last_seen_at
    if seen_at is None or seen_at <= now - SEEN_EVERY:
        with suppress(StorageUnavailableError), parts.database.unit_of_work(program_id) as session:
            touch_till(session, program_id, till_id, at=now)
    return known


def _principal(known: TillAtStore, *, by_cookie: bool) -> TillPrincipal:
    g.store_here = known.store
    found = known.till
    cashier = _cashier_at(found)
    return TillPrincipal(
        program_id=found.program_id,
        till_id=found.till_id,
        store_id=found.store_id,
        name=found.name,
        staff_id=UUID(cashier.subject) if cashier else None,
        cashier_session_id=cashier.session_id if cashier else None,
        by_cookie=by_cookie,
    )


def _cashier_at(till_facts: TillFacts) -> BrowserFacts | None:
    """Say who works at a till; nobody who has left or lost the role in its store."""
    found = _session_of("cashier", program_id=till_facts.program_id)
    if found is None or found.till_id != till_facts.till_id:
        return None
    with services().database.reading(found.program_id) as session:
        person = staff_by_id(session, found.program_id, UUID(found.subject))
    works_here = person is not None and till_facts.store_id in person.roles
    return found if works_here else None


def need_cashier() -> None:
    """Let a browser till show people's cards only while a cashier is signed in there.

    Stores without PINs have nobody to ask for. An agent asks for the PIN itself.

    Errors: `PinNeededError`.
    """
    principal = till()
    if not principal.by_cookie or principal.staff_id is not None:
        return
    with services().database.reading(principal.program_id) as session:
        if cashiers_of(session, principal.program_id, principal.store_id):
            raise PinNeededError


# Staff and shoppers.


def staff(*roles: str) -> StaffPrincipal:
    """Say which member of staff asks; with `roles`, one of them must be held in some store.

    A view that touches one store asks `may(store_id, …)` besides.

    Errors: `SignInNeededError`, `NotAllowedError`, `ForeignOriginError` (acts through the API).
    """
    if "staff" not in g:
        g.staff = _read_staff()
    principal: StaffPrincipal | None = g.staff
    if principal is None:
        raise SignInNeededError
    if request.path.startswith("/api/") and request.method not in SAFE_METHODS:
        check_cookie_call()
    if roles and not set(roles) & set(principal.roles.values()):
        raise NotAllowedError
    return principal


def _read_staff() -> StaffPrincipal | None:
    found = _session_of("staff")
    if found is None:
        return None
    with services().database.reading(found.program_id) as session:
        person = staff_by_id(session, found.program_id, UUID(found.subject))
    if person is None or person.left_at is not None:
        return None
    return StaffPrincipal(
        program_id=found.program_id,
        staff_id=person.staff_id,
        session_id=found.session_id,
        display_name=person.display_name,
        roles=person.roles,
    )


def shopper() -> ShopperPrincipal | None:
    """Say which phone with a card asks; None for a phone without one."""
    if "shopper" not in g:
        found = _session_of("shopper")
        g.shopper = found and ShopperPrincipal(
            program_id=found.program_id,
            session_id=found.session_id,
            card_id=found.subject,
            store_id=found.store_id,
            visit_id=found.visit_id,
            browser=found,
        )
    principal: ShopperPrincipal | None = g.shopper
    return principal


COOKIE_OF: Final[Mapping[SessionKind, CookieKind]] = {
    "staff": "staff",
    "shopper": "card",
    "cashier": "cashier",
}


def _session_of(kind: SessionKind, *, program_id: int | None = None) -> BrowserFacts | None:
    pair = split_credential(cookie(cookie_name(COOKIE_OF[kind])) if has_cookies() else None)
    if pair is None or (program_id is not None and pair[0] != program_id):
        return None
    parts = services()
    now = parts.tools.clock.now()
    with parts.database.reading(pair[0]) as session:
        found = find_session(session, pair[0], pair[1], kind=kind, at=now)
    if found and found.last_seen_at <= now - SEEN_EVERY:
        # A database that cannot write still knows who is signed in.
        with suppress(StorageUnavailableError), parts.database.unit_of_work(pair[0]) as session:
            touch_session(session, pair[0], found.session_id, at=now)
    return found
