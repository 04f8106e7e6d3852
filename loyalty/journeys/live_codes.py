"""A phone fetches the codes it will show, for more than an hour without signal."""

from sqlalchemy.orm import Session

from loyalty.codes.live import LiveBatch, held_live_batch, renew_live_batch
from loyalty.journeys.tools import Tools
from loyalty.programs.sessions import BrowserFacts


def live_codes(session: Session, shopper: BrowserFacts, *, tools: Tools) -> LiveBatch:
    """Give a phone its codes, new ones too when it runs low; needs a unit of work.

    Which visit they speak for is not in them: it is decided by consent and kept on the server.
    Errors: `CardUnknownError` for a card that was voided.
    """
    return renew_live_batch(
        session, shopper.program_id, shopper.subject, at=tools.clock.now(), keys=tools.keys
    )


def held_codes(session: Session, shopper: BrowserFacts, *, tools: Tools) -> LiveBatch | None:
    """Give a phone the codes it holds already, without writing; none when it runs low."""
    return held_live_batch(
        session, shopper.program_id, shopper.subject, at=tools.clock.now(), keys=tools.keys
    )
