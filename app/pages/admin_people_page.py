"""What the list of persons and the page of one person show."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from app.pages.admin_adjust import AdjustPart, adjust_part
from app.pages.admin_frame import MANAGER, OWNER, Frame, frame_of, my_stores
from app.pages.admin_own_cards import OwnCard, own_cards
from app.pages.admin_proofs import PROOFS, Proofs, proofs_of
from app.pages.admin_story import StoryDay, everything_told, questions_of, story_days
from app.pages.identity_words import ICONS, Names, identifier_name, state_words
from app.text import clock_text, date_text, short_date_text, whole_text
from loyalty.identity.policy import BLOCKABLE_KINDS
from loyalty.identity.queries import IdentifierFacts
from loyalty.identity.values import card_id_of
from loyalty.journeys.card_view import CarrierFacts
from loyalty.journeys.find_persons import PersonFound, find_persons
from loyalty.journeys.tell_person import PersonStory
from loyalty.programs.queries import staff_of, tills_of
from loyalty.visits.queries import NoteFacts

FILTERS: Final = ("all", "store", "web", "points")
LETTERS: Final = 4
VALUES: Final = 40


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the list."""

    name: str
    is_named: bool
    href: str
    detail: str
    points: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Everything the list of persons shows."""

    frame: Frame
    asked: str
    rows: tuple[PersonRow, ...]
    person_ids: tuple[str, ...]
    count: str


@dataclass(frozen=True, slots=True)
class Question:
    """One of the four questions and its answer; `all` lists what the answer only counts."""

    label: str
    text: str
    all: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterTab:
    """One way to look at the story."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """One card of the person; actions are empty when they make no sense.

    `own` says whose of the team it is, for an owner to change.
    """

    card_id: str
    name: str
    detail: str
    state: str
    tone: str
    void_url: str
    reissue_url: str
    own: OwnCard | None


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note of the person."""

    text: str
    detail: str
    is_unread: bool


@dataclass(frozen=True, slots=True)
class ValueRow:
    """Something that points at the person, whether it joins, and where its reason stands.

    `block_url` and `unblock_url` are empty where it makes no sense; `href` is for what joins.
    """

    icon: str
    name: str
    state: str
    tone: str
    href: str
    identifier_id: str
    block_url: str
    unblock_url: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """Who looked at this person, how much of it, and when."""

    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything the page of one person shows."""

    frame: Frame
    person_id: str
    name: str
    given_name: str
    is_named: bool
    since: str
    points: str
    debt: str
    questions: tuple[Question, ...]
    filters: tuple[FilterTab, ...]
    days: tuple[StoryDay, ...]
    older_url: str
    proofs: Proofs
    more_proofs_url: str
    carriers: tuple[CarrierRow, ...]
    notes: tuple[NoteRow, ...]
    adjust: AdjustPart | None
    looks: tuple[LookRow, ...]
    values: tuple[ValueRow, ...]
    phone_url: str  # "" for somebody without a membership


def people_page(session: Session, principal: StaffPrincipal, asked: str) -> PeoplePage:
    """List the persons that a name, an e-mail or the letters of a card lead to; newest first."""
    zone = my_stores(session, principal, OWNER, MANAGER)[0].time_zone
    found = find_persons(session, principal.program_id, asked)
    return PeoplePage(
        frame=frame_of(session, principal, section="people"),
        asked=asked,
        rows=tuple(person_row(one, zone) for one in found),
        person_ids=tuple(one.person_id for one in found),
        count=ngettext("%(num)s persona", "%(num)s personas", len(found)),
    )


def person_page(
    session: Session, principal: StaffPrincipal, story: PersonStory, *, show: str, rows: int
) -> PersonPage:
    """Lay out one person's story through one of the filters, the newest `rows` of it.

    Of the reasons why it is one person as many are told, and a page of them at least.
    """
    zone = my_stores(session, principal, OWNER, MANAGER)[0].time_zone
    reasons = max(rows, PROOFS)
    proofs = proofs_of(story, zone, most=reasons)
    days, has_older = story_days(story, proofs, zone=zone, show=show, rows=rows)
    here = url_for("admin_people.person", person_id=story.person_id)
    own = own_cards(session, principal, story)
    return PersonPage(
        frame=frame_of(session, principal, section="people"),
        person_id=story.person_id,
        name=person_name(story.display_name, [one.card_id for one in story.carriers]),
        given_name=story.display_name or "",
        is_named=story.display_name is not None,
        since=_since(story, zone),
        points=whole_text(story.points),
        debt=whole_text(story.debt) if story.debt else "",
        questions=_questions(story, zone),
        filters=_filters(here, show),
        days=days,
        older_url=f"{here}?show={show}&rows={rows * 2}#story" if has_older else "",
        proofs=proofs,
        more_proofs_url=f"{here}?show={show}&rows={reasons * 2}#why" if proofs.has_more else "",
        carriers=tuple(_carrier(one, story, zone, own.get(one.card_id)) for one in story.carriers),
        notes=tuple(_note(one, zone) for one in story.notes),
        adjust=adjust_part(session, principal, story.person_id, debt=story.debt)
        if story.open_member_id
        else None,
        looks=_looks(session, principal, story, zone),
        values=_values(story, zone),
        phone_url=url_for("admin_people_acts.phone", person_id=story.person_id)
        if story.open_member_id
        else "",
    )


def person_name(display_name: str | None, card_ids: list[str]) -> str:
    """Name a person: what they are called, else the letters of their card."""
    if display_name:
        return display_name
    if not card_ids:
        return gettext("Sin tarjeta")
    return gettext("Tarjeta %(letters)s", letters=card_letters(card_ids[0]))


def card_letters(card_id: str) -> str:
    """Shorten a card's id to what a person can say aloud."""
    return card_id[:LETTERS].upper()


