"""How a color will look before it is saved: by day, by night, and how well it reads."""

from dataclasses import dataclass

from app.accent import DEFAULT, Tones, contrast, derive_accent, is_color
from app.language import gettext
from app.text import decimal_text


@dataclass(frozen=True, slots=True)
class AccentSwatch:
    """One scheme: the tones as they are drawn, and a sentence with the measured contrast."""

    name: str
    ground: str
    surface: str
    word: str
    tones: Tones


@dataclass(frozen=True, slots=True)
class AccentPreview:
    """A color in both schemes."""

    swatches: tuple[AccentSwatch, ...]


def accent_preview(color: str) -> AccentPreview:
    """Derive both schemes of a color; what is no color shows the default."""
    accent = derive_accent(color if is_color(color) else DEFAULT)
    return AccentPreview(
        (
            _swatch(gettext("De día"), "#F5F5F1", "#FFFFFF", accent.light),
            _swatch(gettext("De noche"), "#131318", "#1C1C23", accent.dark),
        )
    )


def _swatch(name: str, ground: str, surface: str, tones: Tones) -> AccentSwatch:
    measured = decimal_text(contrast(tones.accent, tones.on_accent))
    return AccentSwatch(
        name=name,
        ground=ground,
        surface=surface,
        word=gettext(
            "%(scheme)s: contraste %(ratio)s a 1, se lee bien.", scheme=name, ratio=measured
        ),
        tones=tones,
    )
