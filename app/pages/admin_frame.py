"""What every page of the owner has around it: who looks, where to go, what was just done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import redirect, request, url_for
from flask import session as form_session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import (
    NotAllowedError,
    SignInNeededError,
    StaffPrincipal,
    cookie_name,
    split_credential,
    staff,
)
from app.language import gettext, language
from app.pages.admin_health_sign import HealthSign, look_at_all
from app.pages.admin_words import field_message, role_word
from loyalty.journeys.list_reviews import open_reviews
from loyalty.kernel.errors import LoyaltyError, NotFoundError
from loyalty.programs.queries import (
    StoreFacts,
    program_by_id,
    staff_by_id,
    stores_of,
    till_by_id,
)
from loyalty.visits.queries import unread_notes
from loyalty.wire.refusals import Refusal

OWNER: Final = "owner"
MANAGER: Final = "manager"
TOASTS_MAX: Final = 3
# A cookie holds four kilobytes; what was typed is kept for one redirect only.
TYPED_MAX: Final = 1500
NEVER_KEPT: Final = frozenset({"csrf_token", "pin", "code"})


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place of the side bar; `badge` is a small count or "".

    `sign` is "" or how all stands: success, attention or refusal; `sign_label` says it.
    """

    label: str
    href: str
    icon: str
    is_current: bool
    badge: str
    badge_label: str
    sign: str
    sign_label: str


