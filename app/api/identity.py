"""Who is who, as staff say it: put together, take apart, not the same, and open questions."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from apiflask import APIBlueprint
from flask import Response
from sqlalchemy.orm import Session

from app import auth
from app.api.doors import by_staff, replayable
from app.looks import leave_looks
from app.review_texts import question_text, why_text
from app.schemas.identity import (
    ApprovalIn,
    BlockIn,
    BlockOut,
    CannotLinkIn,
    CannotLinkOut,
    DismissalIn,
    DismissalOut,
    LinkedOut,
    LinkIn,
    RetractionIn,
    RetractionOut,
    ReviewOut,
    ReviewSideOut,
    ReviewsOut,
    SplitOut,
    SplitPartOut,
)
from app.wiring import services
from loyalty.identity.dry_run import would_split
from loyalty.identity.errors import LinkUnknownError
from loyalty.identity.queries import link_by_id, person_of_identifier
from loyalty.identity.states import kind_and_state
from loyalty.journeys.block_value import block_value
from loyalty.journeys.decide_review import approve, keep_apart, leave_it
from loyalty.journeys.list_reviews import Review, Side, list_reviews
from loyalty.journeys.staff_says import (
    Answered,
    Put,
    Saying,
    call_apart,
    call_one_again,
    once,
    put_back,
    put_together,
    separate,
)
from loyalty.journeys.unlink import PutBack
from loyalty.kernel.errors import Fact
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("identity", __name__, url_prefix="/api/v1/identity", tag="Identity")

WRITERS = ("owner", "manager")
REVIEWS_MOST = 50
AGAIN = {int(HTTPStatus.OK): "The same act was sent before; this is its answer"}


@bp.post("/links")
@by_staff(
    *WRITERS, refuses=(Refusal.IDENTIFIER_UNKNOWN, Refusal.CONSENT_NEEDED, Refusal.ALREADY_USED)
)
@bp.input(LinkIn)
@bp.output(LinkedOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_link(json_data: LinkIn) -> Response:
    """Put two identifiers' persons together, with a reason; points move and can move back."""
    said = _said(json_data.act_id, json_data.reason)
    parts = services()
    with parts.database.unit_of_work(said.program_id) as session:
        act = partial(
            put_together,
            session,
            said,
            json_data.a,
            json_data.b,
            keep_member=json_data.keep_member,
            tools=parts.tools,
        )
        done = _once(session, said, json_data.model_dump(), lambda: _put(act()))
    return _answer(LinkedOut, said, done)


