"""What a person liked last, and which post it was."""

from dataclasses import replace

import pytest

from loyalty.connectors.base import OwnPost
from loyalty.db.session import Database
from loyalty.identity.consents import SOCIAL
from loyalty.journeys.consents import withdraw_consent
from loyalty.journeys.tools import Tools
from loyalty.journeys.unlink import relink_own, unlink_own
from loyalty.social.queries import linked_counts_of_posts, posts_of
from tests.support.street import browser, new_phone
from tests.support.wall import Wall, open_wall


@pytest.fixture
def wall(database: Database, tools: Tools) -> Wall:
    return open_wall(database, tools)


def test_a_like_names_its_post_in_the_words_it_has_now(wall: Wall) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    wall.link(phone)
    for words in ("Ya hay turron", "Ya hay turrón"):
        wall.take(replace(wall.like(), post=OwnPost(words, "https://calle.example/@pan/7")))
    last = wall.last(phone)
    assert last is not None
    assert (last.words, last.url) == ("Ya hay turrón", "https://calle.example/@pan/7")
    wall.take(replace(wall.like("luis@calle.example"), target="8", post=OwnPost("Pan", "")))
    with wall.database.reading(wall.street.program_id) as session:
        posts = posts_of(session, wall.street.program_id, wall.connection_id)
        linked = linked_counts_of_posts(session, wall.street.program_id, wall.connection_id)
    assert {target: post.words for target, post in posts.items()} == {
        "7": "Ya hay turrón",
        "8": "Pan",
    }
    assert linked == {("7", "like"): 1}


def test_who_took_the_link_or_the_yes_back_has_no_line_at_the_counter(wall: Wall) -> None:
    phone = new_phone(wall.database, wall.street, wall.tools)
    link_id = wall.link(phone)
    wall.take(wall.like())
    shopper = browser(wall.database, wall.street, phone.secret, wall.tools)
    with wall.database.unit_of_work(wall.street.program_id) as session:
        unlink_own(session, shopper, link_id, tools=wall.tools)
    assert wall.last(phone) is None
    with wall.database.unit_of_work(wall.street.program_id) as session:
        relink_own(session, shopper, link_id, tools=wall.tools)
    assert wall.last(phone) is not None, "put back as it was"
    with wall.database.unit_of_work(wall.street.program_id) as session:
        withdraw_consent(session, shopper, SOCIAL, tools=wall.tools)
    assert wall.last(phone) is None
