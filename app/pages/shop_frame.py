"""What every shopper's page needs around its subject: whose shop it is, its color, the tabs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, get_flashed_messages, request, url_for
from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal
from app.language import gettext, language, prefer_language
from app.text import points_text
from app.wiring import services
from loyalty.db.session import NO_PROGRAM
from loyalty.journeys.join_memberships import Join
from loyalty.programs.queries import StoreFacts, store_by_id, store_by_slug, store_or_first

LANGUAGE_NAMES: Final = {"es": "Español", "en": "English"}


@dataclass(frozen=True, slots=True)
class Toast:
    """What just happened, and how to undo it; `undo_url` is empty when there is no way back."""

    text: str
    undo_url: str
    undo_fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShopFrame:
    """The shop's name and color, the language switch, the tabs, and what just happened."""

    name: str
    street: str
    home_href: str
    accent_href: str
    tab: str
    other_language: str
    other_language_name: str
    other_language_href: str
    toasts: tuple[Toast, ...]


def shop_frame(store: StoreFacts, *, tab: str = "") -> ShopFrame:
    """Frame a page of this store; `tab` is the one that is open, "" on pages without tabs."""
    other = "en" if language() == "es" else "es"
    return ShopFrame(
        name=store.name,
        street=store.street,
        home_href=url_for("store.shop", slug=store.slug),
        accent_href=url_for(
            "accent.sheet", program_id=store.program_id, store_id=store.store_id, c=store.color[1:]
        ),
        tab=tab,
        other_language=other,
        other_language_name=LANGUAGE_NAMES[other],
        other_language_href=_in_language(other),
        toasts=tuple(_toasts()),
    )


def store_of(session: Session, shopper: ShopperPrincipal) -> StoreFacts:
    """Find the store whose page the phone opened last, else the program's first."""
    return store_or_first(session, shopper.program_id, shopper.store_id)


def store_at(slug: str) -> StoreFacts:
    """Find the store behind a public address; its language speaks when the browser has none."""
    parts = services()
    with parts.database.reading(NO_PROGRAM) as session:
        address = store_by_slug(session, slug)
    if address is None:
        abort(404)
    with parts.database.reading(address.program_id) as session:
        store = store_by_id(session, address.program_id, address.store_id)
    if store is None:
        abort(404)
    prefer_language(store.language)
    return store


def say(text: str, *, undo_url: str = "", undo_fields: Mapping[str, str] | None = None) -> None:
    """Tell on the next page what was done, with the way back beside it."""
    flash(json.dumps([text, undo_url, dict(undo_fields or {})]), "shop")


def kept_apart_words(rule: str) -> str:
    """Tell that something does not become one with a card, and who can help."""
    if rule != "cannot_link":
        return gettext("No se juntan. Pregunta en caja.")
    return gettext("No se juntan: la tienda dijo que son de dos personas. Pregunta en caja.")


def say_joined(join: Join, words: str) -> None:
    """Tell that two cards are one now, with the way back; or that the shop keeps them apart."""
    if join.refused_rule is not None or join.link_id is None:
        say(kept_apart_words(join.refused_rule) if join.refused_rule else words)
        return
    fields = {"link_id": join.link_id, "kind": "join"}
    if join.second_welcome:
        once = gettext(
            "La bienvenida es una por persona: la segunda (%(points)s) no se suma.",
            points=points_text(join.second_welcome),
        )
        words = f"{words} {once}"
    say(words, undo_url=url_for("privacy.unlink"), undo_fields=fields)


def _toasts() -> list[Toast]:
    told = get_flashed_messages(category_filter=["shop"])
    toasts = []
    for one in told:
        text, undo_url, fields = json.loads(str(one))
        toasts.append(Toast(text, undo_url, tuple(sorted(fields.items()))))
    return toasts


def _in_language(other: str) -> str:
    """Give this page's own address in the other language; a form's answer leads to its page."""
    if request.method != "GET":
        return "?" + f"lang={other}"
    kept = "&".join(
        f"{name}={value}"
        for name, value in request.args.items()
        if name != "lang" and name.startswith("utm_") and value.isalnum()
    )
    return f"?lang={other}" + (f"&{kept}" if kept else "")


def unlinked_words(kind: str) -> str:
    """Say what came off."""
    words = {
        "email": gettext("Correo desunido. Tus puntos siguen aquí."),
        "phone": gettext("Teléfono desunido. Tus puntos siguen aquí."),
        "social": gettext("Cuenta desunida, desde ya. Tus puntos siguen aquí."),
        "session": gettext("Visitas desunidas. Tus puntos siguen aquí."),
        "join": gettext("Tarjetas separadas. Cada una tiene otra vez sus puntos."),
    }
    return words.get(kind, gettext("Desunido. Tus puntos siguen aquí."))
