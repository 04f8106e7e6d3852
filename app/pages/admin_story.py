"""A person's story as days of rows, newest first, and the four questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from flask_babel import get_locale

from app.language import gettext, ngettext
from app.pages.admin_proofs import Proofs
from app.pages.admin_story_words import (
    ICONS,
    QUIET,
    channel_text,
    detail_of,
    fate_text,
    title_of,
    topic_text,
)
from app.pages.engagement_words import ICONS as ENGAGEMENT_ICONS
from app.text import clock_text, day_text, money_text, short_date_text, signed_text
from loyalty.journeys.linked import SaleLink
from loyalty.journeys.questions import FourQuestions, Known
from loyalty.journeys.tell_person import PersonStory
from loyalty.journeys.timeline import Happening

IN_STORE: Final = frozenset({"sale", "refund", "moved_away", "moved_here", "scan", "card"})
ON_WEB: Final = frozenset({"visit", "consent", "note", "message", "link", "unlink", "engagement"})
HABIT_FROM: Final = 3
MINUTE_S: Final = 60
HOUR_S: Final = 60 * 60
DAY_S: Final = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One knot of the story: what, how we know, points, and for a sale the web behind it."""

    icon: str
    tone: str
    title: str
    detail: str
    points: str
    is_gain: bool
    why: str
    proof: int


@dataclass(frozen=True, slots=True)
class StoryDay:
    """A day of the story."""

    title: str
    rows: tuple[StoryRow, ...]


def story_days(
    story: PersonStory, proofs: Proofs, *, zone: str, show: str, rows: int
) -> tuple[tuple[StoryDay, ...], bool]:
    """Lay out the newest rows that a filter lets through; say whether older ones are left."""
    wanted = [one for one in story.timeline if _is_shown(one, show)]
    links = {one.sale_id: one for one in story.sale_links if one.sale_id is not None}
    days = groupby(wanted[:rows], key=lambda one: day_text(one.at, zone))
    told = tuple(
        StoryDay(title, tuple(_row(one, links, proofs.numbers, zone) for one in happenings))
        for title, happenings in days
    )
    return told, len(wanted) > rows


def questions_of(questions: FourQuestions, zone: str) -> tuple[tuple[str, str], ...]:
    """Answer the four questions: what we know, what we told, what happened, how they reacted."""
    told, last, reaction = questions.told, questions.last, questions.reaction
    said = gettext("Aún no le hemos escrito.")
    if told is not None:
        said = gettext(
            "%(topic)s, el %(day)s: %(fate)s.",
            topic=_upper(topic_text(told.topic)),
            day=short_date_text(told.at, zone),
            fate=fate_text(told.state),
        )
        if told.count > 1:
            more = ngettext("%(num)s aviso en total.", "%(num)s avisos en total.", told.count)
            said = f"{said} {more}"
    happened = gettext("Todavía nada.")
    if last is not None:
        happened = gettext(
            "%(what)s, el %(day)s.", what=title_of(last), day=short_date_text(last.at, zone)
        )
    reacted = gettext("Aún no hay respuesta.")
    if told is None:
        reacted = gettext("Todavía no había nada que contestar.")
    if reaction is not None:
        reacted = gettext(
            "%(what)s, %(later)s.",
            what=_reaction(reaction.kind),
            later=_later(reaction.after_s),
        )
    return (
        (gettext("Qué sabemos"), _known(questions.known)),
        (gettext("Qué le dijimos"), said),
        (gettext("Qué pasó después"), happened),
        (gettext("Cómo reaccionó"), reacted),
    )


def everything_told(story: PersonStory, zone: str) -> tuple[str, ...]:
    """List what we told somebody, newest first, each with its fate; a single one says it all."""
    told = [one for one in story.timeline if one.kind == "message"]
    if len(told) < 2:  # noqa: PLR2004  the answer has told the one already
        return ()
    return tuple(
        gettext(
            "%(topic)s, el %(day)s: %(fate)s",
            topic=_upper(topic_text(str(one.facts["topic"]))),
            day=short_date_text(one.at, zone),
            fate=fate_text(str(one.facts["state"])),
        )
        for one in told
    )


