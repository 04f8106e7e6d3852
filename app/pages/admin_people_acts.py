"""Staff say of a person, with a reason: this is the same one, that is somebody else; with undo."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext
from app.looks import leave_looks
from app.pages.admin_frame import (
    MANAGER,
    OWNER,
    Frame,
    frame_of,
    my_stores,
    owner_or_manager,
    say,
    to_the_door,
)
from app.pages.admin_people_page import PersonRow, person_name, person_row
from app.pages.identity_words import rule_words
from app.wiring import services
from loyalty.identity.errors import IdentifierBlockedError
from loyalty.identity.queries import LinkFacts, link_by_id, person_by_id
from loyalty.identity.rules import RefusedRule
from loyalty.journeys.block_value import block_value
from loyalty.journeys.find_persons import find_persons
from loyalty.journeys.note_phone import note_phone
from loyalty.journeys.staff_says import (
    REASON_LENGTH_MAX,
    Saying,
    call_apart,
    call_one_again,
    check_reason,
    put_back,
    put_together,
)
from loyalty.journeys.staff_says import separate as take_off
from loyalty.journeys.tell_person import PersonStory, tell_person
from loyalty.kernel.errors import MalformedRequestError, NotFoundError
from loyalty.kernel.phones import PhoneInvalidError

bp = Blueprint("admin_people_acts", __name__, url_prefix="/admin/people")
bp.register_error_handler(SignInNeededError, to_the_door)

FOUND_MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody the person may be one with."""

    row: PersonRow
    person_id: str


@dataclass(frozen=True, slots=True)
class JoinPage:
    """The page that puts two persons together: whom, and why."""

    frame: Frame
    name: str
    person_id: str
    back_href: str
    asked: str
    act_id: str
    candidates: tuple[Candidate, ...]


@bp.get("/<person_id>/join")
def join(person_id: str) -> str:
    """Find the other card of somebody, to put both together."""
    principal, asked = owner_or_manager(), request.args.get("q", "").strip()
    with services().database.reading(principal.program_id) as session:
        story = tell_person(session, principal.program_id, person_id)
        page = _join_page(session, principal, story, asked)
    seen = [page.person_id, *(one.person_id for one in page.candidates)]
    leave_looks(principal, seen, seen="found")
    return render_template("admin/join.html", page=page)


@bp.post("/<person_id>/join")
def joined(person_id: str) -> Redirect:
    """Put two persons together, with the reason; points move and can move back."""
    principal, parts, form = owner_or_manager(), services(), request.form
    said = _said(principal, form.get("act_id", ""), form.get("reason", ""))
    with parts.database.unit_of_work(principal.program_id) as session:
        here = _anchor(session, principal.program_id, person_id)
        there = _anchor(session, principal.program_id, form.get("other", ""))
        put = put_together(session, said, here, there, tools=parts.tools)
    if put.refused_rule is not None:
        _say_apart(put.refused_rule)
    elif put.link_id is not None:
        say(
            gettext("Juntas. Sus compras ya son de una persona."),
            undo=url_for("admin_people_acts.separate", person_id=put.person_id),
            fields={"link_id": put.link_id, "reason": gettext("Se deshizo al momento")},
        )
    return redirect(url_for("admin_people.person", person_id=put.person_id), 303)


@bp.post("/<person_id>/separate")
def separate(person_id: str) -> Redirect:
    """Take a piece of evidence off, with the reason: what it joined is apart, and points stay."""
    principal, parts, form = owner_or_manager(), services(), request.form
    link_id = form.get("link_id", "")
    said = _said(principal, str(uuid4()), form.get("reason", ""))
    with parts.database.unit_of_work(principal.program_id) as session:
        link = link_by_id(session, principal.program_id, link_id)
        take_off(session, said, link_id, tools=parts.tools)
    say(
        gettext("Tarjetas separadas. Cada una tiene otra vez sus puntos.")
        if link is not None and link.kind == "join"
        else gettext("Separado. Los puntos siguen en su tarjeta."),
        undo=url_for("admin_people_acts.together", person_id=person_id),
        fields={"link_id": link_id},
    )
    return _back(person_id)


