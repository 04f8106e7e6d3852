"""What happens to a code between the printer and the camera, in units of its modules.

A picture is a grey image of the product's own making; each function takes one and spoils it.
"""

import io
import itertools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from loyalty.codes.render import BORDER, Modules, live_modules, qr_png, qr_svg

Grey = NDArray[np.uint8]
MODULE_PX = 8
DARK = 30
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A code as drawn: its border in modules and the side of a module in pixels."""

    pixels: Grey
    module_px: int
    border: int = BORDER

    @property
    def width_px(self) -> int:
        """Give the side of the code itself, without its border."""
        return len(self.pixels) - 2 * self.border * self.module_px


def png_picture(text: str, module_px: int) -> Picture:
    """Draw through the product's PNG."""
    image = Image.open(io.BytesIO(qr_png(text, module_px=module_px)))
    return Picture(np.asarray(image.convert("L")), module_px)


def svg_picture(text: str, module_px: int) -> Picture:
    """Draw through the product's SVG."""
    return Picture(rasterized(qr_svg(text), module_px), module_px)


def live_picture(text: str, module_px: int) -> Picture:
    """Draw the modules of a live code as a phone's page does."""
    return Picture(drawn(live_modules(text), module_px), module_px)


def drawn(modules: Modules, module_px: int, *, border: int = BORDER) -> Grey:
    """Draw modules, dark on white."""
    small = np.pad(np.where(np.array(modules), 0, 255), border, constant_values=255)
    return np.kron(small, np.ones((module_px, module_px), int)).astype(np.uint8)


def rasterized(svg: str, module_px: int) -> Grey:
    """Draw the rectangles of our SVG."""
    root = ET.fromstring(svg)  # noqa: S314  our own text
    side = int(root.attrib["viewBox"].split()[2])
    small: Grey = np.zeros((side, side), np.uint8)
    for path in root.iter(f"{_SVG}path"):
        shade = {"#fff": 255, "#000": 0}[path.attrib["fill"]]
        for found in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", path.attrib["d"]):
            x, y, width, height = map(int, found)
            small[y : y + height, x : x + width] = shade
    return np.asarray(np.kron(small, np.ones((module_px, module_px), np.uint8)), np.uint8)


def _grey(pixels: NDArray[Any]) -> Grey:
    return np.asarray(np.clip(np.rint(pixels), 0, 255), np.uint8)


def blurred(picture: Picture, sigma: float) -> Grey:
    """Out of focus; `sigma` in modules."""
    return _grey(cv2.GaussianBlur(picture.pixels.astype(float), (0, 0), sigma * picture.module_px))


def rotated(picture: Picture, degrees: float) -> Grey:
    """Held at an angle, on white."""
    side = len(picture.pixels)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1)
    wide = math.ceil(side * 1.42)
    matrix = matrix + np.array([[0, 0, 1], [0, 0, 1]]) * (wide - side) / 2
    return np.asarray(
        cv2.warpAffine(picture.pixels, matrix, (wide, wide), borderValue=(255,)), np.uint8
    )


def faded(picture: Picture, contrast: float) -> Grey:
    """Printed faintly; `contrast` of 255 between dark and light."""
    return _grey(127.5 - contrast / 2 + picture.pixels / 255 * contrast)


def noisy(picture: Picture, sigma: float, rng: np.random.Generator) -> Grey:
    """Seen in the dark; `sigma` of 255."""
    return _grey(picture.pixels + rng.normal(0, sigma, picture.pixels.shape))


