"""What the domain raises: refusals with a stable code and typed facts, never a status."""

from typing import ClassVar

from loyalty.wire.refusals import Refusal

Fact = str | int | bool | None


class LoyaltyError(Exception):
    """A refusal: something was asked that cannot be done, and why.

    Raising one undoes the unit of work. `facts` are safe to show to the caller: numbers,
    ids the caller sent, times; never another person's data.
    """

    code: ClassVar[Refusal]
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code.value, facts)
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code}: {told}" if told else str(self.code)


class StorageUnavailableError(LoyaltyError):
    """The database cannot take the act now, or it is not known whether it did; send it again."""

    code = Refusal.STORAGE_UNAVAILABLE
    retryable = True


class MalformedRequestError(LoyaltyError):
    """A value does not have the form that was asked for."""

    code = Refusal.MALFORMED_REQUEST


class SettingInvalidError(LoyaltyError):
    """A value that an owner set cannot be kept; `field` says which."""

    code = Refusal.SETTING_INVALID


class NotFoundError(LoyaltyError):
    """What was named does not exist here, or not for this caller."""

    code = Refusal.NOT_FOUND


class TooManyTriesError(LoyaltyError):
    """A guarded door was tried too often; it opens again after `retry_after_s`."""

    code = Refusal.TOO_MANY_TRIES
    retryable = True


class ListUnreadableError(LoyaltyError):
    """A list from a spreadsheet that cannot be read at all; `reason` says why."""

    code = Refusal.LIST_UNREADABLE