def _is_shown(happening: Happening, show: str) -> bool:
    if show == "store":
        return happening.kind in IN_STORE
    if show == "web":
        return happening.kind in ON_WEB
    if show == "points":
        return happening.row is not None and happening.row.points != 0
    return True


def _row(
    happening: Happening,
    links: Mapping[str, SaleLink],
    numbers: Mapping[str, int],
    zone: str,
) -> StoryRow:
    points = happening.row.points if happening.row else 0
    sale_link = _link_of(happening, links)
    link_id = sale_link.link.link_id if sale_link else happening.link and happening.link.link_id
    detail = detail_of(happening)
    time = clock_text(happening.at, zone)
    return StoryRow(
        icon=_icon(happening),
        tone="quiet" if happening.kind in QUIET or happening.facts.get("gone") else "",
        title=title_of(happening),
        detail=f"{time} · {detail}" if detail else time,
        points=signed_text(points) if points else "",
        is_gain=points > 0,
        why=_why(sale_link, zone) if sale_link else "",
        proof=numbers.get(link_id or "", 0),
    )


def _icon(happening: Happening) -> str:
    if happening.kind == "engagement":
        return ENGAGEMENT_ICONS.get(str(happening.facts.get("action")), ICONS["engagement"])
    return ICONS[happening.kind]


def _link_of(happening: Happening, links: Mapping[str, SaleLink]) -> SaleLink | None:
    row = happening.row
    if happening.kind != "sale" or row is None or row.sale_id is None:
        return None
    return links.get(row.sale_id)


def _why(link: SaleLink, zone: str) -> str:
    """Say why a sale and a visit are one person, in one breath."""
    if link.visit is None:
        return gettext("El móvil que abrió la web enseñó este código.")
    opened = link.visit.started_at
    return gettext(
        "%(way)s el %(day)s a las %(time)s; ese móvil enseñó el código.",
        way=_upper(channel_text(link.visit.channel, link.visit.source, link.visit.campaign)),
        day=short_date_text(opened, zone),
        time=clock_text(opened, zone),
    )


def _known(known: Known) -> str:
    if known.purchases == 0:
        return gettext("Tiene tarjeta y aún no ha comprado con ella.")
    if known.purchases < HABIT_FROM or known.usual_minor is None or known.currency is None:
        return ngettext(
            "Ha comprado %(num)s vez con su tarjeta.",
            "Ha comprado %(num)s veces con su tarjeta.",
            known.purchases,
        )
    usual = money_text(known.usual_minor, known.currency)
    if not known.weekdays:
        return gettext("Suele gastar %(amount)s.", amount=usual)
    return gettext(
        "Compra sobre todo en %(days)s. Suele gastar %(amount)s.",
        days=_weekdays(known.weekdays),
        amount=usual,
    )


def _weekdays(days: tuple[int, ...]) -> str:
    locale = get_locale()
    assert locale is not None, "a page is made for a request"
    names = [locale.days["stand-alone"]["wide"][day] for day in days]
    if len(names) == 1:
        return str(names[0])
    return gettext("%(some)s y %(last)s", some=", ".join(names[:-1]), last=names[-1])


def _reaction(kind: str) -> str:
    words = {
        "sale": gettext("Compró"),
        "visit": gettext("Abrió su tarjeta en la web"),
        "note": gettext("Escribió una nota"),
        "refund": gettext("Devolvió algo"),
        "link": gettext("Unió algo a su tarjeta"),
        "consent": gettext("Contestó sobre sus permisos"),
        "scan": gettext("Enseñó su código"),
        "engagement": gettext("Hizo algo en las redes"),
        "order": gettext("Pidió o recogió un pedido"),
    }
    return words.get(kind, gettext("Siguió con su tarjeta"))


def _later(after_s: int) -> str:
    if after_s < HOUR_S:
        minutes = max(1, after_s // MINUTE_S)
        return ngettext("%(num)s minuto después", "%(num)s minutos después", minutes)
    if after_s < DAY_S:
        return ngettext("%(num)s hora después", "%(num)s horas después", after_s // HOUR_S)
    return ngettext("%(num)s día después", "%(num)s días después", after_s // DAY_S)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
