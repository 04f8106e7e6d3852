"""What a new card's first page shows."""

from dataclasses import dataclass

from app.pages.consent_words import ConsentQuestion, consent_questions
from app.pages.shop_frame import ShopFrame


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """The card is ready, and the questions that nobody has to answer."""

    frame: ShopFrame
    questions: tuple[ConsentQuestion, ...]


def welcome_page(frame: ShopFrame) -> WelcomePage:
    """Gather the page."""
    return WelcomePage(frame=frame, questions=consent_questions())
