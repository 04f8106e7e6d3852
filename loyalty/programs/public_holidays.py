"""Public holidays of a country and its regions; the library that knows them is used only here."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import holidays

# Where a time zone says more than the country.
_REGION_OF_ZONE: Final = {"Atlantic/Canary": "CN", "Africa/Ceuta": "CE"}


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    """A day on which most shops of a place are closed, and what it is called."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a country with holidays of its own."""

    code: str
    name: str


def regions_of(country: str) -> tuple[Region, ...]:
    """List a country's parts by name; none for a country nobody knows."""
    found = _calendar(country, "", years=())
    if found is None:
        return ()
    names: dict[str, str] = {}
    for alias, code in found.subdivisions_aliases.items():
        names.setdefault(code, alias)
    known = (Region(code, names[code]) for code in found.subdivisions if code in names)
    return tuple(sorted(known, key=lambda region: region.name))


def usual_region(country: str, time_zone: str) -> str:
    """Guess the part of a country from its clock; "" when the clock says nothing."""
    return _REGION_OF_ZONE.get(time_zone, "") if country == "ES" else ""


def holidays_between(
    country: str, region: str, *, since: date, until: date, language: str
) -> tuple[Holiday, ...]:
    """List the holidays from `since` to `until`, both included, named in a language if it can be.

    A country nobody knows has none; of an unknown region the country's own are listed.
    """
    years = range(since.year, until.year + 1)
    found = _calendar(country, region, years=years, language=language)
    if found is None:
        return ()
    return tuple(sorted(Holiday(day, name) for day, name in found.items() if since <= day <= until))


def _calendar(
    country: str, region: str, *, years: range | tuple[int, ...], language: str = "es"
) -> holidays.HolidayBase | None:
    try:
        bare = holidays.country_holidays(country)
    except NotImplementedError:
        return None
    spoken = next((one for one in bare.supported_languages if one.startswith(language)), None)
    known = region if region in bare.subdivisions else None
    return holidays.country_holidays(country, subdiv=known, years=years, language=spoken)