@bp.post("/<person_id>/together")
def together(person_id: str) -> Redirect:
    """Undo a separation."""
    principal, parts, link_id = owner_or_manager(), services(), request.form.get("link_id", "")
    program_id, actor = principal.program_id, f"staff:{principal.staff_id}"
    with parts.database.unit_of_work(program_id) as session:
        back = put_back(session, program_id, link_id, actor=actor, tools=parts.tools)
    _say_together(back.refused_rule)
    return _back(person_id)


@bp.post("/<person_id>/apart")
def apart(person_id: str) -> Redirect:
    """Separate something and never join it again, with the reason."""
    principal, parts, form = owner_or_manager(), services(), request.form
    link_id = form.get("link_id", "")
    said = _said(principal, str(uuid4()), form.get("reason", ""))
    with parts.database.unit_of_work(principal.program_id) as session:
        link = _link(session, principal.program_id, link_id)
        call_apart(session, said, link.a, link.b, tools=parts.tools)
    say(
        gettext("Separado para siempre. Los puntos siguen en su tarjeta."),
        undo=url_for("admin_people_acts.one_again", person_id=person_id),
        fields={"link_id": link_id},
    )
    return _back(person_id)


@bp.post("/<person_id>/one-again")
def one_again(person_id: str) -> Redirect:
    """Undo a "not the same": what was seen counts again."""
    principal, parts = owner_or_manager(), services()
    program_id, actor = principal.program_id, f"staff:{principal.staff_id}"
    with parts.database.unit_of_work(program_id) as session:
        link = _link(session, program_id, request.form.get("link_id", ""))
        again = call_one_again(session, program_id, link.a, link.b, actor=actor, tools=parts.tools)
        now = _link(session, program_id, link.link_id)
        rule = now.refused_rule if now.active else again.back.refused_rule
    _say_together(rule)
    return _back(person_id)


@bp.post("/<person_id>/phone")
def phone(person_id: str) -> Redirect:
    """Write down somebody's number, with the reason; one that others gave joins nobody."""
    principal, parts, form = owner_or_manager(), services(), request.form
    said = _said(principal, str(uuid4()), form.get("reason", ""))
    with parts.database.unit_of_work(principal.program_id) as session:
        here = _anchor(session, principal.program_id, person_id)
        kept = note_phone(session, said, here, form.get("phone", ""), tools=parts.tools)
    words, tone = _phone_words(kept.refused_rule)
    say(
        words,
        tone=tone,
        undo=url_for("admin_people_acts.separate", person_id=kept.person_id),
        fields={"link_id": kept.link_id, "reason": gettext("Se deshizo al momento")},
    )
    return _back(person_id)


def _phone_words(rule: str | None) -> tuple[str, str]:
    """Say what became of a number, and in which tone."""
    if rule is None:
        return gettext("Teléfono guardado."), "success"
    if rule == RefusedRule.NOT_JOINING:
        return gettext("Ese número lo ha dado mucha gente: no une a nadie."), "attention"
    if rule == RefusedRule.TWO_OPEN_MEMBERS:
        told = gettext("Otra persona dio ese mismo número. Te lo preguntamos en Quién es quién.")
        return told, "attention"
    return gettext("No se juntan: %(why)s.", why=rule_words(rule)), "attention"


def _no_number(_error: PhoneInvalidError) -> Redirect:
    say(gettext("Ese teléfono no existe. Revisa las cifras."), tone="attention")
    return _back((request.view_args or {})["person_id"])


def _nobodys_number(_error: IdentifierBlockedError) -> Redirect:
    say(gettext("Ese número no es de nadie. No se ha guardado."), tone="attention")
    return _back((request.view_args or {})["person_id"])