@bp.post("/retractions")
@by_staff(*WRITERS, refuses=(Refusal.LINK_UNKNOWN, Refusal.CONSENT_NEEDED, Refusal.ALREADY_USED))
@bp.input(RetractionIn)
@bp.output(RetractionOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_retraction(json_data: RetractionIn) -> Response:
    """Take evidence back with a reason, or with `undo` put it back; it is judged again at once."""
    said = _said(json_data.act_id, json_data.reason or "")
    parts, tools = services(), services().tools
    with parts.database.unit_of_work(said.program_id) as session:

        def do() -> dict[str, Fact]:
            if json_data.undo:
                back = put_back(
                    session, said.program_id, json_data.link_id, actor=said.actor, tools=tools
                )
            else:
                back = PutBack(separate(session, said, json_data.link_id, tools=tools))
            return {"link_ids": " ".join(back.link_ids), "refused_rule": back.refused_rule}

        done = _once(session, said, json_data.model_dump(), do)
        ends = _ends(session, said.program_id, json_data.link_id)
    told = RetractionOut(
        act_id=said.act_id,
        replayed=done.replayed,
        link_ids=str(done.facts["link_ids"]).split(),
        refused_rule=cast("str | None", done.facts.get("refused_rule")),
        **ends,
    )
    return replayable(told, replayed=done.replayed)


@bp.post("/cannot-links")
@by_staff(*WRITERS, refuses=(Refusal.IDENTIFIER_UNKNOWN, Refusal.ALREADY_USED))
@bp.input(CannotLinkIn)
@bp.output(CannotLinkOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_cannot_link(json_data: CannotLinkIn) -> Response:
    """Say that two are not the same, or with `undo` take that back; stronger than every link."""
    said = _said(json_data.act_id, json_data.reason)
    parts, a, b = services(), json_data.a, json_data.b
    with parts.database.unit_of_work(said.program_id) as session:

        def do() -> dict[str, Fact]:
            if json_data.undo:
                back = call_one_again(
                    session, said.program_id, a, b, actor=said.actor, tools=parts.tools
                )
                return {"changed": back.changed}
            return {"changed": call_apart(session, said, a, b, tools=parts.tools)}

        done = _once(session, said, json_data.model_dump(), do)
        told = CannotLinkOut(
            act_id=said.act_id,
            replayed=done.replayed,
            changed=bool(done.facts["changed"]),
            a_person_id=_person_id(session, said.program_id, a),
            b_person_id=_person_id(session, said.program_id, b),
        )
    return replayable(told, replayed=done.replayed)


@bp.post("/blocks")
@by_staff(
    *WRITERS,
    refuses=(
        Refusal.IDENTIFIER_UNKNOWN,
        Refusal.IDENTIFIER_NOT_BLOCKABLE,
        Refusal.ALREADY_USED,
    ),
)
@bp.input(BlockIn)
@bp.output(BlockOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_block(json_data: BlockIn) -> Response:
    """Let a value (the shop's tablet, a made-up number) join nobody, or with `undo` again."""
    said = _said(json_data.act_id, json_data.reason or "")
    parts, own, undo = services(), json_data.identifier_id, json_data.undo
    with parts.database.unit_of_work(said.program_id) as session:

        def do() -> dict[str, Fact]:
            return {"changed": block_value(session, said, own, undo=undo, tools=parts.tools)}

        done = _once(session, said, json_data.model_dump(), do)
        told = BlockOut(
            act_id=said.act_id,
            replayed=done.replayed,
            identifier_id=own,
            changed=bool(done.facts["changed"]),
            state=kind_and_state(session, said.program_id, own)[1],
            person_id=_person_id(session, said.program_id, own),
        )
    return replayable(told, replayed=done.replayed)


@bp.get("/links/<link_id>/split")
@by_staff(*WRITERS, refuses=(Refusal.LINK_UNKNOWN,))
@bp.output(SplitOut)
def get_split(link_id: str) -> SplitOut:
    """Say what would split if a link went; nothing is changed by asking."""
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        split = would_split(session, principal.program_id, [link_id])
    leave_looks(principal, split.person_ids, seen="split")
    return SplitOut(
        link_id=link_id,
        splits=split.splits,
        person_ids=list(split.person_ids),
        parts=[
            SplitPartOut(
                person_id=part.person_id,
                identifier_ids=sorted(part.identifier_ids, key=lambda each: each.int),
            )
            for part in split.parts
        ],
    )


@bp.get("/reviews")
@by_staff(*WRITERS)
@bp.output(ReviewsOut)
def get_reviews() -> ReviewsOut:
    """List the open questions: who may be one person although no rule lets us say so."""
    principal, parts = auth.staff(), services()
    with parts.database.reading(principal.program_id) as session:
        found = list_reviews(session, principal.program_id, limit=REVIEWS_MOST)
    seen = [side.person_id for each in found for side in (each.one, each.other)]
    leave_looks(principal, seen, seen="asked")
    return ReviewsOut(reviews=[_review_out(each) for each in found])


@bp.post("/reviews/<link_id>/approve")
@by_staff(*WRITERS, refuses=(Refusal.LINK_UNKNOWN, Refusal.CONSENT_NEEDED, Refusal.ALREADY_USED))
@bp.input(ApprovalIn)
@bp.output(LinkedOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_approval(link_id: str, json_data: ApprovalIn) -> Response:
    """Answer yes: both are one person, by a contract link with the reason; undone by retraction."""
    said = _said(json_data.act_id, json_data.reason)
    parts = services()
    with parts.database.unit_of_work(said.program_id) as session:

        def do() -> dict[str, Fact]:
            made = approve(
                session,
                said.program_id,
                link_id,
                actor=said.actor,
                reason=said.reason,
                keep_member=json_data.keep_member,
                act_id=said.act_id,
                tools=parts.tools,
            )
            link = link_by_id(session, said.program_id, made.link_id)
            assert link is not None, "an approval is evidence"
            points, debt = (made.join.points, made.join.debt) if made.join else (0, 0)
            person = _person_id(session, said.program_id, link.a)
            return _put(Put(made.link_id, made.refused_rule, person, points, debt))

        done = _once(session, said, {"link_id": link_id, **json_data.model_dump()}, do)
    return _answer(LinkedOut, said, done)


@bp.post("/reviews/<link_id>/dismiss")
@by_staff(*WRITERS, refuses=(Refusal.LINK_UNKNOWN, Refusal.ALREADY_USED))
@bp.input(DismissalIn)
@bp.output(DismissalOut, HTTPStatus.CREATED)
@bp.doc(responses=AGAIN)
def create_dismissal(link_id: str, json_data: DismissalIn) -> Response:
    """Answer no (they are not the same), or that nobody can say: it is not asked again."""
    said = _said(json_data.act_id, json_data.reason or json_data.answer)
    parts = services()
    with parts.database.unit_of_work(said.program_id) as session:

        def do() -> dict[str, Fact]:
            if json_data.answer == "leave":
                seen = leave_it(
                    session, said.program_id, link_id, actor=said.actor, tools=parts.tools
                )
            else:
                seen = keep_apart(
                    session,
                    said.program_id,
                    link_id,
                    actor=said.actor,
                    reason=said.reason,
                    tools=parts.tools,
                )
            return {"a": str(seen.a), "b": str(seen.b), "changed": seen.is_new}

        done = _once(session, said, {"link_id": link_id, **json_data.model_dump()}, do)
    return _answer(DismissalOut, said, done)


def _said(act_id: str, reason: str) -> Saying:
    principal = auth.staff()
    actor = f"staff:{principal.staff_id}"
    return Saying(principal.program_id, act_id, actor, " ".join(reason.split()))


def _once(session: Session, said: Saying, asked: Mapping[str, Any], do: Any) -> Answered:  # noqa: ANN401  each act's own
    return once(session, said.program_id, said.act_id, asked=asked, act=do, tools=services().tools)


def _put(made: Put) -> dict[str, Fact]:
    return {
        "link_id": made.link_id,
        "refused_rule": made.refused_rule,
        "person_id": made.person_id,
        "points": made.points,
        "debt": made.debt,
    }


def _answer(
    message: type[LinkedOut] | type[DismissalOut], said: Saying, done: Answered
) -> Response:
    told = {"act_id": said.act_id, "replayed": done.replayed, **done.facts}
    return replayable(message.model_validate(told), replayed=done.replayed)


def _ends(session: Session, program_id: int, link_id: str) -> dict[str, Any]:
    link = link_by_id(session, program_id, link_id)
    if link is None:
        raise LinkUnknownError
    return {
        "a": link.a,
        "a_person_id": _person_id(session, program_id, link.a),
        "b": link.b,
        "b_person_id": _person_id(session, program_id, link.b),
    }


def _person_id(session: Session, program_id: int, identifier_id: UUID) -> str:
    person = person_of_identifier(session, program_id, identifier_id)
    return "" if person is None else person.person_id


def _review_out(review: Review) -> ReviewOut:
    return ReviewOut(
        link_id=review.entry.link_id,
        rule=review.entry.rule,
        kind=review.evidence.kind,
        times=review.entry.times,
        first_at=review.entry.first_at,
        last_at=review.entry.last_at,
        question=question_text(review),
        why=why_text(review),
        one=_side_out(review.one),
        other=_side_out(review.other),
    )


def _side_out(side: Side) -> ReviewSideOut:
    return ReviewSideOut(
        person_id=side.person_id,
        identifier_id=side.anchor_id,
        member_id=side.member_id,
        display_name=side.display_name,
        since=side.since,
        points=side.points,
        purchases=side.purchases,
    )
