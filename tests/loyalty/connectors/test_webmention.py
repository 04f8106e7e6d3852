"""The receiver's cases of webmention.rocks, and pages written to do harm."""

from contextlib import suppress
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.connectors import webmention
from loyalty.connectors.base import Action, Answer, Change, Place, connector_of
from loyalty.connectors.errors import MentionInvalidError, NetworkTroubleError

SHOP = Place("https://shop.example", hosts=frozenset({"shop.example"}))
MENTION = webmention.Mention("https://ana.example/1", "https://shop.example/pan")
LIKE = '<a class="u-like-of" href="https://shop.example/pan">x</a>'


def page(html: str, status: int = 200, kind: str = "text/html") -> Answer:
    return Answer(status, {"content-type": kind}, html.encode(), "https://ana.example/1")


def test_a_mention_of_a_page_of_ours_is_taken() -> None:
    form = b"source=https%3A%2F%2Fana.example%2F1&target=https%3A%2F%2Fshop.example%2Fpan"
    taken = connector_of("webmention").verify(webmention.FORM, form, SHOP)
    assert webmention.mention_of(taken.raw) == MENTION
    assert taken.key == MENTION.external_id
    assert connector_of("webmention").parse(taken.raw, SHOP) == (), "not read without its page"
    asked = webmention.ask_source(MENTION)
    assert (asked.url, asked.accepts) == (MENTION.source, webmention.PAGES)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("", "missing"),
        ("target=https://shop.example/pan", "missing"),
        ("source=https://ana.example/1", "missing"),
        ("source=&target=https://shop.example/pan", "missing"),
        ("source=ftp://ana.example/1&target=https://shop.example/pan", "not_an_address"),
        ("source=javascript:alert(1)&target=https://shop.example/pan", "not_an_address"),
        ("source=https://u:p@ana.example/&target=https://shop.example/pan", "not_an_address"),
        ("source=https://ana.example/1&target=shop.example", "not_an_address"),
        ("source=https://shop.example/pan&target=https://shop.example/pan", "same_page"),
        ("source=https://SHOP.example/pan%23x&target=https://shop.example/pan", "same_page"),
        ("source=https://ana.example/1&target=https://other.example/", "target_not_ours"),
        ("source=https://a.example&source=https://b.example&target=https://shop.example", "twice"),
    ],
)
def test_a_mention_that_cannot_be_is_refused_at_once(form: str, reason: str) -> None:
    with pytest.raises(MentionInvalidError) as refused:
        connector_of("webmention").verify(webmention.FORM, form.encode(), SHOP)
    assert refused.value.facts["reason"] == reason


def test_only_a_form_is_a_mention() -> None:
    for kind, body in (("application/json", b"{}"), (webmention.FORM, b"a=" + b"x" * 20_000)):
        with pytest.raises(MentionInvalidError):
            connector_of("webmention").verify(kind, body, SHOP)


def test_the_same_mention_again_tells_what_changed() -> None:
    liked = webmention.read_source(page(f'<p class="h-entry">{LIKE}</p>'), MENTION)
    answered = webmention.read_source(
        page(f'<p class="h-entry">{LIKE.replace("like-of", "in-reply-to")}</p>'), MENTION
    )
    gone = webmention.read_source(page("<p>otra cosa</p>"), MENTION)
    deleted = [webmention.read_source(page("", status), MENTION) for status in (404, 410)]
    assert [liked.action, answered.action] == [Action.LIKE, Action.REPLY]
    assert {each.change for each in (gone, *deleted)} == {Change.GONE}
    assert len({each.external_id for each in (liked, answered, gone, *deleted)}) == 1


def test_a_relative_link_counts_by_the_page_it_stands_in() -> None:
    like = '<p class="h-entry"><a class="u-like-of" href="pan">x</a></p>'
    html = f'<base href="https://shop.example/">{like}'
    assert webmention.read_source(page(html), MENTION).action is Action.LIKE


