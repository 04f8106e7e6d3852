"""Reading what somebody wrote, field by field, and collecting what is wrong; pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, time
from fractions import Fraction
from typing import Any, Final, TypeVar

TIMES_MAX: Final = 10
TIMES_PARTS_MAX: Final = 100
_PAIR: Final = 2

Choice = TypeVar("Choice", bound=str)


class Faults:
    """What is wrong and what is doubtful, as pairs of field and code, in the order found."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []
        self.warnings: list[tuple[str, str]] = []

    def error(self, path: str, code: str) -> None:
        """Note something that cannot be kept, once."""
        if (path, code) not in self.errors:
            self.errors.append((path, code))

    def warn(self, path: str, code: str) -> None:
        """Note something that is probably not meant, once."""
        if (path, code) not in self.warnings:
            self.warnings.append((path, code))


class Field:
    """An object that somebody wrote, at a path; every look notes what is wrong there."""

    def __init__(self, raw: Mapping[str, Any], path: str, faults: Faults) -> None:
        self.raw = raw
        self.path = path
        self._faults = faults

    def fault(self, name: str, code: str) -> None:
        """Note an error in one field."""
        self._faults.error(self._at(name), code)

    def warn(self, name: str, code: str) -> None:
        """Note a doubt about one field."""
        self._faults.warn(self._at(name), code)

    def only(self, names: Collection[str]) -> None:
        """Refuse fields that mean nothing here; a slip of a letter must not pass in silence."""
        for name in self.raw:
            if name not in names:
                self.fault(str(name), "unknown_field")

    def text(self, name: str, *, most: int, required: bool = False) -> str:
        """Read a text."""
        value = self.raw.get(name)
        if value is None or value == "":
            if required:
                self.fault(name, "missing")
            return ""
        if not isinstance(value, str) or not value.isprintable():
            self.fault(name, "not_a_text")
            return ""
        if len(value) > most:
            self.fault(name, "too_long")
        return value

    def number(
        self, name: str, *, most: int, least: int = 0, required: bool = False, default: int = 0
    ) -> int:
        """Read a whole number; True, 1.0 and "1" are none."""
        value = self.raw.get(name)
        if value is None:
            if required:
                self.fault(name, "missing")
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(name, "not_a_whole_number")
            return default
        if not least <= value <= most:
            self.fault(name, "out_of_range")
            return default
        return value

    def choice(
        self, name: str, choices: Sequence[Choice], *, default: Choice | None = None
    ) -> Choice | None:
        """Read one of some words."""
        value = self.raw.get(name)
        if value is None:
            if default is None:
                self.fault(name, "missing")
            return default
        found = [each for each in choices if each == value]
        if not found:
            self.fault(name, "unknown_word")
            return default
        return found[0]

    def day(self, name: str) -> date | None:
        """Read a day of the calendar, "2026-12-31"."""
        value = self.raw.get(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.fault(name, "not_a_day")
            return None

    def clock(self, name: str) -> time | None:
        """Read a time of the day, "16:30"."""
        value = self.raw.get(name)
        if value is None:
            self.fault(name, "missing")
            return None
        try:
            clock = time.fromisoformat(value)
        except (TypeError, ValueError):
            self.fault(name, "not_a_time")
            return None
        if clock.tzinfo is not None or clock.second or clock.microsecond:
            self.fault(name, "not_a_time")
            return None
        return clock

    def times(self, name: str) -> Fraction:
        """Read a multiplier, `[3, 2]` for one and a half: more than nothing, at most tenfold."""
        value = self.raw.get(name)
        if value is None:
            self.fault(name, "missing")
            return Fraction(1)
        whole = isinstance(value, list | tuple) and all(
            isinstance(part, int) and not isinstance(part, bool) for part in value
        )
        if not whole or len(value) != _PAIR:
            self.fault(name, "not_a_multiplier")
            return Fraction(1)
        over, under = value
        most = TIMES_MAX * TIMES_PARTS_MAX
        if not (1 <= over <= most and 1 <= under <= TIMES_PARTS_MAX) or over > TIMES_MAX * under:
            self.fault(name, "out_of_range")
            return Fraction(1)
        return Fraction(over, under)

    def texts(self, name: str, *, most: int, length: int) -> tuple[str, ...]:
        """Read a list of different texts."""
        found: list[str] = []
        for number, value in enumerate(self._list(name, most=most)):
            at = f"{name}[{number}]"
            if not isinstance(value, str) or not value.strip() or not value.isprintable():
                self.fault(at, "not_a_text")
            elif len(value) > length:
                self.fault(at, "too_long")
            elif value in found:
                self.fault(at, "duplicate")
            else:
                found.append(value)
        return tuple(found)

    def numbers(self, name: str, *, least: int, most: int) -> tuple[int, ...]:
        """Read a list of different whole numbers; at least one."""
        found: list[int] = []
        written = self._list(name, most=most)
        if not written:
            self.fault(name, "missing")
        for number, value in enumerate(written):
            at = f"{name}[{number}]"
            if not isinstance(value, int) or isinstance(value, bool):
                self.fault(at, "not_a_whole_number")
            elif not least <= value <= most:
                self.fault(at, "out_of_range")
            elif value in found:
                self.fault(at, "duplicate")
            else:
                found.append(value)
        return tuple(found)

    def part(self, name: str) -> "Field | None":
        """Look into an object within; none when it is not there."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.fault(name, "not_an_object")
            return None
        return Field(value, self._at(name), self._faults)

    def items(self, name: str, *, most: int) -> "list[Field]":
        """Look into a list of objects."""
        found: list[Field] = []
        for number, value in enumerate(self._list(name, most=most)):
            if isinstance(value, Mapping):
                found.append(Field(value, self._at(f"{name}[{number}]"), self._faults))
            else:
                self.fault(f"{name}[{number}]", "not_an_object")
        return found

    def _list(self, name: str, *, most: int) -> Iterable[Any]:
        value = self.raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.fault(name, "not_a_list")
            return []
        if len(value) > most:
            self.fault(name, "too_many")
            return []
        return value

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name
