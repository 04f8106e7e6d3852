"""A page says that it links to one of the shop's: answered at once, believed when it was read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from app.factory import create_app
from app.hooks.webmention import read_endpoint
from app.wiring import Services
from app.worker import start_jobs, stop_jobs
from loyalty.db.session import Database
from loyalty.journeys import take_mention
from loyalty.journeys.connect_site import connect_site
from loyalty.journeys.tell_networks import judge_connection
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.social.connect import disconnect
from tests.support.clock import ManualClock
from tests.support.network import Connected, network_parts
from tests.support.service import Service
from tests.support.street import open_street
from tests.support.waiting import until
from tests.support.web_pages import Page, Site, web_pages

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOME = "https://panaderia.example/pan-de-centeno"


@dataclass(frozen=True, slots=True)
class Desk:
    """A bakery that takes webmentions, and somebody with a web page."""

    service: Service
    bakery: Connected
    site: Site

    def tell(self, source: str, target: str = HOME, **headers: str) -> TestResponse:
        endpoint = f"{self.bakery.program_id}.{self.bakery.connection_id.hex}"
        told = {"source": source, "target": target}
        return self.service.post(f"/hooks/webmention/{endpoint}", headers, data=told)

    def told(self, source: str, target: str = HOME) -> None:
        """Tell, and let the page be read."""
        answer = self.tell(source, target)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        self.bakery.read_pages()

    def page(self, path: str, inside: str) -> str:
        return self.site.put(path, f"<article class='h-entry'>{inside}</article>")


@pytest.fixture
def site() -> Iterator[Site]:
    with web_pages() as pages:
        yield pages


@pytest.fixture
def desk(sqlite_database: Database, tools: Tools, tmp_path: Path, site: Site) -> Desk:
    return open_desk(network_parts(sqlite_database, tools, tmp_path, seconds=20), site)


def open_desk(parts: Services, site: Site) -> Desk:
    street = open_street(parts.database, parts.tools)
    with parts.database.unit_of_work(street.program_id) as session:
        made = connect_site(
            session,
            street.program_id,
            street.store_id,
            site="www.panaderia.example",
            own_host="card.example",
            tools=parts.tools,
        )
    app = create_app(parts)
    return Desk(Service(app=app, services=parts), Connected(parts, street, made), site)


def like_of(target: str = HOME) -> str:
    return f"<a class='u-like-of' href='{target}'>me gusta</a>"


def owner_of(source: str) -> str:
    parts = urlsplit(source)
    return f"{parts.netloc}{parts.path}"


def test_a_page_that_likes_is_taken_at_once_and_counted_once(desk: Desk) -> None:
    source = desk.page("/likes/1", like_of())
    answer = desk.tell(source)
    assert answer.status_code == 202
    assert desk.site.asked == [], "the answer does not wait for the page"
    desk.bakery.read_pages()
    assert desk.bakery.counts() == {(HOME, "like"): 1}
    desk.told(source)
    assert desk.bakery.counts() == {(HOME, "like"): 1}


def test_a_like_of_a_linked_page_is_its_owners_until_the_link_is_gone(
    desk: Desk, clock: ManualClock
) -> None:
    source = desk.page("/ana/1", like_of())
    ana = desk.bakery.phone_of(owner_of(source), network="webmention")
    desk.told(source)
    assert desk.bakery.story(ana) == [("like", False, "me gusta")]
    clock.advance(minutes=1)
    answered = f"<a class='u-in-reply-to' href='{HOME}'></a><p class='e-content'>¡Qué pan!</p>"
    desk.page("/ana/1", answered)
    desk.told(source)
    assert desk.bakery.story(ana) == [("reply", False, "¡Qué pan!")]
    clock.advance(minutes=1)
    desk.page("/ana/1", "<p>nada</p>")
    desk.told(source)
    assert [row[1] for row in desk.bakery.story(ana)] == [True]
    clock.advance(minutes=1)
    desk.page("/ana/1", like_of())
    desk.told(source)
    desk.site.pages["/ana/1"] = Page(status=410)
    clock.advance(minutes=1)
    desk.told(source)
    assert [row[1] for row in desk.bakery.story(ana)] == [True]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "not_a_form"),
        ({"source": "https://ana.example/1"}, "missing"),
        ({"source": "https://ana.example/1", "target": "panaderia.example"}, "not_an_address"),
        ({"source": "ftp://ana.example/1", "target": HOME}, "not_an_address"),
        ({"source": "javascript:alert(1)", "target": HOME}, "not_an_address"),
        ({"source": HOME, "target": HOME}, "same_page"),
        ({"source": "https://ana.example/1", "target": "https://otra.example/"}, "target_not_ours"),
        ({"source": "https://ana.example/1", "target": "https://card.example/"}, "target_not_ours"),
        (
            {"source": "https://ana.example/1", "target": "https://card.example/S/OTRA"},
            "target_not_ours",
        ),
    ],
)
def test_what_cannot_be_a_mention_is_refused_with_400(
    desk: Desk, form: dict[str, str], reason: str
) -> None:
    endpoint = f"{desk.bakery.program_id}.{desk.bakery.connection_id.hex}"
    answer = desk.service.post(f"/hooks/webmention/{endpoint}", data=form)
    assert answer.status_code == 400
    told = answer.get_json()
    assert told["code"] == "mention_invalid"
    assert told["reason"] == reason
    assert desk.bakery.inbox().waiting == 0


def test_the_page_of_the_store_here_is_its_own_too(desk: Desk) -> None:
    target = "https://card.example/S/SOL"
    desk.told(desk.page("/likes/2", like_of(target)), target)
    assert desk.bakery.counts() == {(target, "like"): 1}
    page = desk.service.get("/S/SOL").get_data(as_text=True)
    href = f"https://card.example/hooks/webmention/{desk.bakery.program_id}."
    assert f'<link rel="webmention" href="{href}' in page


def test_a_page_that_does_not_link_here_is_nothing(desk: Desk) -> None:
    for path, inside in [
        ("/none", "<p>hola</p>"),
        ("/comment", f"<!-- {like_of()} -->"),
        ("/text", f"<p>{HOME}</p>"),
        ("/script", f"<script>var a = \"<a href='{HOME}'></a>\"</script>"),
        ("/longer", like_of(HOME + "-y-mas")),
    ]:
        desk.told(desk.page(path, inside))
    desk.told(desk.site.address("/missing"))
    assert desk.bakery.counts() == {}
    assert desk.bakery.inbox().waiting == 0


def test_words_of_a_page_come_without_its_scripts(desk: Desk) -> None:
    inside = (
        f"<a class='u-in-reply-to' href='{HOME}'></a><div class='e-content'>Rico"
        "<script>alert(1)</script><img src=x onerror=alert(1)></div>"
    )
    source = desk.page("/evil", inside)
    ana = desk.bakery.phone_of(owner_of(source), network="webmention")
    desk.told(source)
    assert desk.bakery.story(ana) == [("reply", False, "Rico")]


@pytest.mark.parametrize(
    "page",
    [
        Page(status=302, location="http://169.254.169.254/latest/meta-data/"),
        Page(status=302, location="http://10.0.0.1/"),
        Page(status=301, location="http://[::ffff:192.168.1.1]/"),
        Page(status=302, location="file:///etc/passwd"),
        Page(status=302, location="/round"),
        Page(b"x" * 10_000_000),
        Page(b"%PDF", kind="application/pdf"),
        Page(b"<" * 40_000),
    ],
    ids=["metadata", "private", "mapped", "file", "circle", "10 MB", "pdf", "tags"],
)
def test_a_hostile_page_is_set_aside_and_nothing_is_counted(desk: Desk, page: Page) -> None:
    desk.site.pages["/round"] = page
    desk.told(desk.site.address("/round"))
    assert desk.bakery.counts() == {}
    assert desk.bakery.inbox().aside == 1
    assert desk.bakery.inbox().waiting == 0
    health = judge_connection(desk.bakery.facts(), desk.bakery.inbox(), at=AT)
    assert health.is_well, "a stranger's page is no trouble of the shop's"


def test_a_page_that_never_ends_is_left_and_tried_later(
    sqlite_database: Database, tools: Tools, tmp_path: Path, site: Site
) -> None:
    desk = open_desk(network_parts(sqlite_database, tools, tmp_path, seconds=0.3), site)
    site.pages["/endless"] = Page(drips=True)
    desk.told(site.address("/endless"))
    assert (desk.bakery.inbox().waiting, desk.bakery.counts()) == (1, {})


def test_the_running_service_goes_to_no_address_of_its_own_house(desk: Desk) -> None:
    strict = replace(desk.bakery.parts, guard=type(desk.bakery.parts.guard)())
    bakery = replace(desk.bakery, parts=strict)
    desk.tell(desk.page("/likes/3", like_of()))
    bakery.read_pages()
    assert desk.site.asked == []
    assert bakery.inbox().aside == 1


def test_the_running_service_reads_a_page_as_soon_as_it_is_told(desk: Desk) -> None:
    start_jobs(desk.bakery.parts)
    try:
        desk.tell(desk.page("/likes/4", like_of()))
        until(lambda: desk.bakery.counts() == {(HOME, "like"): 1})
    finally:
        stop_jobs()


def test_who_floods_a_shop_is_asked_to_come_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_mention, "WAITING_MAX", 3)
    answers = [desk.tell(f"https://ana.example/{number}").status_code for number in range(5)]
    assert answers == [202, 202, 202, 429, 429]


def test_an_ended_connection_and_an_unknown_one_take_nothing(desk: Desk) -> None:
    for wrong in ("1", "x.y", "999999999999.00", f"4242.{'0' * 32}", f"4242.{'z' * 32}", "4242."):
        if not wrong.startswith("4242.0"):
            with pytest.raises(NotFoundError):
                read_endpoint(wrong)
        form = {"source": "https://ana.example/1", "target": HOME}
        assert desk.service.post(f"/hooks/webmention/{wrong}", data=form).status_code == 404
    with desk.bakery.parts.database.unit_of_work(desk.bakery.program_id) as session:
        disconnect(session, desk.bakery.program_id, desk.bakery.connection_id)
    assert desk.tell("https://ana.example/1").status_code == 404
    assert "webmention" not in desk.service.get("/S/SOL").get_data(as_text=True)
