"""What the codes room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class CardUnknownError(LoyaltyError):
    """No card of this program that can still be used has this id."""

    code = Refusal.CARD_UNKNOWN


class CodeRefusedError(LoyaltyError):
    """The code that was shown is worth nothing here (`outcome` says why)."""

    code = Refusal.CODE_REFUSED


class KeyRingSealedError(LoyaltyError):
    """The master key at hand does not open the program's private keys (`key_id`).

    Either the key file belongs to another database, or the row was changed by hand.
    """

    code = Refusal.INTERNAL_ERROR