@dataclass(frozen=True, slots=True)
class Toast:
    """What just happened, and the form that undoes it (`undo_url` "" when nothing does).

    `tone` is `success` or `attention`.
    """

    text: str
    tone: str
    undo_url: str
    undo_fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A language of the pages, named in itself."""

    code: str
    name: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The side bar, the toasts, and the store whose color is worn."""

    shop: str
    who: str
    accent_url: str
    languages: tuple[LanguageChoice, ...]
    nav: tuple[NavItem, ...]
    toasts: tuple[Toast, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a form that was refused, and the sentence for the wrong field."""

    form: str
    values: Mapping[str, str]
    field: str
    message: str

    def value(self, name: str, otherwise: str = "") -> str:
        """Give what was typed into a field, or what stands there."""
        return self.values.get(name, otherwise)


NOTHING_TYPED: Final = Typed(form="", values={}, field="", message="")


def owner_or_manager() -> StaffPrincipal:
    """Let in who may see persons and sales; a cashier may not."""
    return staff(OWNER, MANAGER)


def may_see_all(principal: StaffPrincipal) -> bool:
    """Say whether somebody may see a person whole; a cashier sees them in short."""
    return bool({OWNER, MANAGER} & set(principal.roles.values()))


def owner() -> StaffPrincipal:
    """Let in who may change the shop and its team."""
    return staff(OWNER)


def to_the_door(_error: SignInNeededError) -> Redirect:
    """Lead whoever is not signed in (any more) to the door of their program, if it is known."""
    known = split_credential(request.cookies.get(cookie_name("staff")))
    if known is None:
        return redirect(url_for("sign_in.find"), 303)
    return redirect(url_for("sign_in.ask", program_id=known[0]), 303)


def my_stores(session: Session, principal: StaffPrincipal, *roles: str) -> tuple[StoreFacts, ...]:
    """List the stores where somebody holds one of `roles`, oldest first."""
    return tuple(
        store
        for store in stores_of(session, principal.program_id)
        if principal.may(store.store_id, *roles)
    )


def my_store(
    session: Session, principal: StaffPrincipal, store_id: UUID, *roles: str
) -> StoreFacts:
    """Find a store where somebody holds one of `roles`; for anybody else there is none.

    Errors: `NotFoundError`.
    """
    for store in my_stores(session, principal, *roles):
        if store.store_id == store_id:
            return store
    raise NotFoundError


def check_colleague(session: Session, principal: StaffPrincipal, staff_id: UUID) -> None:
    """Let an owner act on somebody who works in their own stores and nowhere else.

    In a program of several shops each owner has a team of their own.
    Errors: `NotFoundError` for nobody, `NotAllowedError` for somebody else's people.
    """
    person = staff_by_id(session, principal.program_id, staff_id)
    if person is None:
        raise NotFoundError
    if not all(principal.may(store_id, OWNER) for store_id in person.roles):
        raise NotAllowedError


def check_till(session: Session, principal: StaffPrincipal, till_id: UUID) -> None:
    """Let an owner act on the tills of their own stores.

    Errors: `NotFoundError` for any other.
    """
    till = till_by_id(session, principal.program_id, till_id)
    if till is None or not principal.may(till.store_id, OWNER):
        raise NotFoundError


def frame_of(
    session: Session,
    principal: StaffPrincipal,
    *,
    section: str,
    store: StoreFacts | None = None,
) -> Frame:
    """Build the frame of a page, in the color of a store or of the first; toasts show once."""
    program = program_by_id(session, principal.program_id)
    assert program is not None, "a session belongs to a program"
    stores = my_stores(session, principal, OWNER, MANAGER)
    notes = unread_notes(session, principal.program_id, [store.store_id for store in stores])
    best = OWNER if OWNER in principal.roles.values() else MANAGER
    worn = store or stores[0]
    return Frame(
        shop=program.name,
        who=f"{principal.display_name} · {role_word(best)}",
        accent_url=f"/accent/{principal.program_id}-{worn.store_id}.css",
        languages=language_choices(),
        nav=_nav(
            section,
            badges={
                "notes": (notes, gettext("sin leer")),
                "reviews": (open_reviews(session, principal.program_id), gettext("por contestar")),
            },
            store=worn,
            sign=look_at_all(session, principal).sign if best == OWNER else None,
        ),
        toasts=take_toasts(),
    )


def say(
    text: str,
    *,
    undo: str = "",
    fields: Mapping[str, str] | None = None,
    tone: str = "success",
) -> None:
    """Tell on the next page what was done; with `undo`, offer the form that takes it back."""
    kept = form_session.get("toasts", [])
    kept.append([text, tone, undo, list((fields or {}).items())])
    form_session["toasts"] = kept[-TOASTS_MAX:]


def refuse_form(form: str, error: LoyaltyError) -> None:
    """Keep what was typed for the page that is shown next, with the reason; never a secret."""
    values = {name: text for name, text in request.form.items() if name not in NEVER_KEPT and text}
    if sum(len(name) + len(text) for name, text in values.items()) > TYPED_MAX:
        values = {}
    form_session["typed"] = {"form": form, "values": values, "field": _field_of(error)}


def take_typed(form: str) -> Typed:
    """Give back what was typed into `form` when it was refused, once."""
    kept = form_session.get("typed")
    if kept is None or kept["form"] != form:
        return NOTHING_TYPED
    del form_session["typed"]
    return Typed(form, kept["values"], kept["field"], field_message(kept["field"]))


def _field_of(error: LoyaltyError) -> str:
    fields = {Refusal.EMAIL_INVALID: "email", Refusal.STORE_ADDRESS_TAKEN: "slug_taken"}
    return fields.get(error.code) or str(error.facts.get("field", ""))


def take_toasts() -> tuple[Toast, ...]:
    """Give what was said since the last page, once."""
    kept = form_session.pop("toasts", [])
    return tuple(
        Toast(text, tone, undo, tuple((name, value) for name, value in fields))
        for text, tone, undo, fields in kept
    )


def language_choices() -> tuple[LanguageChoice, ...]:
    """List the languages this page can be read in."""
    names = {"es": "Español", "en": "English"}
    return tuple(
        LanguageChoice(code, name, f"{request.path}?lang={code}", is_current=code == language())
        for code, name in names.items()
    )


def _nav(
    section: str,
    *,
    badges: Mapping[str, tuple[int, str]],
    store: StoreFacts,
    sign: HealthSign | None,
) -> tuple[NavItem, ...]:
    """List the places; only an owner has a sign, and the places of an owner.

    `badges` are small counts, each with the word that says what is counted.
    """
    places = _places(store, sign)
    return tuple(
        NavItem(
            label=label,
            href=href,
            icon=icon,
            is_current=name == section,
            badge=str(badges[name][0]) if badges.get(name, (0, ""))[0] else "",
            badge_label=badges.get(name, (0, ""))[1],
            sign=sign.tone if sign and name == "health" else "",
            sign_label=sign.title if sign else "",
        )
        for name, label, href, icon in places
    )


Place = tuple[str, str, str, str]


def _places(store: StoreFacts, sign: HealthSign | None) -> list[Place]:
    """List the places by name, label, address and icon, in the order of a shop's day."""
    places = [
        ("today", gettext("Hoy"), url_for("admin_today.today"), "house"),
        (
            "orders",
            gettext("Pedidos"),
            url_for("admin_orders.board", store_id=store.store_id),
            "bag-check",
        ),
        ("people", gettext("Personas"), url_for("admin_people.people"), "people"),
        ("reviews", gettext("Quién es quién"), url_for("admin_reviews.reviews"), "link-45deg"),
        ("notes", gettext("Notas"), url_for("admin_notes.notes"), "chat-left-text"),
        ("cards", gettext("Tarjetas y cartel"), url_for("admin_cards.cards"), "credit-card"),
    ]
    places.insert(
        3,
        (
            "products",
            gettext("Productos"),
            url_for("admin_products.products", store_id=store.store_id),
            "bag",
        ),
    )
    places.insert(
        3,
        (
            "pickup",
            gettext("Horas y recogida"),
            url_for("admin_pickup.pickup", store_id=store.store_id),
            "clock",
        ),
    )
    if sign is not None:
        # Second, so that a phone shows its sign without scrolling.
        places.insert(
            1, ("health", gettext("Estado"), url_for("admin_health.health"), "shield-check")
        )
        places.insert(
            4,
            ("points", gettext("Puntos y premios"), url_for("admin_points.rules"), "gift"),
        )
        places += [
            (
                "store",
                gettext("Tienda"),
                url_for("admin_store.store", store_id=store.store_id),
                "shop",
            ),
            ("networks", gettext("Redes"), url_for("admin_networks.networks"), "broadcast"),
            ("team", gettext("Equipo y cajas"), url_for("admin_team.team"), "person-badge"),
        ]
    return places
