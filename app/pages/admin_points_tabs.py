"""What the pages of points share: the pills above them, and what is wrong with a form."""

from collections.abc import Mapping
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
    places = (
        ("rules", gettext("Cómo se ganan"), url_for("admin_points.rules")),
        ("rewards", gettext("Premios"), url_for("admin_rewards.rewards")),
        ("tiers", gettext("Niveles"), url_for("admin_tiers.tiers")),
        ("policy", gettext("Condiciones"), url_for("admin_policy.policy")),
        ("openings", gettext("Saldos de antes"), url_for("admin_openings.choose")),
        ("settlement", gettext("Entre tiendas"), url_for("admin_settlement.settlement")),
        ("watch", gettext("Por caja"), url_for("admin_watch.watch")),
    )
    return tuple(PointsTab(label, href, name == current) for name, label, href in places)


@dataclass(frozen=True, slots=True)
class Slips:
    """The sentence for each field of a form that cannot be kept."""

    told: Mapping[str, str]

    def value(self, name: str) -> str:
        """Give the sentence for a field, "" when nothing is wrong with it."""
        return self.told.get(name, "")
