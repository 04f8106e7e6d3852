"""What the orders room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class SlotFullError(LoyaltyError):
    """Every place of the slot is taken (`slot_starts_at`)."""

    code = Refusal.SLOT_FULL


class SlotUnavailableError(LoyaltyError):
    """The store offers no such slot now: it is too soon, too far, or the store is closed."""

    code = Refusal.SLOT_UNAVAILABLE


class OrderInvalidError(LoyaltyError):
    """A basket that cannot be ordered; `reason` and the product or field say why."""

    code = Refusal.ORDER_INVALID


class OrderConflictError(LoyaltyError):
    """The order's id was used for another order."""

    code = Refusal.ORDER_CONFLICT


class OrderStateError(LoyaltyError):
    """The order is not in a state in which this can be done; `state` says how it stands."""

    code = Refusal.ORDER_STATE


class OrderChangedError(OrderStateError):
    """Somebody else changed it since it was looked at; what is asked would undo that."""


class OrderElsewhereError(LoyaltyError):
    """The order is collected at another store (`store_id`)."""

    code = Refusal.ORDER_ELSEWHERE


class ChangeTooLateError(LoyaltyError):
    """The time until which a shopper may change the order alone has passed (`change_until`)."""

    code = Refusal.CHANGE_TOO_LATE


class SpokenCodeWrongError(LoyaltyError):
    """The spoken code is not this order's; `tries_left` says how often it may still be tried."""

    code = Refusal.SPOKEN_CODE_WRONG


class HandoffConflictError(LoyaltyError):
    """The handoff's id was used for another handoff."""

    code = Refusal.HANDOFF_CONFLICT
