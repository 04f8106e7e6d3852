"""A person in short, for whoever stands at the counter: the four questions, and nothing to act on.

No address, no visit, no like, no note: what a counter needs to greet somebody and no more.
"""

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.pages.admin_frame import my_stores
from app.pages.admin_orders_page import WORKERS, BoardFrame, board_frame
from app.pages.admin_people_page import Question, person_name
from app.pages.admin_proofs import proofs_of
from app.pages.admin_story import StoryDay, questions_of, story_days
from app.text import whole_text
from loyalty.journeys.tell_person import PersonStory

ROWS: Final = 5


@dataclass(frozen=True, slots=True)
class ShortPage:
    """What a cashier sees of a person."""

    frame: BoardFrame
    name: str
    points: str
    questions: tuple[Question, ...]
    days: tuple[StoryDay, ...]
    back_href: str


def short_page(session: Session, principal: StaffPrincipal, story: PersonStory) -> ShortPage:
    """Lay out what happened last at the counter, and the four questions."""
    store = my_stores(session, principal, *WORKERS)[0]
    zone = store.time_zone
    days, _ = story_days(story, proofs_of(story, zone), zone=zone, show="store", rows=ROWS)
    return ShortPage(
        frame=board_frame(session, principal, store),
        name=person_name(story.display_name, [one.card_id for one in story.carriers]),
        points=whole_text(story.points),
        questions=tuple(Question(*one) for one in questions_of(story.counter_questions, zone)),
        days=days,
        back_href=url_for("admin_orders.board", store_id=store.store_id),
    )
