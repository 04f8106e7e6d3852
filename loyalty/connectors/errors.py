"""What a connector refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class MentionInvalidError(LoyaltyError):
    """A webmention that cannot be taken; `reason` says why."""

    code = Refusal.MENTION_INVALID


class NetworkTroubleError(LoyaltyError):
    """A network did not give what was asked; `reason` says what to do about it.

    Reasons: "revoked" (connect again), "busy" (asks us to wait `retry_after_s`), "down",
    "not_understood" (it answers something else than it should), "gone".
    """

    code = Refusal.NETWORK_TROUBLE
    retryable = True
