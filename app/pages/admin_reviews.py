"""The few questions about persons that only somebody who knows them can answer, one tap each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext, ngettext
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
from app.review_texts import question_text, side_name, stays_text, why_text
from app.text import points_text, short_date_text
from app.wiring import services
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.queries import link_by_id
from loyalty.journeys.decide_review import (
    approve,
    ask_once_more,
    keep_apart,
    leave_it,
    may_be_one,
    take_back_approval,
)
from loyalty.journeys.list_reviews import Review, Side, list_reviews, tell_review
from loyalty.journeys.staff_says import once
from loyalty.kernel.errors import Fact, MalformedRequestError

bp = Blueprint("admin_reviews", __name__, url_prefix="/admin/reviews")
bp.register_error_handler(SignInNeededError, to_the_door)

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class SideCard:
    """One of the two persons, in the words of the counter."""

    name: str
    person_id: str
    href: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: who, why we ask, what a yes would do, and the three answers.

    A yes is one act by its `act_id`, however often it is tapped.
    """

    question: str
    why: str
    stays: str
    sides: tuple[SideCard, ...]
    act_id: str
    yes_url: str
    no_url: str
    leave_url: str


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    """The page of questions."""

    frame: Frame
    questions: tuple[Question, ...]
    more: str


@bp.get("")
def reviews() -> str:
    """Ask a few questions, the weightiest first."""
    principal = owner_or_manager()
    with services().database.reading(principal.program_id) as session:
        page = _page(session, principal)
    seen = [side.person_id for question in page.questions for side in question.sides]
    leave_looks(principal, seen, seen="asked")
    return render_template("admin/reviews.html", page=page)


@bp.post("/<link_id>/yes")
def yes(link_id: str) -> Redirect:
    """They are one person: the links and points follow, and all of it can be undone."""
    principal, act_id = owner_or_manager(), _uuid("act_id")

    def answer(session: Session) -> dict[str, str]:
        made = _approved_once(session, principal, link_id, str(act_id))
        return {"answer": "yes", "link_id": made}

    return _answered(principal, answer, gettext("Juntas. Sus compras ya son de una persona."))


@bp.post("/<link_id>/no")
def no(link_id: str) -> Redirect:
    """They are two: nothing joins them any more, whatever is seen."""
    principal, parts = owner_or_manager(), services()

    def answer(session: Session) -> dict[str, str]:
        seen = keep_apart(
            session,
            principal.program_id,
            link_id,
            actor=_actor(principal),
            reason=gettext("Lo confirmó quien lleva la tienda"),
            tools=parts.tools,
        )
        return {"answer": "no", "a": str(seen.a), "b": str(seen.b)}

    return _answered(principal, answer, gettext("Son dos personas. No se volverán a unir."))


@bp.post("/<link_id>/leave")
def leave(link_id: str) -> Redirect:
    """Nobody can say: it is not asked again."""
    principal, parts = owner_or_manager(), services()

    def answer(session: Session) -> dict[str, str]:
        program_id, actor = principal.program_id, _actor(principal)
        seen = leave_it(session, program_id, link_id, actor=actor, tools=parts.tools)
        return {"answer": "leave", "a": str(seen.a), "b": str(seen.b)}

    return _answered(principal, answer, gettext("Queda como está. No te lo preguntamos más."))


@bp.post("/undo")
def undo() -> Redirect:
    """Take an answer back: the question is asked again."""
    principal, parts, form = owner_or_manager(), services(), request.form
    program_id, actor = principal.program_id, _actor(principal)
    with parts.database.unit_of_work(program_id) as session:
        if form.get("answer") == "yes":
            link_id = form.get("link_id", "")
            take_back_approval(
                session,
                program_id,
                link_id,
                actor=actor,
                reason=gettext("Se deshizo al momento"),
                tools=parts.tools,
            )
        elif form.get("answer") == "no":
            a, b = _two()
            may_be_one(session, program_id, a, b, actor=actor, tools=parts.tools)
        else:
            a, b = _two()
            ask_once_more(session, program_id, a, b)
    say(gettext("Deshecho. La pregunta vuelve."))
    return _back()


def _approved_once(session: Session, principal: StaffPrincipal, link_id: str, act_id: str) -> str:
    """Say yes and give the evidence it made: the same when tapped again, unless it was undone."""
    program_id, tools = principal.program_id, services().tools

    def say_yes() -> dict[str, Fact]:
        review = tell_review(session, program_id, link_id)
        made = approve(
            session,
            program_id,
            link_id,
            actor=_actor(principal),
            reason=gettext("Lo confirmó quien lleva la tienda"),
            keep_member=review.stays.member_id,
            act_id=act_id,
            tools=tools,
        )
        return {"link_id": made.link_id}

    done = once(session, program_id, act_id, asked={"yes": link_id}, act=say_yes, tools=tools)
    made = link_by_id(session, program_id, str(done.facts["link_id"]))
    if made is None or (done.replayed and not made.active):
        raise LinkUnknownError
    return made.link_id


def _answered(
    principal: StaffPrincipal, answer: Callable[[Session], dict[str, str]], words: str
) -> Redirect:
    """Keep an answer, with its way back; somebody else may have been quicker."""
    try:
        with services().database.unit_of_work(principal.program_id) as session:
            fields = answer(session)
    except LinkUnknownError:
        say(gettext("Esa pregunta ya está contestada."), tone="attention")
    else:
        say(words, undo=url_for("admin_reviews.undo"), fields=fields)
    return _back()


def _two() -> tuple[UUID, UUID]:
    return _uuid("a"), _uuid("b")


def _uuid(field: str) -> UUID:
    try:
        return UUID(request.form.get(field, ""))
    except ValueError:
        raise MalformedRequestError(field=field) from None


def _page(session: Session, principal: StaffPrincipal) -> ReviewsPage:
    zone = my_stores(session, principal, OWNER, MANAGER)[0].time_zone
    found = list_reviews(session, principal.program_id, limit=SHOWN + 1)
    more = gettext("Hay más; salen cuando contestes estas.") if len(found) > SHOWN else ""
    return ReviewsPage(
        frame=frame_of(session, principal, section="reviews"),
        questions=tuple(_question(each, zone) for each in found[:SHOWN]),
        more=more,
    )


def _question(review: Review, zone: str) -> Question:
    link_id = review.entry.link_id
    return Question(
        question=question_text(review),
        why=why_text(review),
        stays=stays_text(review),
        sides=tuple(_side(each, zone) for each in (review.one, review.other)),
        act_id=str(uuid4()),
        yes_url=url_for("admin_reviews.yes", link_id=link_id),
        no_url=url_for("admin_reviews.no", link_id=link_id),
        leave_url=url_for("admin_reviews.leave", link_id=link_id),
    )


def _side(side: Side, zone: str) -> SideCard:
    bought = ngettext("%(num)s compra", "%(num)s compras", side.purchases)
    lines = [
        gettext("Desde el %(day)s", day=short_date_text(side.since, zone)),
        f"{bought} · {points_text(side.points)}",
    ]
    if side.last_sale_at is not None:
        lines.append(gettext("La última, el %(day)s", day=short_date_text(side.last_sale_at, zone)))
    name = side_name(side)
    return SideCard(
        name=name[:1].upper() + name[1:],
        person_id=side.person_id,
        href=url_for("admin_people.person", person_id=side.person_id),
        lines=tuple(lines),
    )


def _actor(principal: StaffPrincipal) -> str:
    return f"staff:{principal.staff_id}"


def _back() -> Redirect:
    return redirect(url_for("admin_reviews.reviews"), 303)
