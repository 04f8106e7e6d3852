"""Why identifiers are one person: groups of evidence, each with a number in picture and list."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import url_for

from app.language import gettext, ngettext
from app.pages.admin_graph import Graph, Neighbor, draw_graph
from app.pages.identity_words import ICONS, link_title, rule_words, strength_words
from app.text import clock_text, short_date_text, whole_text
from loyalty.identity.queries import LinkFacts
from loyalty.identity.values import card_id_of
from loyalty.journeys.linked import SaleLink
from loyalty.journeys.tell_person import PersonStory

CERTAIN: Final = 1
# A regular's hundredth purchase says what the first said: the newest are told, and how many.
TOLD_MOST: Final = 6
# So much of it a page tells at first; somebody may have ten thousand identifiers.
PROOFS: Final = 60
# What the card in the middle stands for.
_INSIDE: Final = frozenset({"card", "member"})


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
    """The picture and the list below it; `numbers` finds the edge of a piece of evidence.

    `has_more` when there is more of it than the list tells.
    """

    graph: Graph
    count: str
    rows: tuple[Proof, ...]
    numbers: dict[str, int]
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Evidence that is one edge: the latest speaks, the rest is behind it.

    `node` is what it draws: the identifier beside the card, or what stands for many of them.
    """

    kind: str
    label: str
    icon: str
    node: UUID | str
    links: tuple[LinkFacts, ...]

    @property
    def latest(self) -> LinkFacts:
        return self.links[-1]

    @property
    def is_apart(self) -> bool:
        return not _joins(self.latest)


def proofs_of(story: PersonStory, zone: str, *, most: int = PROOFS) -> Proofs:
    """Group a person's evidence: what says the same of the same two, the visits, what is apart.

    In the picture every identifier stands once, by what joins it first of all. `most` groups are
    told, and as much of the visits.
    """
    groups = tuple(_groups(story))
    first = groups[:most]
    told = {one.link.link_id: one for one in story.sale_links}
    drawn: dict[UUID | str, Neighbor] = {}
    for turn, group in enumerate(groups, start=1):
        drawn.setdefault(group.node, _neighbor(turn, group, zone))
    return Proofs(
        graph=draw_graph(
            tuple(drawn.values()),
            label=gettext("Tarjeta"),
            summary=gettext(
                "La tarjeta en el centro y lo unido a ella; los números son la lista de abajo."
            ),
        ),
        count=ngettext("%(num)s unión", "%(num)s uniones", sum(not one.is_apart for one in groups)),
        rows=tuple(
            _proof(turn, group, told, story=story, zone=zone, most=most)
            for turn, group in enumerate(first, start=1)
        ),
        numbers={
            link.link_id: turn for turn, group in enumerate(first, start=1) for link in group.links
        },
        has_more=len(groups) > most
        or any(one.kind == "session" and len(one.links) > most + 1 for one in first),
    )


def _groups(story: PersonStory) -> Iterable[_Group]:
    """Gather what is told as one: what joins, then what a rule refused, then what came off."""
    printed = {one.card_id for one in story.carriers if one.kind == "printed"}
    ordered = sorted(story.links, key=lambda link: (link.occurred_at, link.link_id))
    order = ("card", "session", *_labels())
    gathered: dict[tuple[object, ...], list[LinkFacts]] = {}
    for link in sorted(ordered, key=lambda link: (_turn(link), order.index(link.kind))):
        gathered.setdefault(_same(link), []).append(link)
    for links in gathered.values():
        link = links[0]
        label, icon = _label(link, printed)
        if not link.active:
            label, icon = gettext("Separado"), "scissors"
        yield _Group(link.kind, label, icon, _node(link), tuple(links))


def _joins(link: LinkFacts) -> bool:
    return link.active and link.refused_rule is None


def _turn(link: LinkFacts) -> int:
    return 0 if _joins(link) else 1 if link.active else 2


def _same(link: LinkFacts) -> tuple[object, ...]:
    """Name what a piece of evidence is told with: what says the same of the same two.

    Visits are many and told together. What was refused or came off is never told with what
    joins, nor with what was refused by another rule or taken off by somebody else.
    """
    fate = (link.active, link.refused_rule if link.active else _by_shop(link))
    if link.kind == "session":
        return (link.kind, *fate)
    return (link.kind, link.a, link.b, *fate)


def _node(link: LinkFacts) -> UUID | str:
    """Name what a link draws beside the card; two cards or memberships are drawn by their link."""
    if link.kind == "session":
        return f"session {_turn(link)}"
    if link.kind == "card":
        return link.a if link.a_kind == "card" else link.b
    inside = (link.a_kind in _INSIDE, link.b_kind in _INSIDE)
    return link.b if inside == (True, False) else link.a if inside[1] != inside[0] else link.link_id


def _label(link: LinkFacts, printed: Collection[str]) -> tuple[str, str]:
    if link.kind == "card":
        is_printed = _card_of(link) in printed
        return (gettext("Impresa"), "credit-card") if is_printed else (gettext("Su móvil"), "phone")
    if link.kind == "session":
        return gettext("Web"), ICONS["session"]
    return _labels()[link.kind], ICONS[link.kind]


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
    number: int,
    group: _Group,
    told: dict[str, SaleLink],
    *,
    story: PersonStory,
    zone: str,
    most: int,
) -> Proof:
    link, rest = group.latest, group.links[:-1]
    lines = tuple(_lines(group, told, story=story, zone=zone, most=most))
    return Proof(
        number=number,
        title=_title(link),
        detail=_detail(link, told, zone),
        is_apart=group.is_apart,
        separate_url=_separate_url(link, story),
        link_id=link.link_id,
        more=lines,
        more_label=_more_label(len(rest), len(lines)),
    )


def _lines(
    group: _Group, told: dict[str, SaleLink], *, story: PersonStory, zone: str, most: int
) -> Iterable[ProofLine]:
    """Tell what is behind the latest; the same two come off together, by one button."""
    rest = list(reversed(group.links[:-1]))[: most if group.kind == "session" else TOLD_MOST]
    offered = {(group.latest.a, group.latest.b)}
    for one in rest:
        is_first = (one.a, one.b) not in offered
        offered.add((one.a, one.b))
        url = _separate_url(one, story) if is_first else ""
        yield ProofLine(_detail(one, told, zone), url, one.link_id)


def _more_label(behind: int, told: int) -> str:
    if told < behind:
        return gettext(
            "%(num)s pruebas más; aquí, las últimas %(told)s",
            num=whole_text(behind),
            told=whole_text(told),
        )
    return ngettext("%(num)s prueba más", "%(num)s pruebas más", behind)


def _title(link: LinkFacts) -> str:
    if not link.active:
        return (
            gettext("Lo separó la tienda")
            if _by_shop(link)
            else gettext("Lo separó la propia persona")
        )
    if link.refused_rule is not None:
        why = rule_words(link.refused_rule)
        return gettext("Parecía de la misma persona, pero no se unió: %(why)s", why=why)
    return link_title(link)


def _by_shop(link: LinkFacts) -> bool:
    return (link.retracted_by or "").startswith("staff:")


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
    return strength_words(link.kind, link.strength) if link.active else ""


def _separate_url(link: LinkFacts, story: PersonStory) -> str:
    """A card is voided, not separated; everything else comes off here."""
    if link.kind == "card" or not link.active or link.refused_rule is not None:
        return ""
    return url_for("admin_people_acts.separate", person_id=story.person_id)
