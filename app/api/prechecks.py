"""The costly part of judging a code, done before the unit of work begins."""

from time import monotonic
from typing import Final

from app.wiring import services
from loyalty.codes.judge import prejudge
from loyalty.codes.keys import public_ring
from loyalty.codes.verdict import Checked

RING_S: Final = 60.0


def check_signature(program_id: int, code: str | None) -> Checked | None:
    """Check a code's signature while no writer waits for it; the verdict falls inside.

    The ring may be one that was read a minute ago: inside, where the ring is read anew, what
    was found by another one is not taken over, and the signature is checked again.
    """
    if code is None:
        return None
    parts = services()
    now_s = monotonic()
    read_at_s, ring = parts.rings.get(program_id, (now_s - RING_S, ()))
    if now_s - read_at_s >= RING_S:
        with parts.database.reading(program_id) as session:
            ring = public_ring(session, program_id)
        parts.rings[program_id] = now_s, ring
    return prejudge(code, program_id=program_id, ring=ring)
