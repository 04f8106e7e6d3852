"""The costly part of judging a code, done before the unit of work begins."""

from app.wiring import services
from loyalty.codes.judge import prejudge
from loyalty.codes.keys import public_ring
from loyalty.codes.verdict import Checked


def check_signature(program_id: int, code: str | None) -> Checked | None:
    """Check a code's signature while no writer waits for it; the verdict falls inside."""
    if code is None:
        return None
    with services().database.reading(program_id) as session:
        ring = public_ring(session, program_id)
    return prejudge(code, program_id=program_id, ring=ring)