def keystoned(picture: Picture, part: float) -> Grey:
    """Seen from below: the upper edge is shorter by `part`."""
    side = len(picture.pixels) - 1.0
    inset = part * side / 2
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    seen = np.array([[inset, 0], [side - inset, 0], [side, side], [0, side]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    size = (len(picture.pixels),) * 2
    return np.asarray(cv2.warpPerspective(picture.pixels, matrix, size, borderValue=(255,)))


def jpeg(picture: Picture, quality: int) -> Grey:
    """Sent through a messenger that squeezes it."""
    _, data = cv2.imencode(".jpg", picture.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _spot(picture: Picture, part: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Choose where a spot of `part` of the code's width lies.

    Off the three finder squares, which no reader can miss, and off the fourth corner, whose
    loss only zbar does not forgive (a known breaker).
    """
    edge = picture.border * picture.module_px
    width, radius = picture.width_px, part * picture.width_px / 2
    finder = 8 * picture.module_px
    while True:
        x, y = rng.uniform(radius, width - radius, 2)
        corners = itertools.product((0, width), (0, width))
        far = [max(abs(x - cx), abs(y - cy)) > finder + radius for cx, cy in corners]
        if all(far):
            return edge + x, edge + y, radius


def glared(picture: Picture, part: float, rng: np.random.Generator) -> Grey:
    """A lamp mirrored in the glass: a white spot of `part` of the width with a soft edge."""
    x, y, radius = _spot(picture, part, rng)
    rows, columns = np.indices(picture.pixels.shape)
    distance = np.hypot(rows - y, columns - x)
    light = np.clip((radius - distance) / (radius * 0.2) + 0.5, 0, 1)
    return _grey(picture.pixels + light * 255)


def occluded(picture: Picture, part: float, rng: np.random.Generator) -> Grey:
    """A finger or a stain over `part` of the area."""
    x, y, half = _spot(picture, math.sqrt(part), rng)
    return _covered(picture, x - half, y - half, 2 * half, int(rng.choice([0, 90, 255])))


def cornered(picture: Picture, part: float) -> Grey:
    """A finger over `part` of the area, on the corner without a finder square."""
    side = math.sqrt(part) * picture.width_px
    place = picture.border * picture.module_px + picture.width_px - side
    return _covered(picture, place, place, side, 90)


def _covered(picture: Picture, left: float, upper: float, side: float, shade: int) -> Grey:
    pixels = picture.pixels.copy()
    pixels[int(upper) : int(upper + side), int(left) : int(left + side)] = shade
    return pixels


def shaded(picture: Picture, part: float, rng: np.random.Generator) -> Grey:
    """Light from one side: the far side gets `part` less of it."""
    angle = rng.uniform(0, 2 * math.pi)
    rows, columns = np.indices(picture.pixels.shape)
    along = rows * math.sin(angle) + columns * math.cos(angle)
    along = (along - along.min()) / (along.max() - along.min())
    return _grey(picture.pixels * (1 - part * along))


def moired(picture: Picture, amplitude: float, rng: np.random.Generator) -> Grey:
    """A screen photographed by a screen: waves of `amplitude`, two to three modules long."""
    angle, length = rng.uniform(0, math.pi), rng.uniform(2, 3) * picture.module_px
    rows, columns = np.indices(picture.pixels.shape)
    along = rows * math.sin(angle) + columns * math.cos(angle)
    return _grey(picture.pixels + amplitude * np.sin(2 * math.pi * along / length))


def rolled(picture: Picture, degrees: float) -> Grey:
    """Bent around a cup: the code spans `degrees` to each side of the middle."""
    side = len(picture.pixels)
    half, angle = (side - 1) / 2, math.radians(degrees)
    across = np.linspace(-1, 1, side) * math.sin(angle)
    source = (half + np.arcsin(across) / angle * half).astype(np.float32)
    columns = np.tile(source, (side, 1))
    rows = np.tile(np.arange(side, dtype=np.float32)[:, None], (1, side))
    return np.asarray(cv2.remap(picture.pixels, columns, rows, cv2.INTER_LINEAR), np.uint8)


def on_dark(picture: Picture, quiet: int) -> Grey:
    """On a dark table with `quiet` modules of white around it."""
    cut = (picture.border - quiet) * picture.module_px
    inner = picture.pixels[cut : len(picture.pixels) - cut, cut : len(picture.pixels) - cut]
    return np.pad(inner, 10 * picture.module_px, constant_values=DARK)


def scratched(picture: Picture, rng: np.random.Generator) -> Grey:
    """Two scratches, one light, one dark: 0.7 of the width long, a quarter of a module wide.

    That much level M mends every time and level L does not.
    """
    pixels = picture.pixels.copy()
    edge = picture.border * picture.module_px
    for shade in (255, 0):
        angle, middle = rng.uniform(0, math.pi), rng.uniform(0.35, 0.65, 2)
        reach = np.array([math.cos(angle), math.sin(angle)]) * 0.35
        first, last = (
            np.rint(edge + (middle + side * reach) * picture.width_px).astype(int).tolist()
            for side in (-1, 1)
        )
        cv2.line(pixels, first, last, (shade,), round(picture.module_px / 4), cv2.LINE_AA)
    return pixels


def shrunk(picture: Picture, module_px: float) -> Grey:
    """Seen from afar by a coarse camera."""
    scale = module_px / picture.module_px
    size = (round(len(picture.pixels) * scale),) * 2
    return np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def inverted(picture: Picture) -> Grey:
    """Light on dark, as a careless dark mode would draw it."""
    return (255 - picture.pixels).astype(np.uint8)


def framed(picture: Picture, width_px: float, rng: np.random.Generator) -> Grey:
    """In a camera's frame of 640 by 480, the code `width_px` wide, tilted by 7 to 11 degrees."""
    over = 4
    frame = (640 * over, 480 * over)
    side = len(picture.pixels) * width_px / picture.width_px * over
    tilt = np.radians(rng.uniform(7, 11, 2) * rng.choice([-1, 1], 2))
    turn = math.radians(rng.uniform(-10, 10))
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    square = square @ spin.T * side
    depth = 1 + (square[:, 0] * np.sin(tilt[0]) + square[:, 1] * np.sin(tilt[1])) / (4 * side)
    middle = np.array(frame) / 2 + rng.uniform(-0.1, 0.1, 2) * np.array(frame)
    seen = square * np.cos(tilt) / depth[:, None] + middle
    edge = len(picture.pixels) - 1.0
    corners = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    large = cv2.warpPerspective(
        picture.pixels, matrix, frame, flags=cv2.INTER_AREA, borderValue=(110,)
    )
    small = cv2.resize(large, (640, 480), interpolation=cv2.INTER_AREA).astype(float)
    soft = cv2.GaussianBlur(small, (0, 0), 0.9)
    return _grey(127.5 + (soft - 127.5) * 0.6 + rng.normal(0, 3, soft.shape))


Spoil = Callable[[Picture, np.random.Generator], Grey]
ANGLES = (5, 15, 30, 45, 60, 90, 120, 150, 180)
GATE_A: dict[str, Spoil] = {
    "as drawn": lambda picture, _: picture.pixels,
    "blur 0.3 module": lambda picture, _: blurred(picture, 0.3),
    **{
        f"rotated {angle}°": lambda picture, _, angle=angle: rotated(picture, angle)  # type: ignore[misc]
        for angle in ANGLES
    },
    "contrast 32 of 255": lambda picture, _: faded(picture, 32),
    "noise 20": lambda picture, rng: noisy(picture, 20, rng),
    "keystone 0.18": lambda picture, _: keystoned(picture, 0.18),
    "keystone 0.2": lambda picture, _: keystoned(picture, 0.2),
    "JPEG 10": lambda picture, _: jpeg(picture, 10),
    "glare 0.3 of the width": lambda picture, rng: glared(picture, 0.3, rng),
    "4 % occluded": lambda picture, rng: occluded(picture, 0.04, rng),
    "light gradient 0.9": lambda picture, rng: shaded(picture, 0.9, rng),
    "moiré 60": lambda picture, rng: moired(picture, 60, rng),
    "cylinder 30°": lambda picture, _: rolled(picture, 30),
    "quiet zone 4 on dark": lambda picture, _: on_dark(picture, 4),
    "quiet zone 2 on dark": lambda picture, _: on_dark(picture, 2),
    "two scratches": scratched,
}
BREAKERS: dict[str, Spoil] = {
    "inverted": lambda picture, _: inverted(picture),
    "no quiet zone on dark": lambda picture, _: on_dark(picture, 0),
    "4 % occluded, at the fourth corner": lambda picture, _: cornered(picture, 0.04),
    "1.5 px per module": lambda picture, _: shrunk(picture, 1.5),
    "blur 0.6 module": lambda picture, _: blurred(picture, 0.6),
    "blur 0.8 module": lambda picture, _: blurred(picture, 0.8),
}
