"""Only the page that the agent serves may speak to it."""

import pytest

from pos_plugin.guard import TOKEN_S, TOKENS_MAX, Tokens, is_own_page, token_cookie

OWN = {"SERVER_PORT": "8765", "HTTP_HOST": "127.0.0.1:8765", "REQUEST_METHOD": "POST"}
PORT = {"SERVER_PORT": "8765"}
COOKIE = "enlaza-till-start-8765"
ORIGIN = "http://127.0.0.1:8765"


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765"])
def test_the_own_page_may_act(host: str) -> None:
    page = OWN | {"HTTP_HOST": host, "HTTP_ORIGIN": f"http://{host.lower()}"}
    assert is_own_page(page)
    assert is_own_page(page | {"HTTP_SEC_FETCH_SITE": "same-origin"})


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "127.0.0.1:80", "shop.example:8765", "127.0.0.1.evil.example:8765"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_somebody_points_here_reaches_nothing(host: str, method: str) -> None:
    assert not is_own_page(OWN | {"HTTP_HOST": host, "REQUEST_METHOD": method})
    rebound = {"HTTP_ORIGIN": f"http://{host}", "HTTP_SEC_FETCH_SITE": "same-origin"}
    assert not is_own_page(OWN | {"HTTP_HOST": host, "REQUEST_METHOD": method} | rebound)


@pytest.mark.parametrize(
    "told",
    [
        {},  # an act that does not say where it comes from
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "http://127.0.0.1:9000"},
        {"HTTP_ORIGIN": "http://localhost:8765"},
        {"HTTP_ORIGIN": ORIGIN, "HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_ORIGIN": ORIGIN, "HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_ORIGIN": ORIGIN, "HTTP_SEC_FETCH_SITE": "none"},
    ],
)
def test_a_page_of_another_origin_may_not_act(told: dict[str, str]) -> None:
    assert not is_own_page(OWN | told)


@pytest.mark.parametrize(
    ("told", "may"),
    [
        ({}, True),
        ({"HTTP_SEC_FETCH_SITE": "none"}, True),  # typed into the address bar
        ({"HTTP_SEC_FETCH_SITE": "same-origin"}, True),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, False),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, False),
        ({"HTTP_ORIGIN": "https://evil.example"}, False),
    ],
)
def test_reading_is_for_the_own_page_too(told: dict[str, str], *, may: bool) -> None:
    assert is_own_page(OWN | {"REQUEST_METHOD": "GET"} | told) is may


def test_a_token_is_worth_what_it_was_given_for_until_it_is_taken_back() -> None:
    tokens = Tokens()
    holder = tokens.give("lola")
    cookie = {"HTTP_COOKIE": f"lang=es; {COOKIE}={holder.token}", **PORT}
    assert tokens.holder(cookie) == holder
    assert tokens.holder({}) is None
    assert tokens.holder({"HTTP_COOKIE": f"{COOKIE}=guess", **PORT}) is None
    assert Tokens().holder(cookie) is None  # another start of the agent
    tokens.take_back(holder)
    assert tokens.holder(cookie) is None


def test_the_tills_of_one_machine_do_not_take_each_others_tokens() -> None:
    assert token_cookie(PORT) == COOKIE != token_cookie({"SERVER_PORT": "8766"})


def test_a_token_ends_with_the_working_day() -> None:
    now = [0.0]
    tokens = Tokens(steady=lambda: now[0])
    cookie = {"HTTP_COOKIE": f"{COOKIE}={tokens.give('lola').token}", **PORT}
    now[0] = TOKEN_S
    assert tokens.holder(cookie) is not None
    now[0] += 1
    assert tokens.holder(cookie) is None


def test_old_tokens_make_room_for_new_ones() -> None:
    tokens = Tokens()
    first = tokens.give(None)
    for _ in range(TOKENS_MAX):
        tokens.give(None)
    assert tokens.holder({"HTTP_COOKIE": f"{COOKIE}={first.token}", **PORT}) is None
