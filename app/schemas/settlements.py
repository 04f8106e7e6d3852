"""Who owes whom between the stores of a program, as its staff may read it."""

from datetime import date, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from app.schemas.base import Currency, MessageIn, MessageOut, Moment
from loyalty.journeys.tell_settlement import DAYS_MAX, ENTRIES_MAX

PROGRAM = "program"


def _party(value: object) -> object:
    return None if value == PROGRAM else value


# A store, or "program": points no store gave, and debts that the program advances.
PartyIn = Annotated[UUID | None, BeforeValidator(_party)]


class SettlementQuery(MessageIn):
    """Which days: `from` and `until` (YYYY-MM-DD), both included, at most 400."""

    first: date = Field(alias="from")
    last: date = Field(alias="until")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.first <= self.last < self.first + timedelta(days=DAYS_MAX):
            message = f"until is not before from, and at most {DAYS_MAX} days are told"
            raise ValueError(message)
        return self


class SettlementEntriesQuery(SettlementQuery):
    """Which figure, by its two parties in any order, and after which line of the page before."""

    one: PartyIn
    other: PartyIn
    after_posting: UUID | None = None
    after_line: int | None = Field(default=None, ge=1)
    limit: int = Field(default=100, ge=1, le=ENTRIES_MAX)


class SettlementFigureOut(MessageOut):
    """What one party owes another; a store by its id, the program by null.

    `worth_milli` is the exact sum in 1/1000 minor units, `amount_minor` what is to be paid.
    """

    debtor_store_id: UUID | None
    creditor_store_id: UUID | None
    amount_minor: int
    worth_milli: int
    points: int
    entries: int


class SettlementTotalOut(MessageOut):
    """What a party gets (+) or pays (−) in all."""

    store_id: UUID | None
    amount_minor: int


class SettlementStoreOut(MessageOut):
    """A store and its name."""

    store_id: UUID
    name: str


class SettlementOut(MessageOut):
    """The settlement of some days; whole, its totals add up to zero."""

    first: date
    last: date
    currency: Currency
    is_whole: bool
    stores: list[SettlementStoreOut]
    figures: list[SettlementFigureOut]
    totals: list[SettlementTotalOut]


class SettlementEntryOut(MessageOut):
    """One line behind a figure; negative when a redemption was undone or a debt repaid."""

    posting_id: UUID
    line: int
    kind: str
    occurred_at: Moment
    recorded_at: Moment
    debtor_store_id: UUID | None
    creditor_store_id: UUID | None
    points: int
    worth_milli: int
    subject: str | None


class SettlementEntriesOut(MessageOut):
    """A page of lines, oldest first; a shorter page than `limit` is the last."""

    entries: list[SettlementEntryOut]
