"""What the catalog refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class StockShortError(LoyaltyError):
    """Less is there than was asked for; `available_milli` says how much."""

    code = Refusal.STOCK_SHORT
