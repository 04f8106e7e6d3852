"""Why identifiers are one person: groups of evidence, each with a number in picture and list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import url_for

from app.language import gettext, ngettext
from app.pages.admin_graph import Graph, Neighbor, draw_graph
from app.pages.identity_words import ICONS, link_title, rule_words, strength_words
from app.text import clock_text, short_date_text
from loyalty.identity.queries import LinkFacts
from loyalty.identity.values import card_id_of
from loyalty.journeys.linked import SaleLink
from loyalty.journeys.tell_person import PersonStory

CERTAIN: Final = 1


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One piece of evidence of a group, with the form that takes it off ("" when it stays)."""

    detail: str
    separate_url: str
    link_id: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One edge of the picture: what was seen, how sure it is, when, and on whose word."""

    number: int
    title: str
    detail: str
    is_apart: bool
    separate_url: str
    link_id: str
    more: tuple[ProofLine, ...]
    more_label: str


@dataclass(frozen=True, slots=True)
class Proofs:
    """The picture and the list below it; `numbers` finds the edge of a piece of evidence."""

    graph: Graph
    count: str
    rows: tuple[Proof, ...]
    numbers: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Evidence that is one edge: the latest speaks, the rest is behind it."""

    kind: str
    label: str
    icon: str
    links: tuple[LinkFacts, ...]

    @property
    def latest(self) -> LinkFacts:
        return self.links[-1]

    @property
    def is_apart(self) -> bool:
        return not self.latest.active or self.latest.refused_rule is not None


def proofs_of(story: PersonStory, zone: str) -> Proofs:
    """Group a person's evidence: each carrier, each address, the visits, what was separated."""
    groups = tuple(_groups(story))
    told = {one.link.link_id: one for one in story.sale_links}
    return Proofs(
        graph=draw_graph(
            tuple(_neighbor(turn, group, zone) for turn, group in enumerate(groups, start=1)),
            label=gettext("Tarjeta"),
            summary=gettext(
                "La tarjeta en el centro y lo unido a ella; los números son la lista de abajo."
            ),
        ),
        count=ngettext("%(num)s unión", "%(num)s uniones", sum(not one.is_apart for one in groups)),
        rows=tuple(
            _proof(turn, group, told, story=story, zone=zone)
            for turn, group in enumerate(groups, start=1)
        ),
        numbers={
            link.link_id: turn for turn, group in enumerate(groups, start=1) for link in group.links
        },
    )


def _groups(story: PersonStory) -> Iterable[_Group]:
    kinds = {one.card_id: one.kind for one in story.carriers}
    ordered = sorted(story.links, key=lambda link: (link.occurred_at, link.link_id))
    for link in ordered:
        if link.kind == "card":
            is_printed = kinds.get(_card_of(link)) == "printed"
            label = gettext("Impresa") if is_printed else gettext("Su móvil")
            icon = "credit-card" if is_printed else "phone"
            yield _Group("card", label, icon, (link,))
    active = tuple(one for one in ordered if one.kind == "session" and one.active)
    if active:
        yield _Group("session", gettext("Web"), "globe2", active)
    for kind, label in _labels().items():
        for link in ordered:
            if link.kind == kind and link.active:
                yield _Group(kind, label, ICONS[kind], (link,))
    apart = tuple(one for one in ordered if not one.active)
    if apart:
        yield _Group(apart[-1].kind, gettext("Separado"), "scissors", apart)


def _card_of(link: LinkFacts) -> str:
    return card_id_of(link.a if link.a_kind == "card" else link.b)


def _neighbor(number: int, group: _Group, zone: str) -> Neighbor:
    state = "proved" if group.latest.strength == CERTAIN else "inferred"
    detail = short_date_text(group.links[0].occurred_at, zone)
    if group.kind == "session":
        visits = {one.a if one.a_kind == "session" else one.b for one in group.links}
        detail = ngettext("%(num)s visita", "%(num)s visitas", len(visits))
    if group.is_apart:
        was_refused = group.latest.active
        state = "apart"
        detail = gettext("no se unió") if was_refused else gettext("ya no cuenta")
    return Neighbor(number, group.label, detail, group.icon, state)


def _proof(
    number: int, group: _Group, told: dict[str, SaleLink], *, story: PersonStory, zone: str
) -> Proof:
    link, rest = group.latest, group.links[:-1]
    lines = tuple(
        ProofLine(_detail(one, told, zone), _separate_url(one, story), one.link_id)
        for one in reversed(rest)
    )
    return Proof(
        number=number,
        title=_title(link),
        detail=_detail(link, told, zone),
        is_apart=group.is_apart,
        separate_url=_separate_url(link, story),
        link_id=link.link_id,
        more=lines,
        more_label=ngettext("%(num)s prueba más", "%(num)s pruebas más", len(lines)),
    )


def _title(link: LinkFacts) -> str:
    if not link.active:
        by_shop = (link.retracted_by or "").startswith("staff:")
        return gettext("Lo separó la tienda") if by_shop else gettext("Lo separó la propia persona")
    if link.refused_rule is not None:
        why = rule_words(link.refused_rule)
        return gettext("Parecía de la misma persona, pero no se unió: %(why)s", why=why)
    return link_title(link)


def _labels() -> Mapping[str, str]:
    """Name the kinds of evidence that are one edge each; cards and visits have their own."""
    return {
        "email": gettext("Correo"),
        "phone": gettext("Teléfono"),
        "join": gettext("Otra tarjeta"),
        "staff": gettext("Lo dijo la tienda"),
        "social": gettext("Su red"),
        "order": gettext("Pedido"),
        "receipt": gettext("Recibo"),
        "vendor": gettext("Su número en caja"),
        "device": gettext("Navegador"),
    }


def _detail(link: LinkFacts, told: dict[str, SaleLink], zone: str) -> str:
    sale = told.get(link.link_id)
    at = sale.scanned_at if sale else link.occurred_at
    if not link.active and link.retracted_at is not None:
        at = link.retracted_at
    when = gettext("%(day)s, %(time)s", day=short_date_text(at, zone), time=clock_text(at, zone))
    parts = [_strength(link), f"{sale.till_name}, {when}" if sale and sale.till_name else when]
    if sale is not None and sale.consent_given_at is not None:
        day = short_date_text(sale.consent_given_at, zone)
        parts.append(gettext("con su permiso del %(day)s", day=day))
    elif link.basis == "consent":
        parts.append(gettext("con su permiso"))
    said = link.retracted_reason if not link.active else link.reason
    if said:
        parts.append(f"«{said}»")
    return " · ".join(part for part in parts if part)


def _strength(link: LinkFacts) -> str:
    return strength_words(link.strength) if link.active else ""


def _separate_url(link: LinkFacts, story: PersonStory) -> str:
    """A card is voided, not separated; everything else comes off here."""
    if link.kind == "card" or not link.active or link.refused_rule is not None:
        return ""
    return url_for("admin_people_acts.separate", person_id=story.person_id)