def person_row(one: PersonFound, zone: str) -> PersonRow:
    """Tell one person of a list."""
    parts = [gettext("desde el %(day)s", day=short_date_text(one.member_since, zone))]
    if one.purchases:
        parts.append(ngettext("%(num)s compra", "%(num)s compras", one.purchases))
    if one.last_sale_at is not None:
        parts.append(gettext("la última, el %(day)s", day=short_date_text(one.last_sale_at, zone)))
    parts += (*one.emails, *one.phones)
    return PersonRow(
        name=person_name(one.display_name, list(one.card_ids)),
        is_named=one.display_name is not None,
        href=url_for("admin_people.person", person_id=one.person_id),
        detail=" · ".join(parts),
        points=ngettext(
            "%(points)s punto", "%(points)s puntos", one.points, points=whole_text(one.points)
        ),
    )


def _since(story: PersonStory, zone: str) -> str:
    known = story.questions.known
    since = gettext("Tarjeta desde el %(day)s", day=date_text(known.member_since, zone))
    bought = ngettext("%(num)s compra", "%(num)s compras", known.purchases)
    return f"{since} · {bought}"


def _filters(here: str, show: str) -> tuple[FilterTab, ...]:
    labels = (gettext("Todo"), gettext("Tienda"), gettext("Web"), gettext("Puntos"))
    return tuple(
        FilterTab(label, f"{here}?show={name}#story", is_current=name == show)
        for name, label in zip(FILTERS, labels, strict=True)
    )


