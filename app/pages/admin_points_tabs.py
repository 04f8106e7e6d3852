"""The places of "points and rewards", as the row of pills above each of them."""

from dataclasses import dataclass

from flask import url_for

from app.language import gettext


@dataclass(frozen=True, slots=True)
class PointsTab:
    """One place."""

    name: str
    href: str
    is_current: bool


def points_tabs(current: str) -> tuple[PointsTab, ...]:
    """List the places, in the order an owner sets them up."""
    places = (("rewards", gettext("Premios"), url_for("admin_rewards.rewards")),)
    return tuple(PointsTab(label, href, name == current) for name, label, href in places)
