"""The server's clock, for tills that keep the offset of theirs."""

from contextlib import suppress

from apiflask import APIBlueprint

from app import auth
from app.api.doors import by_anyone
from app.schemas.till import TimeOut
from app.wiring import services
from loyalty.kernel.errors import LoyaltyError

bp = APIBlueprint("time", __name__, url_prefix="/api/v1/time", tag="Till")


@bp.get("")
@by_anyone()
@bp.output(TimeOut)
def get_time() -> TimeOut:
    """Tell the time; a till that asks for it was heard of."""
    with suppress(LoyaltyError):
        auth.till()
    return TimeOut(server_time=services().tools.clock.now())
