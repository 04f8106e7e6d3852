"""What points at a person and what holds it there, in the words of a shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.language import gettext
from app.text import short_date_text
from loyalty.identity.queries import IdentifierFacts, LinkFacts
from loyalty.journeys.linked import masked_phone, masked_value

ICONS: Final = {
    "member": "gift",
    "card": "credit-card",
    "email": "envelope",
    "phone": "telephone",
    "session": "globe2",
    "social": "heart",
    "receipt": "bag",
    "vendor": "shop",
    "device": "phone",
    "order": "bag-check",
    "join": "link-45deg",
    "staff": "shop",
}
SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Names:
    """What is needed to name identifiers: which cards are printed, and the shop's clock."""

    printed: frozenset[UUID]
    zone: str


def identifier_name(one: IdentifierFacts, names: Names) -> str:
    """Name what points at a person, so that staff recognize it and nobody else's value leaks."""
    day = short_date_text(one.first_occurred_at, names.zone)
    letters = f"{one.identifier_id.int:016x}"[:SHOWN].upper()
    if one.kind == "card":
        is_printed = one.identifier_id in names.printed
        told = gettext("la tarjeta impresa %(letters)s", letters=letters)
        return told if is_printed else gettext("el móvil %(letters)s", letters=letters)
    value = masked_value(one.value) if one.value else ""
    return {
        "member": gettext("la ficha de puntos del %(day)s", day=day),
        "email": gettext("el correo %(value)s", value=value),
        "phone": gettext("el teléfono %(value)s", value=masked_phone(one.value or "")),
        "session": gettext("la visita a la web del %(day)s", day=day),
        "social": gettext("la cuenta %(value)s", value=value),
        "receipt": gettext("el recibo del %(day)s", day=day),
        "vendor": gettext("su número de cliente en otro programa"),
        "device": gettext("un navegador"),
        "order": gettext("el pedido del %(day)s", day=day),
    }.get(one.kind, one.kind)


def state_words(state: str) -> tuple[str, str]:
    """Say whether an identifier joins: words and tone of its chip."""
    return {
        "ok": (gettext("une"), "success"),
        "generic": (gettext("es de muchos"), "attention"),
        "blocked": (gettext("no une nada"), "quiet"),
    }.get(state, (state, "quiet"))


def link_title(link: LinkFacts) -> str:
    """Say what was seen that makes two identifiers one person."""
    titles: Mapping[str, str] = {
        "card": gettext("La tarjeta se hizo para esta persona"),
        "session": gettext("El código de esa visita se leyó en caja"),
        "email": gettext("Confirmó el correo con su código o su enlace"),
        "phone": gettext("Dio este teléfono"),
        "join": gettext("Juntó dos tarjetas suyas"),
        "receipt": gettext("Abrió el código de su recibo"),
        "order": gettext("Pidió con esta tarjeta"),
        "vendor": gettext("La caja dio ese número de cliente junto a su código"),
        "device": gettext("Entró con ese navegador"),
        "staff": gettext("Lo dijo la tienda"),
        "social": _account_title(link.event.partition(":")[0]),
    }
    if link.kind == "join" and link.actor.startswith("staff:"):
        return gettext("La tienda juntó sus dos tarjetas")
    return titles.get(link.kind, link.kind)


def _account_title(way: str) -> str:
    """Say how somebody proved that an account of a network is theirs."""
    return {
        "code": gettext("Puso nuestro código en su perfil"),
        "rel_me": gettext("Su web dice que es suya"),
    }.get(way, gettext("Entró en su cuenta, en su propio servidor"))


def strength_words(kind: str, strength: int) -> str:
    """Say how sure a piece of evidence of a kind is; a number is somebody's word, and no proof."""
    if kind == "phone":
        return gettext("Dicho, sin comprobar")
    words = {1: gettext("Prueba segura"), 2: gettext("Prueba fuerte"), 3: gettext("Indicio")}
    return words.get(strength, "")


def rule_words(rule: str | None) -> str:
    """Say why a link was kept and joins nothing."""
    return {
        "two_open_members": gettext("hay dos tarjetas con puntos y nadie dijo cuál se queda"),
        "known_against_known": gettext("las dos partes ya eran personas conocidas"),
        "cannot_link": gettext("alguien dijo que no son la misma persona"),
        "not_joining": gettext("ese dato lo usan muchas personas"),
        "too_many": gettext("una sola persona no tiene tantos"),
        "retracted": gettext("alguien las separó después"),
    }.get(rule or "", "")
