"""What a till is told of a person: no more than the counter needs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PersonShort:
    """Whose card it is; without a display name it is an anonymous card."""

    person_id: str
    display_name: str | None
    member_since: datetime
