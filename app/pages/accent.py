"""The small stylesheet with a shop's color; pages of one shop all wear it."""

from uuid import UUID

from flask import Blueprint, Response

from app.accent import derive_accent, stylesheet
from app.wiring import services
from loyalty.kernel.errors import NotFoundError
from loyalty.programs.queries import store_by_id

bp = Blueprint("accent", __name__)

KEPT_S = 300


@bp.get("/accent/<int:program_id>-<uuid:store_id>.css")
def sheet(program_id: int, store_id: UUID) -> Response:
    """Serve the accent tokens of a store, derived from the one color its owner picked."""
    with services().database.reading(program_id) as session:
        store = store_by_id(session, program_id, store_id)
    if store is None:
        raise NotFoundError
    answer = Response(stylesheet(derive_accent(store.color)), mimetype="text/css")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    return answer
