"""What the sales room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class AmountInvalidError(LoyaltyError):
    """An amount that cannot be: negative, absurd, or nothing at all."""

    code = Refusal.AMOUNT_INVALID


class CurrencyMismatchError(LoyaltyError):
    """The amount is not in the store's currency."""

    code = Refusal.CURRENCY_MISMATCH


class SaleConflictError(LoyaltyError):
    """The sale id was used for a sale with other content (`sale_id`)."""

    code = Refusal.SALE_CONFLICT


class SaleIdReservedError(LoyaltyError):
    """Ids that begin with "order:" are those of handoffs, and there is none of this id."""

    code = Refusal.SALE_ID_RESERVED


class SaleUnknownError(LoyaltyError):
    """No sale of the program has this id (`sale_id`)."""

    code = Refusal.SALE_UNKNOWN


class RefundConflictError(LoyaltyError):
    """The refund id was used for another refund (`refund_id`)."""

    code = Refusal.REFUND_CONFLICT


class RefundExceedsSaleError(LoyaltyError):
    """More would be given back than the sale has left (`amount_minor`, `left_minor`)."""

    code = Refusal.REFUND_EXCEEDS_SALE


class ReassignmentConflictError(LoyaltyError):
    """The reassignment cannot be: its id was used for another one, or nothing is left to move."""

    code = Refusal.REASSIGNMENT_CONFLICT


class UndoTooLateError(LoyaltyError):
    """The store's day of the sale is over (`sale_id`)."""

    code = Refusal.UNDO_TOO_LATE


class OtherTillError(LoyaltyError):
    """Only the till that recorded the sale can do this (`sale_id`)."""

    code = Refusal.OTHER_TILL
