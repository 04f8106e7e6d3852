"""What the social room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class AccountTakenError(LoyaltyError):
    """The account belongs to somebody else's card already."""

    code = Refusal.ACCOUNT_TAKEN
