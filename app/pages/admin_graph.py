"""The picture of why identifiers belong together: one card, its neighbors, numbered edges."""

from dataclasses import dataclass
from math import hypot
from typing import Final

WIDTH: Final = 360
HEIGHT: Final = 346
# With neighbors above the card only, the picture ends below the card.
HEIGHT_ABOVE: Final = 210
CENTER: Final = (180, 165)
CENTER_RADIUS: Final = 38
NODE_RADIUS: Final = 23
NEIGHBORS_MAX: Final = 6
ABOVE_ONLY: Final = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 284, 74, 256
# Where neighbors stand, by how many there are; the list below the picture is in this order.
_PLACES: Final = {
    1: ((180, 66),),
    2: ((_LEFT, _TOP), (_RIGHT, _TOP)),
    3: ((_LEFT, _TOP), (_RIGHT, _TOP), (180, 276)),
    4: ((_LEFT, _TOP), (_RIGHT, _TOP), (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)),
    5: ((_LEFT, _TOP), (_RIGHT, _TOP), (_LEFT, _BOTTOM), (_RIGHT, _BOTTOM), (180, 276)),
    6: (
        (_LEFT, _TOP),
        (_RIGHT, _TOP),
        (_LEFT, _BOTTOM),
        (_RIGHT, _BOTTOM),
        (180, 64),
        (180, 276),
    ),
}


@dataclass(frozen=True, slots=True)
class Neighbor:
    """What stands around the card: a word, a second line, an icon, and how sure the link is.

    `state` is `proved`, `inferred` or `apart`.
    """

    number: int
    label: str
    detail: str
    icon: str
    state: str


@dataclass(frozen=True, slots=True)
class Node:
    """A neighbor in its place; `label_y` is the baseline of its word, `detail_y` of the second."""

    neighbor: Neighbor
    x: int
    y: int
    icon_x: int
    icon_y: int
    label_y: int
    detail_y: int


@dataclass(frozen=True, slots=True)
class Edge:
    """The line from the card to a neighbor, with the place of its number."""

    number: int
    state: str
    x1: int
    y1: int
    x2: int
    y2: int
    badge_x: int
    badge_y: int
    badge_text_y: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything a template needs to draw the picture, in units of its view box."""

    width: int
    height: int
    center_x: int
    center_y: int
    center_radius: int
    center_icon_x: int
    center_icon_y: int
    center_label_y: int
    node_radius: int
    label: str
    summary: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def draw_graph(neighbors: tuple[Neighbor, ...], *, label: str, summary: str) -> Graph:
    """Place at most six neighbors around the card; more are told by the list alone."""
    shown = neighbors[:NEIGHBORS_MAX]
    places = _PLACES.get(len(shown), ())
    return Graph(
        width=WIDTH,
        height=HEIGHT_ABOVE if len(shown) <= ABOVE_ONLY else HEIGHT,
        center_x=CENTER[0],
        center_y=CENTER[1],
        center_radius=CENTER_RADIUS,
        center_icon_x=CENTER[0] - 13,
        center_icon_y=CENTER[1] - 24,
        center_label_y=CENTER[1] + 20,
        node_radius=NODE_RADIUS,
        label=label,
        summary=summary,
        nodes=tuple(_node(one, place) for one, place in zip(shown, places, strict=True)),
        edges=tuple(_edge(one, place) for one, place in zip(shown, places, strict=True)),
    )


def _node(neighbor: Neighbor, place: tuple[int, int]) -> Node:
    x, y = place
    above = y < CENTER[1]
    lines = 2 if neighbor.detail else 1
    label_y = y - NODE_RADIUS - 8 - 15 * (lines - 1) if above else y + NODE_RADIUS + 17
    return Node(
        neighbor=neighbor,
        x=x,
        y=y,
        icon_x=x - 10,
        icon_y=y - 10,
        label_y=label_y,
        detail_y=label_y + 15,
    )


def _edge(neighbor: Neighbor, place: tuple[int, int]) -> Edge:
    (cx, cy), (x, y) = CENTER, place
    length = hypot(x - cx, y - cy)
    start, end = CENTER_RADIUS / length, 1 - NODE_RADIUS / length
    middle = (start + end) / 2
    return Edge(
        number=neighbor.number,
        state=neighbor.state,
        x1=round(cx + (x - cx) * start),
        y1=round(cy + (y - cy) * start),
        x2=round(cx + (x - cx) * end),
        y2=round(cy + (y - cy) * end),
        badge_x=round(cx + (x - cx) * middle),
        badge_y=round(cy + (y - cy) * middle),
        badge_text_y=round(cy + (y - cy) * middle) + 4,
    )
