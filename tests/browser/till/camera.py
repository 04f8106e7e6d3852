"""A camera's view as a file: what a phone's screen looks like from the counter.

Chromium plays such a file (`--use-file-for-fake-video-capture`): JPEG pictures one after the
other. Pillow writes them, so no video tool is needed.
"""

import io
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter

WIDTH, HEIGHT = 1280, 720
EMPTY_FRAMES = 15
SHOWN_FRAMES = 30


def film_screen(screenshot: bytes, film: Path) -> None:
    """Film a phone that is held up: first the empty counter, then its screen, a little askew."""
    screen = Image.open(io.BytesIO(screenshot)).convert("RGB")
    scale = (HEIGHT - 40) / screen.height
    held = screen.resize((round(screen.width * scale), HEIGHT - 40), Image.Resampling.LANCZOS)
    counter = Image.new("RGB", (WIDTH, HEIGHT), (92, 84, 76))
    frames = [_jpeg(counter)] * EMPTY_FRAMES
    for number in range(SHOWN_FRAMES):
        view = counter.copy()
        tilted = held.rotate(
            4 + number % 3, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(92, 84, 76)
        )
        view.paste(tilted, ((WIDTH - tilted.width) // 2, (HEIGHT - tilted.height) // 2))
        softened = view.filter(ImageFilter.GaussianBlur(0.6))
        frames.append(_jpeg(ImageEnhance.Contrast(softened).enhance(0.85)))
    film.write_bytes(b"".join(frames))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, format="JPEG", quality=88)
    return file.getvalue()
