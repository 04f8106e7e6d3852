"""A product for nothing: the cheapest pieces of what is in the basket, or one beside the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.points.rewards.base import (
    NOTHING,
    PIECE_MILLI,
    TIMES_MAX,
    Basket,
    Discount,
    chosen,
    names_checked,
    nothing_else,
    number,
    number_checked,
)
from loyalty.points.rules import RewardFacts


def check(parameters: Mapping[str, object]) -> dict[str, object]:
    """Take `products` and `categories` it may be, `pieces` (1), and `worth_minor`.

    `worth_minor` is what comes off at a till that tells no lines. Without any of them the reward
    is given beside the ticket and takes nothing off.
    """
    nothing_else(parameters, {"products", "categories", "pieces", "worth_minor"})
    checked: dict[str, object] = {}
    for field in ("products", "categories"):
        names = names_checked(parameters, field)
        if names:
            checked[field] = names
    if parameters.get("pieces") is not None:
        checked["pieces"] = number_checked(parameters, "pieces", high=TIMES_MAX)
    if parameters.get("worth_minor") is not None:
        checked["worth_minor"] = number_checked(parameters, "worth_minor")
    return checked


def discount(reward: RewardFacts, basket: Basket, points: int) -> Discount:
    """Take the cheapest pieces off, as often as `points` pay for and the basket has pieces.

    More pieces cost more points: the reward is used `times` times, and pieces that are not in
    the basket cost nothing.
    """
    times = min(points // reward.points, TIMES_MAX)
    if times == 0:
        return NOTHING
    if not reward.parameters.get("products") and not reward.parameters.get("categories"):
        return _beside_the_ticket(reward, basket, times)
    if not basket.lines:
        return _without_lines(reward, basket, times)
    return cheapest_pieces(reward, basket, times)


def _beside_the_ticket(reward: RewardFacts, basket: Basket, times: int) -> Discount:
    """Give something the ticket does not name; `worth_minor` comes off where the owner says so."""
    if number(reward, "worth_minor") > 0:
        return _without_lines(reward, basket, times)
    return Discount(0, times * reward.points, times, tuple(0 for _ in basket.lines))


def _without_lines(reward: RewardFacts, basket: Basket, times: int) -> Discount:
    worth = number(reward, "worth_minor")
    if worth == 0 or basket.total_minor == 0:
        return NOTHING
    times = min(times, -(-basket.total_minor // worth))
    minor = min(times * worth, basket.total_minor)
    return Discount(minor, times * reward.points, times, _from_dearest(minor, basket))


def _from_dearest(minor: int, basket: Basket) -> tuple[int, ...]:
    """Note an amount that belongs to no line on the dearest ones, which it fits into."""
    shares = [0] * len(basket.lines)
    for place in sorted(range(len(shares)), key=lambda at: (-basket.lines[at].total_minor, at)):
        shares[place] = min(minor - sum(shares), max(0, basket.lines[place].total_minor))
    return tuple(shares)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of a line: what it costs, and where it stands."""

    minor: int
    line: int


def cheapest_pieces(reward: RewardFacts, basket: Basket, times: int) -> Discount:
    """Take the cheapest pieces of the chosen products off."""
    each = number(reward, "pieces", default=1)
    wanted = times * each
    pieces = sorted(_pieces(reward, basket, wanted), key=lambda piece: (piece.minor, piece.line))
    free = pieces[:wanted]
    if not free:
        return NOTHING
    used = -(-len(free) // each)
    shares = [0] * len(basket.lines)
    room = basket.total_minor
    for piece in free:
        taken = min(piece.minor, room)
        shares[piece.line] += taken
        room -= taken
    return Discount(sum(shares), used * reward.points, used, tuple(shares))


def _pieces(reward: RewardFacts, basket: Basket, wanted: int) -> list[_Piece]:
    """Take the chosen lines apart; what is sold by weight counts as one piece.

    The cents of a line that do not divide make some pieces one cent dearer, so that all of them
    together cost what the line does. Only the `wanted` cheapest of a line are looked at.
    """
    fits = chosen(reward.parameters)
    found: list[_Piece] = []
    for place, line in enumerate(basket.lines):
        if not fits(line) or line.quantity_milli <= 0:
            continue
        count = line.quantity_milli // PIECE_MILLI if line.quantity_milli % PIECE_MILLI == 0 else 1
        minor, dearer = divmod(line.total_minor, count)
        found += [
            _Piece(minor if at < count - dearer else minor + 1, place)
            for at in range(min(count, wanted))
        ]
    return found
