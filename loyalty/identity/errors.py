"""What the identity room refuses."""

from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal


class IdentifierBlockedError(LoyaltyError):
    """The value stands for nobody (empty, zeros, "null", a test address): it joins no one.

    Facts: `kind`, and the `reason` of `values.Blocked`.
    """

    code = Refusal.IDENTIFIER_BLOCKED


class LinkUnknownError(LoyaltyError):
    """No such link, or none that may be touched here."""

    code = Refusal.LINK_UNKNOWN


class JoinConflictError(LoyaltyError):
    """One event says of two memberships that one stays, and now that the other does (`event`)."""

    code = Refusal.ALREADY_USED


class ConsentNeededError(LoyaltyError):
    """The link rests on a consent that is not given any more (`purpose`)."""

    code = Refusal.CONSENT_NEEDED


class NotBlockableError(LoyaltyError):
    """Staff block browsers, vendors' customers, phones and e-mails only (`kind`)."""

    code = Refusal.IDENTIFIER_NOT_BLOCKABLE


class IdentifierUnknownError(LoyaltyError):
    """No such identifier in this program."""

    code = Refusal.IDENTIFIER_UNKNOWN
