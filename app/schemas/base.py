"""What all messages of the API share: strict on the way in, complete on the way out."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from loyalty.kernel.money import TOTAL_MINOR_MAX
from loyalty.wire.messages import moment_text

MOMENT_PATTERN: Final = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_MOMENT = re.compile(MOMENT_PATTERN, re.ASCII)
# Ids that others make stand in addresses and in our ledger: no blanks, no slashes.
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,99}$"


class MessageIn(BaseModel):
    """A message to us; an unknown name is refused, because it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageOut(BaseModel):
    """A message from us; every name is always there, with null where there is nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _moment_form(value: object) -> object:
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        message = "a moment as RFC 3339 with a time zone, in this century"
        raise ValueError(message)
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


MomentIn = Annotated[
    datetime,
    BeforeValidator(_moment_form),
    AfterValidator(_in_utc),
    Field(json_schema_extra={"pattern": MOMENT_PATTERN}),
]
Moment = Annotated[datetime, PlainSerializer(moment_text, return_type=str)]
IdIn = Annotated[str, Field(pattern=ID_PATTERN, min_length=1, max_length=100)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
# Strict: 12.0, "12" and true are not amounts.
TotalMinor = Annotated[int, Field(strict=True, ge=0, le=TOTAL_MINOR_MAX)]
# Whatever a scanner typed; longer texts are no code.
CodeText = Annotated[str, Field(min_length=1, max_length=2048)]


class ProblemOut(BaseModel):
    """A refusal (RFC 9457); some codes add facts such as `tries_left` or `retry_after_s`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str