@pytest.mark.parametrize(
    ("author", "source", "actor_id"),
    [
        ("https://ana.example/", "https://ana.example/notas/1", "ana.example"),
        ("https://www.ana.example", "https://ana.example/notas/1", "ana.example"),
        ("https://host.example/ana", "https://host.example/ana/1", "host.example/ana"),
        ("https://host.example/ana", "https://host.example/eve/1", "host.example/eve/1"),
        ("https://host.example/ana", "https://host.example/anabel", "host.example/anabel"),
        ("https://ana.example/", "https://evil.example/1", "evil.example/1"),
        ("https://ana.example/", "https://ana.example/?p=1", "ana.example"),
        ("https://host.example/?u=ana", "https://host.example/?u=eve", "host.example/?u=eve"),
        ("https://host.example/?u=eve", "https://host.example/ana", "host.example/ana"),
        ("https://host.example/?u=ana", "https://host.example/?u=ana", "host.example/?u=ana"),
    ],
)
def test_nobody_speaks_for_a_neighbor(author: str, source: str, actor_id: str) -> None:
    html = f'<p class="h-entry"><a class="p-author h-card" href="{author}">Ana</a>{LIKE}</p>'
    mention = webmention.Mention(source, MENTION.target)
    answer = Answer(200, {"content-type": "text/html"}, html.encode(), source)
    fact = webmention.read_source(answer, mention)
    assert fact.actor is not None
    assert fact.actor.actor_id == actor_id


@pytest.mark.parametrize(
    "hostile",
    [
        page(LIKE, 503),
        page(LIKE, 429),
        page(LIKE, 301),
        page(LIKE, kind="application/pdf"),
        page(LIKE + "<b>" * 40_000),
        page(LIKE + "x" * 1_100_000),
    ],
)
def test_a_page_that_cannot_be_read_is_trouble_and_no_fact(hostile: Answer) -> None:
    with pytest.raises(NetworkTroubleError):
        webmention.read_source(hostile, MENTION)


def test_a_page_made_of_depth_ends() -> None:
    deep = page("<div class=h-entry>" * 20_000 + LIKE)
    with suppress(NetworkTroubleError):
        assert webmention.read_source(deep, MENTION).change is Change.THERE


def test_a_page_and_a_profile_that_name_each_other_are_one_owner() -> None:
    html = '<a rel="me nofollow" href="https://calle.example/@ana">yo</a><a href="https://x.example">x</a>'
    links = webmention.me_links(page(html), url="https://ana.example/")
    assert links == {"https://calle.example/@ana"}
    back = frozenset({"https://ana.example"})
    profile = "https://calle.example/@ana"
    assert webmention.is_me_both_ways("https://ana.example/", links, profile, back)
    assert not webmention.is_me_both_ways("https://ana.example/", links, profile, frozenset())
    assert not webmention.is_me_both_ways("https://ana.example/", frozenset(), profile, back)


def test_a_page_that_asks_us_to_wait_is_left_alone_so_long() -> None:
    busy = Answer(429, {"content-type": "text/html", "retry-after": "900"}, b"")
    raw = webmention.with_page(b'{"source": "x", "target": "y"}', busy)
    for ask in (
        lambda: webmention.read_source(busy, MENTION),
        lambda: connector_of("webmention").parse(raw, SHOP),
    ):
        with pytest.raises(NetworkTroubleError) as trouble:
            ask()
        assert trouble.value.facts == {"reason": "busy", "retry_after_s": 900}


@pytest.mark.parametrize("written", ["jamón", "jam%C3%B3n"])
def test_an_address_with_an_accent_is_one_however_it_is_written(written: str) -> None:
    form = f"source=https://ana.example/1&target=https://shop.example/{written}"
    told = urlencode(parse_qsl(form)).encode() if "%" not in written else form.replace("%", "%25")
    body = told if isinstance(told, bytes) else told.encode()
    taken = connector_of("webmention").verify(webmention.FORM, body, SHOP)
    mention = webmention.mention_of(taken.raw)
    assert mention.target == "https://shop.example/jam%C3%B3n"
    for href in ("https://shop.example/jamón", "https://shop.example/jam%C3%B3n"):
        liked = page(f'<p class="h-entry"><a class="u-like-of" href="{href}">x</a></p>')
        assert webmention.read_source(liked, mention).action is Action.LIKE


@given(st.text(alphabet='<>/ ahrefclsu-ikoe="!&;', max_size=300))
def test_any_page_is_a_fact_or_trouble(html: str) -> None:
    try:
        fact = webmention.read_source(page(html), MENTION)
    except NetworkTroubleError:
        return
    assert fact.external_id == MENTION.external_id
