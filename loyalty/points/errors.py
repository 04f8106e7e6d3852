"""What the ledger refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class ActConflictError(LoyaltyError):
    """The act id was used for an act with other content (`act_id`)."""

    code = Refusal.ALREADY_USED


class PointsInvalidError(LoyaltyError):
    """Not a number of points that can move: whole, above zero, at most `points_max`."""

    code = Refusal.POINTS_INVALID


class PointsShortError(LoyaltyError):
    """More points were `asked` for than are `free` at this moment."""

    code = Refusal.POINTS_SHORT


class RedeemingBlockedError(LoyaltyError):
    """The program lets nobody redeem who owes points (`debt`)."""

    code = Refusal.REDEEMING_BLOCKED


class HoldUnknownError(LoyaltyError):
    """There is no such hold."""

    code = Refusal.HOLD_UNKNOWN


class HoldEndedError(LoyaltyError):
    """The hold was taken, let go or ran out before; `outcome` says which."""

    code = Refusal.HOLD_ENDED


class HoldExceededError(LoyaltyError):
    """More points were `asked` for than the hold reserves (`held`)."""

    code = Refusal.HOLD_EXCEEDED


class GiveBackExceededError(LoyaltyError):
    """More points would come back than the redemption took; `left` can."""

    code = Refusal.GIVE_BACK_EXCEEDED


class AdjustLimitError(LoyaltyError):
    """This role may not move so many points by hand; at most `most` at once."""

    code = Refusal.ADJUST_LIMIT
