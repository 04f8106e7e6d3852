"""What the page of a store shows to its owner."""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.gain_words import earning_text
from app.language import gettext
from app.pages.admin_accent import AccentPreview, accent_preview
from app.pages.admin_frame import Frame, Typed, frame_of, my_stores, take_typed
from app.pages.admin_team_page import Choice
from app.wiring import Services
from loyalty.points.earning.rulesets import EarningTold, earning_told
from loyalty.programs.queries import StoreFacts

CONTACT_KINDS: Final = ("none", "call", "whatsapp", "email")


@dataclass(frozen=True, slots=True)
class StoreTab:
    """One of the owner's stores."""

    name: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class StorePage:
    """Everything the page of a store shows."""

    frame: Frame
    store_id: str
    tabs: tuple[StoreTab, ...]
    name: str
    street: str
    color: str
    accent: AccentPreview
    address: str
    contact_kinds: tuple[Choice, ...]
    contact_value: str
    rule_text: str
    look_typed: Typed
    contact_typed: Typed
    more_typed: Typed


def store_page(
    session: Session, principal: StaffPrincipal, store: StoreFacts, *, parts: Services
) -> StorePage:
    """Lay out a store's settings; what was typed and refused stands in its field."""
    now = parts.tools.clock.now()
    told = earning_told(session, principal.program_id, currency=store.currency, at=now)
    look, contact = take_typed("look"), take_typed("contact")
    return StorePage(
        frame=frame_of(session, principal, section="store", store=store),
        store_id=str(store.store_id),
        tabs=tuple(
            StoreTab(
                name=one.name,
                href=url_for("admin_store.store", store_id=one.store_id),
                is_current=one.store_id == store.store_id,
            )
            for one in my_stores(session, principal, "owner")
        ),
        name=look.value("name", store.name),
        street=look.value("street", store.street),
        color=store.color,
        accent=accent_preview(store.color),
        address=f"{parts.settings.base_url}/S/{store.slug}",
        contact_kinds=_contact_kinds(contact.value("contact_kind", store.contact_kind)),
        contact_value=contact.value("contact_value", store.contact_value),
        rule_text=_rule_text(told),
        look_typed=look,
        contact_typed=contact,
        more_typed=take_typed("more"),
    )


def _contact_kinds(chosen: str) -> tuple[Choice, ...]:
    labels = {
        "none": gettext("Prefiero no poner ninguno"),
        "call": gettext("Por teléfono"),
        "whatsapp": gettext("Por WhatsApp"),
        "email": gettext("Por correo"),
    }
    return tuple(Choice(kind, labels[kind], is_chosen=kind == chosen) for kind in CONTACT_KINDS)


def _rule_text(told: EarningTold) -> str:
    """Tell the owner how points are earned, or that it takes more than a sentence."""
    if told.gives and told.rate is None:
        return gettext("Los puntos de una compra dependen de tus reglas.")
    return earning_text(told) or gettext("Ninguna regla da puntos ahora.")
