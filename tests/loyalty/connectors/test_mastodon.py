"""A server that speaks Mastodon's API is asked, limited, revoked, and sometimes lies."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.connectors import mastodon
from loyalty.connectors import mastodon_sign_in as sign_in
from loyalty.connectors.base import (
    WAIT_S_MAX,
    Action,
    Answer,
    AppKeys,
    Change,
    OwnPost,
    Place,
    connector_of,
    plain_text,
)
from loyalty.connectors.errors import MentionInvalidError, NetworkTroubleError

NOW = datetime(2026, 9, 5, 9, 0, tzinfo=UTC)
CALLE = Place("https://calle.example", "14715")
APP = AppKeys("id", "secret")


def answer(told: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(told).encode())


def notification(number: str, kind: str = "favourite") -> dict[str, object]:
    return {
        "id": number,
        "type": kind,
        "created_at": "2026-09-05T08:59:00.000Z",
        "account": {"acct": "ana@social.example"},
        "status": {"id": "7"},
    }


def test_notifications_are_taken_oldest_first_and_the_cursor_never_goes_back() -> None:
    rows = [notification(number) for number in ("101", "99", "100", "98")]
    polled = mastodon.read_notifications(answer(rows), cursor="98", at=NOW)
    assert [each.key for each in polled.deliveries] == ["99", "100", "101"]
    assert polled.cursor == "101"
    again = mastodon.read_notifications(answer(rows), cursor="101", at=NOW)
    assert (again.deliveries, again.cursor, again.has_more) == ((), "101", False)


def test_one_broken_notification_hides_none_of_the_others() -> None:
    lie = {"id": "100", "type": "favourite", "account": 5, "status": "x"}
    rows = [notification("101"), "nothing", {"id": []}, lie, notification("99")]
    polled = mastodon.read_notifications(answer(rows), cursor="98", at=NOW)
    assert [each.key for each in polled.deliveries] == ["99", "100", "101"]
    with pytest.raises(NetworkTroubleError):
        mastodon.CONNECTOR.parse(polled.deliveries[1].raw, CALLE)


def test_letters_that_no_database_holds_are_replaced() -> None:
    told = notification("7", "mention")
    told["account"] = {"acct": "ana@social.example", "display_name": "A\ud800na\0"}
    told["status"] = {"id": "7", "content": "<p>hola\udfff</p>", "url": "https://x.example/\ud800"}
    polled = mastodon.read_notifications(answer([told]), cursor="", at=NOW)
    (fact,) = mastodon.CONNECTOR.parse(polled.deliveries[0].raw, CALLE)
    assert fact.actor is not None
    assert (fact.actor.name, fact.text) == ("A?na\ufffd", "hola?")
    fact.url.encode()


def test_a_full_page_means_that_more_waits() -> None:
    rows = [notification(str(number)) for number in range(200, 200 + mastodon.PAGE_SIZE)]
    assert mastodon.read_notifications(answer(rows), cursor="199", at=NOW).has_more
    assert not mastodon.read_notifications(answer(rows), cursor="", at=NOW).has_more
    asked = mastodon.ask_notifications(CALLE, "hush", cursor="199")
    assert "min_id=199" in asked.url
    assert asked.headers["Authorization"] == "Bearer hush"
    assert "hush" not in repr(asked)


def test_a_kept_notification_holds_nothing_of_the_person_but_what_is_read() -> None:
    row = notification("1") | {"account": {"acct": "ana@social.example", "note": "soy yo"}}
    (kept,) = mastodon.read_notifications(answer([row]), cursor="", at=NOW).deliveries
    assert b"soy yo" not in kept.raw
    (fact,) = connector_of("mastodon").parse(kept.raw, CALLE)
    assert (fact.action, fact.change, fact.target) == (Action.LIKE, Change.THERE, "7")
    assert fact.post == OwnPost("", "")


def test_a_like_tells_the_first_words_of_the_post_it_was_given_to() -> None:
    page = "https://calle.example/@pan/7"
    row = notification("1") | {
        "status": {"id": "7", "content": "<p>Pan <b>hoy</b></p>", "url": page}
    }
    (kept,) = mastodon.read_notifications(answer([row]), cursor="", at=NOW).deliveries
    (fact,) = connector_of("mastodon").parse(kept.raw, CALLE)
    assert (fact.post, fact.text, fact.url) == (OwnPost("Pan hoy", page), "", "")


@pytest.mark.parametrize(
    ("given_answer", "reason"),
    [
        (answer({}, 401), "revoked"),
        (answer({}, 403), "revoked"),
        (answer({}, 404), "gone"),
        (answer({}, 429), "busy"),
        (answer({}, 503), "down"),
        (answer({}, 302), "not_understood"),
        (answer({"not": "a list"}), "not_understood"),
        (answer([["x"]]), "not_understood"),
        (answer([{"id": None}]), "not_understood"),
        (Answer(200, {}, b"<html>"), "not_understood"),
        (Answer(200, {}, b"[" * 200_000), "not_understood"),
    ],
)
def test_trouble_has_a_name(given_answer: Answer, reason: str) -> None:
    with pytest.raises(NetworkTroubleError) as trouble:
        mastodon.read_notifications(given_answer, cursor="", at=NOW)
    assert trouble.value.facts["reason"] == reason


def test_a_server_that_limits_us_is_left_alone_but_not_for_ever() -> None:
    limited = answer([], x_ratelimit_remaining="0", x_ratelimit_reset="2026-09-05T09:05:00.000Z")
    assert mastodon.read_notifications(limited, cursor="", at=NOW).wait_s == 301
    free = answer([], x_ratelimit_remaining="12", x_ratelimit_reset="2026-09-05T09:05:00.000Z")
    assert mastodon.read_notifications(free, cursor="", at=NOW).wait_s == 0
    with pytest.raises(NetworkTroubleError) as busy:
        mastodon.read_notifications(answer({}, 429, retry_after="9" * 40), cursor="", at=NOW)
    assert busy.value.facts["retry_after_s"] == WAIT_S_MAX


def test_a_favourite_that_is_not_listed_any_more_is_gone() -> None:
    link = '<https://calle.example/next>; rel="next", <https://calle.example/p>; rel="prev"'
    now, page = mastodon.read_likers(answer([{"acct": "luis"}], link=link), CALLE, at=NOW)
    assert (now, page) == (frozenset({"luis@calle.example"}), "https://calle.example/next")
    elsewhere = answer([], link='<https://evil.example/next>; rel="next"')
    assert mastodon.read_likers(elsewhere, CALLE, at=NOW)[1] == ""
    known = ["luis@calle.example", "ana@social.example"]
    (gone,) = mastodon.gone_likes("7", known, now, at=NOW)
    (liked,) = connector_of("mastodon").parse(json.dumps(notification("1")).encode(), CALLE)
    assert (gone.external_id, gone.change) == (liked.external_id, Change.GONE)


def test_a_reply_is_read_again_with_its_words_of_now_or_is_gone() -> None:
    told = {"id": "9", "account": {"acct": "ana@social.example"}, "content": "<p>Cambiado</p>"}
    fact = mastodon.read_status(answer(told), CALLE, "9", at=NOW)
    assert (fact.change, fact.text, fact.external_id) == (Change.THERE, "Cambiado", "status:9")
    gone = mastodon.read_status(answer({}, 404), CALLE, "9", at=NOW)
    assert (gone.change, gone.external_id, gone.actor) == (Change.GONE, "status:9", None)
    with pytest.raises(NetworkTroubleError):
        mastodon.read_status(answer(told), CALLE, "10", at=NOW)


def test_a_shop_and_a_shopper_sign_in_with_pkce() -> None:
    asked = sign_in.ask_app(
        CALLE.base_url, name="Enlaza", redirect_uri="https://s.example/back", scopes="read"
    )
    assert (asked.method, asked.url) == ("POST", "https://calle.example/api/v1/apps")
    app = sign_in.read_app(answer({"client_id": "a", "client_secret": "b"}), at=NOW)
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert sign_in.pkce_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    address = sign_in.sign_in_address(
        CALLE.base_url,
        app,
        redirect_uri="https://s.example/back",
        scopes="read",
        state="xyz",
        verifier=verifier,
    )
    assert "code_challenge_method=S256" in address
    assert verifier not in address
    token = sign_in.ask_token(
        CALLE.base_url, app, redirect_uri="https://s.example/back", code="c", verifier=verifier
    )
    assert token.form is not None
    assert token.form["code_verifier"] == verifier
    assert sign_in.read_token(answer({"access_token": "t"}), at=NOW) == "t"
    assert sign_in.ask_revoke(CALLE.base_url, app, "t").url.endswith("/oauth/revoke")
    assert sign_in.ask_account(CALLE.base_url, "t").headers == {"Authorization": "Bearer t"}


def test_a_server_vouches_for_its_own_people_only() -> None:
    own = answer({"id": 42, "acct": "Ana", "url": "https://calle.example/@ana"})
    proof = sign_in.read_account(own, CALLE.base_url, at=NOW)
    assert (proof.actor.actor_id, proof.number) == ("ana@calle.example", "42")
    with pytest.raises(NetworkTroubleError):
        sign_in.read_account(
            answer({"id": "1", "acct": "victim@social.example"}), CALLE.base_url, at=NOW
        )


@pytest.mark.parametrize(
    ("profile", "is_proof"),
    [
        ({"note": "<p>Hola PAN-4821</p>"}, True),
        ({"note": "", "fields": [{"name": "Tienda", "value": "<b>PAN-4821</b>"}]}, True),
        ({"note": "PAN-48219"}, False),
        ({"note": "nada"}, False),
    ],
)
def test_a_code_in_the_public_profile_proves_the_account(
    profile: dict[str, object], *, is_proof: bool
) -> None:
    asked = sign_in.ask_profile(CALLE.base_url, "ana@calle.example")
    assert asked.url == "https://calle.example/api/v1/accounts/lookup?acct=ana"
    told = answer({"id": "42", "acct": "ana"} | profile)
    proof = sign_in.read_code_in_profile(
        told, CALLE.base_url, actor_id="ana@calle.example", code="PAN-4821", at=NOW
    )
    assert (proof is not None) == is_proof


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("ana", "ana@calle.example"),
        ("@Ana@Social.Example", "ana@social.example"),
        ("acct:ana@social.example", "ana@social.example"),
        ("https://social.example/@ana", "ana@social.example"),
        ("https://social.example/users/ana", "ana@social.example"),
        ("ana@cafe\u0301.example", "ana@xn--caf-dma.example"),
        ("https://social.example/about", ""),
        ("an a@social.example", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_account_has_one_form(told: object, name: str) -> None:
    assert mastodon.account_name(told, "calle.example") == name


def test_nothing_is_handed_in_by_mastodon() -> None:
    with pytest.raises(MentionInvalidError):
        connector_of("mastodon").verify("application/json", b"{}", CALLE)


@given(st.binary(max_size=300))
def test_whatever_a_server_sends_is_facts_or_trouble(raw: bytes) -> None:
    with suppress(NetworkTroubleError):
        connector_of("mastodon").parse(raw, CALLE)


@given(st.text(max_size=200))
def test_words_of_strangers_hold_no_tag_and_no_invisible_letter(text: str) -> None:
    words = plain_text(f"<p onclick=x>{text}</p><script>alert(1)</script>")
    assert "alert(1)" not in words or "alert(1)" in text
    assert "\u202e" not in words
    assert len(words) <= 500
