"""What the programs room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class ProgramExistsError(LoyaltyError):
    """The program id is taken."""

    code = Refusal.PROGRAM_EXISTS


class StoreAddressTakenError(LoyaltyError):
    """Another store on this server already has that address (`slug`)."""

    code = Refusal.STORE_ADDRESS_TAKEN


class PairingCodeWrongError(LoyaltyError):
    """No open offer has this pairing code: mistyped, used, or older than ten minutes."""

    code = Refusal.PAIRING_CODE_WRONG


class TillRevokedError(LoyaltyError):
    """The till was unpaired by the owner; it has to be paired again."""

    code = Refusal.TILL_REVOKED


class PinWrongError(LoyaltyError):
    """The cashier's PIN was wrong, or its tries are used up (`tries_left`)."""

    code = Refusal.PIN_WRONG
