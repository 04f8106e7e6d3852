"""What the visits room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class NoteEmptyError(LoyaltyError):
    """A note without a word."""

    code = Refusal.NOTE_EMPTY
