"""Rewards at the till: held before payment, then taken or let go."""

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response

from app import auth
from app.api.acts import redeem_ask
from app.api.doors import by_till, replayable, store_here, till_again, written
from app.api.hold_wording import hold_out
from app.api.prechecks import check_signature
from app.schemas.holds import HoldIn, HoldOut, HoldPostIn, HoldVoidIn
from app.wiring import services
from loyalty.codes.pins import HashedPin
from loyalty.journeys.redeem import redeem
from loyalty.journeys.redeem_ends import let_go_of_reward, take_reward
from loyalty.journeys.redeem_proof import typed_pin
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("holds", __name__, url_prefix="/api/v1/holds", tag="Rewards")

ENDS = (Refusal.HOLD_UNKNOWN, Refusal.HOLD_ENDED)


@bp.post("")
@by_till(
    Refusal.AMOUNT_INVALID,
    Refusal.HOLD_CONFLICT,
    Refusal.CODE_REFUSED,
    Refusal.PROOF_NEEDED,
    Refusal.MEMBER_PIN_WRONG,
    Refusal.PIN_WRONG,
    Refusal.PIN_NEEDED,
    Refusal.TOO_MANY_TRIES,
    Refusal.ALLOWANCE_EXCEEDED,
    Refusal.POINTS_SHORT,
    Refusal.REDEEMING_BLOCKED,
    Refusal.REWARD_NOT_OFFERED,
    Refusal.REWARD_SOLD_OUT,
    Refusal.REWARD_LIMIT,
    Refusal.REWARD_DOES_NOT_FIT,
    looks_again=True,
)
@bp.input(HoldIn)
@bp.output(HoldOut, HTTPStatus.CREATED)
@bp.doc(responses={int(HTTPStatus.OK): "The same hold was asked for before; this is how it stands"})
def create_hold(json_data: HoldIn) -> Response:
    """Hold a reward for a basket before it is paid, on a proof that its member wants it.

    A live code proves it; a printed card needs its member's PIN, or a cashier's PIN with a
    reason. A refusal is kept with its `hold_id`: ask again with a new one.
    """
    auth.need_cashier()
    principal, parts = auth.till(), services()
    pin = _typed_pin(principal.program_id, json_data)
    asked = redeem_ask(principal, json_data, pin)
    checked = check_signature(principal.program_id, asked.code)
    with parts.database.unit_of_work(principal.program_id) as session:
        store = till_again(session)
        held = redeem(session, asked, tools=parts.tools, checked=checked)
    if isinstance(held, LoyaltyError):
        # Raised after the commit: a wrong PIN stays counted, and the refusal is kept.
        raise held
    return replayable(hold_out(held, store), replayed=held.replayed)


@bp.post("/<id:hold_id>/post")
@by_till(Refusal.HOLD_EXCEEDED, *ENDS)
@bp.input(HoldPostIn)
@bp.output(HoldOut)
def post_hold(hold_id: str, json_data: HoldPostIn) -> Response:
    """Take what is held, or a part: the rest is free again. A sale with `hold_id` does it too."""
    principal, parts = auth.till(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        taken = take_reward(session, principal, hold_id, points=json_data.points, tools=parts.tools)
    if isinstance(taken, LoyaltyError):
        raise taken
    return written(hold_out(taken, store_here()))


@bp.post("/<id:hold_id>/void")
@by_till(Refusal.UNDO_TOO_LATE, *ENDS)
@bp.input(HoldVoidIn)
@bp.output(HoldOut)
def void_hold(hold_id: str, json_data: HoldVoidIn) -> Response:  # noqa: ARG001  it says nothing
    """Let a held reward go; one taken today without a sale is given back, to its own lots.

    What a sale used comes back with the refunds of that sale.
    """
    principal, parts = auth.till(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        told = let_go_of_reward(session, principal, hold_id, tools=parts.tools)
    if isinstance(told, LoyaltyError):
        raise told
    return written(hold_out(told, store_here()))


def _typed_pin(program_id: int, told: HoldIn) -> HashedPin | None:
    """Work a typed PIN out while no writer waits for it."""
    if told.proof.member_pin is None:
        return None
    parts = services()
    with parts.database.reading(program_id) as session:
        return typed_pin(session, program_id, told.code, told.proof.member_pin, tools=parts.tools)
