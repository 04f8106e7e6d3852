"""Why a reward cannot be had."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class RewardNotOfferedError(LoyaltyError):
    """There is no such reward now and here; `reason` says why."""

    code = Refusal.REWARD_NOT_OFFERED


class RewardSoldOutError(LoyaltyError):
    """Everything of its stock was had or is held (`left`)."""

    code = Refusal.REWARD_SOLD_OUT


class RewardLimitError(LoyaltyError):
    """This member had it as often as it can be had (`most`), in all or today (`per`)."""

    code = Refusal.REWARD_LIMIT


class RewardMisfitError(LoyaltyError):
    """The basket is too small for it, or has nothing it speaks of; `minimum_minor` if that is it.

    Or the points that were chosen buy nothing: it costs `points` at least.
    """

    code = Refusal.REWARD_DOES_NOT_FIT


class ProofNeededError(LoyaltyError):
    """A card that only identifies spends with its member's PIN, or up to an amount by a cashier.

    `pin_set` says whether there is a PIN, `cashier_points` what is left of the day's amount.
    """

    code = Refusal.PROOF_NEEDED


class MemberPinWrongError(LoyaltyError):
    """The member's PIN is another; with no `tries_left` only a new one or the owner helps."""

    code = Refusal.MEMBER_PIN_WRONG


class AllowanceExceededError(LoyaltyError):
    """More was asked for than the day's amount leaves (`left`)."""

    code = Refusal.ALLOWANCE_EXCEEDED


class HoldConflictError(LoyaltyError):
    """The hold's id was used for another one."""

    code = Refusal.HOLD_CONFLICT