def _carrier(one: CarrierFacts, story: PersonStory, zone: str, own: OwnCard | None) -> CarrierRow:
    letters = card_letters(one.card_id)
    is_printed = one.kind == "printed"
    name = (
        gettext("Tarjeta impresa %(letters)s", letters=letters)
        if is_printed
        else gettext("Móvil %(letters)s", letters=letters)
    )
    detail = gettext("Desde el %(day)s", day=short_date_text(one.created_at, zone))
    state, tone = gettext("Vale"), "success"
    if is_printed and one.claimed_at is None:
        state, tone = gettext("Sin recoger"), "quiet"
    if one.voided_at is not None:
        state, tone = gettext("Anulada"), "refusal"
        detail = gettext("El %(day)s", day=short_date_text(one.voided_at, zone))
        if one.void_reason:
            detail = gettext("%(when)s, por: %(why)s", when=detail, why=one.void_reason)
    is_active = one.voided_at is None
    person_id, card_id = story.person_id, one.card_id
    return CarrierRow(
        card_id=one.card_id,
        name=name,
        detail=detail,
        state=state,
        tone=tone,
        void_url=url_for("admin_cards.void", person_id=person_id, card_id=card_id)
        if is_active
        else "",
        reissue_url=url_for("admin_cards.reissue", person_id=person_id, card_id=card_id)
        if is_active
        else "",
        own=own,
    )


def names_of(story: PersonStory, zone: str) -> Names:
    """Gather what names this person's identifiers."""
    printed = {one.card_id for one in story.carriers if one.kind == "printed"}
    cards = [one.identifier_id for one in story.identifiers if one.kind == "card"]
    return Names(frozenset(one for one in cards if card_id_of(one) in printed), zone)


def _values(story: PersonStory, zone: str) -> tuple[ValueRow, ...]:
    """List what points at the person, the newest first: a regular has many visits.

    What staff blocked points at nobody; it stands last, to be let join again.
    """
    names = names_of(story, zone)
    newest = list(reversed(story.identifiers))[:VALUES]
    return tuple(_value(one, names, story.person_id) for one in (*newest, *story.blocked))


def _value(one: IdentifierFacts, names: Names, person_id: str) -> ValueRow:
    state, tone = state_words(one.state)
    here = partial(url_for, person_id=person_id)
    is_blocked = one.state == "blocked"
    may_block = one.kind in BLOCKABLE_KINDS and not is_blocked
    return ValueRow(
        icon=ICONS.get(one.kind, "link-45deg"),
        name=_upper(identifier_name(one, names)),
        state=state,
        tone=tone,
        href="" if is_blocked else here("admin_people.why", identifier_id=one.identifier_id),
        identifier_id=str(one.identifier_id),
        block_url=here("admin_people_acts.block") if may_block else "",
        unblock_url=here("admin_people_acts.unblock") if is_blocked else "",
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _questions(story: PersonStory, zone: str) -> tuple[Question, ...]:
    """Answer the four questions; of what we told them every message can be opened."""
    known, told, last, reacted = (Question(*one) for one in questions_of(story.questions, zone))
    return known, replace(told, all=everything_told(story, zone)), last, reacted


def _looks(
    session: Session, principal: StaffPrincipal, story: PersonStory, zone: str
) -> tuple[LookRow, ...]:
    """Say who looked at this person lately."""
    names = actor_names(session, principal.program_id)
    seen = {
        "whole": gettext("toda la ficha"),
        "short": gettext("lo corto, en caja"),
        "points": gettext("sus puntos"),
        "why": gettext("por qué está unida"),
        "found": gettext("en una lista"),
        "asked": gettext("una pregunta de Quién es quién"),
        "split": gettext("qué se separaría"),
    }
    return tuple(
        LookRow(
            who=names.get(one.actor, gettext("alguien que ya no está")),
            detail=gettext(
                "%(day)s, %(time)s · %(what)s",
                day=short_date_text(one.at, zone),
                time=clock_text(one.at, zone),
                what=seen.get(one.seen, ""),
            ),
        )
        for one in story.looks
    )


def actor_names(session: Session, program_id: int) -> dict[str, str]:
    """Name whoever may have acted: the team and the tills."""
    names = {f"till:{one.till_id}": one.name for one in tills_of(session, program_id)}
    for one in staff_of(session, program_id):
        names[f"staff:{one.staff_id}"] = one.display_name
    return names


def _note(one: NoteFacts, zone: str) -> NoteRow:
    return NoteRow(
        text=one.text,
        detail=short_date_text(one.left_at, zone),
        is_unread=one.read_at is None,
    )
