"""Which numbers of points can move: whole ones, above zero, and not beyond all measure."""

from typing import Final

from loyalty.points.errors import PointsInvalidError

# What one act may redeem, correct or bring along; a receipt may earn more by its own rule.
POINTS_MAX: Final = 1_000_000
CREDIT_MAX: Final = 1_000_000_000


def check_points(points: object) -> None:
    """Refuse what is no number of points to move.

    Errors: `PointsInvalidError` for zero, less, too many, and what is not whole.
    """
    if type(points) is not int or not 0 < points <= POINTS_MAX:
        raise PointsInvalidError(points_max=POINTS_MAX)


def check_credit(points: object) -> None:
    """Refuse what no rule can give; nothing at all is given by many.

    Errors: `PointsInvalidError`.
    """
    if type(points) is not int or not 0 <= points <= CREDIT_MAX:
        raise PointsInvalidError(points_max=CREDIT_MAX)
