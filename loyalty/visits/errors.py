"""What the visits room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class NoteEmptyError(LoyaltyError):
    """A note without a word."""

    code = Refusal.NOTE_EMPTY


class VisitUnknownError(LoyaltyError):
    """No such visit, or it ended: what happened in it cannot be added any more."""

    code = Refusal.VISIT_UNKNOWN