bp.register_error_handler(PhoneInvalidError, _no_number)
bp.register_error_handler(IdentifierBlockedError, _nobodys_number)


@bp.post("/<person_id>/block")
def block(person_id: str) -> Redirect:
    """Let a value join nobody, with the reason."""
    principal, parts, form = owner_or_manager(), services(), request.form
    said = _said(principal, str(uuid4()), form.get("reason", ""))
    identifier_id = _value_id()
    with parts.database.unit_of_work(principal.program_id) as session:
        block_value(session, said, identifier_id, tools=parts.tools)
    say(
        gettext("Bloqueado: no une a nadie. Los puntos siguen en su tarjeta."),
        undo=url_for("admin_people_acts.unblock", person_id=person_id),
        fields={"identifier_id": str(identifier_id)},
    )
    return _back(person_id)


@bp.post("/<person_id>/unblock")
def unblock(person_id: str) -> Redirect:
    """Let a blocked value join again, when it does not stand for many."""
    principal, parts = owner_or_manager(), services()
    said = Saying(principal.program_id, str(uuid4()), f"staff:{principal.staff_id}", "")
    with parts.database.unit_of_work(principal.program_id) as session:
        block_value(session, said, _value_id(), undo=True, tools=parts.tools)
    say(gettext("Ya no está bloqueado."))
    return _back(person_id)


def _value_id() -> UUID:
    try:
        return UUID(request.form.get("identifier_id", ""))
    except ValueError:
        raise NotFoundError from None


def _say_together(refused_rule: str | None) -> None:
    """Tell that two are one again, or which rule keeps them apart."""
    if refused_rule is None:
        say(gettext("Vuelve a estar unido."))
    else:
        _say_apart(refused_rule)


def _say_apart(rule: str) -> None:
    say(gettext("No se juntan: %(why)s.", why=rule_words(rule)), tone="attention")


def _join_page(
    session: Session, principal: StaffPrincipal, story: PersonStory, asked: str
) -> JoinPage:
    zone = my_stores(session, principal, OWNER, MANAGER)[0].time_zone
    found = find_persons(session, principal.program_id, asked, limit=FOUND_MOST) if asked else ()
    return JoinPage(
        frame=frame_of(session, principal, section="people"),
        name=person_name(story.display_name, [one.card_id for one in story.carriers]),
        person_id=story.person_id,
        back_href=url_for("admin_people.person", person_id=story.person_id),
        asked=asked,
        act_id=str(uuid4()),
        candidates=tuple(
            Candidate(person_row(one, zone), one.person_id)
            for one in found
            if one.person_id != story.person_id
        ),
    )


def _said(principal: StaffPrincipal, act_id: str, reason: str) -> Saying:
    told = " ".join(reason.split())[:REASON_LENGTH_MAX]
    check_reason(told)
    return Saying(principal.program_id, act_id[:80], f"staff:{principal.staff_id}", told)


def _no_reason(_error: MalformedRequestError) -> Redirect:
    """Ask for the reason that somebody left out; nothing was changed."""
    say(gettext("Di por qué, en unas palabras. No se ha cambiado nada."), tone="attention")
    return _back((request.view_args or {})["person_id"])


bp.register_error_handler(MalformedRequestError, _no_reason)


def _back(person_id: str) -> Redirect:
    return redirect(url_for("admin_people.person", person_id=person_id), 303)


def _anchor(session: Session, program_id: int, person_id: str) -> UUID:
    """Find an identifier that stands for a person: the open membership.

    Errors: `NotFoundError` for nobody, and for somebody without a membership.
    """
    person = person_by_id(session, program_id, person_id)
    if person is None or person.open_member_id is None:
        raise NotFoundError
    return person.open_member_id


def _link(session: Session, program_id: int, link_id: str) -> LinkFacts:
    link = link_by_id(session, program_id, link_id)
    if link is None or link.kind == "card":
        raise NotFoundError
    return link
