"""What the ledger refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class ActConflictError(LoyaltyError):
    """The act id was used for an act with other content (`act_id`)."""

    code = Refusal.ALREADY_USED
