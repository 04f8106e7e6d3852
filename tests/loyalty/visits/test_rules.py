"""Where a visit came from is told by its link first, then by the site it was on."""

import pytest

from loyalty.visits.rules import CHANNELS, Channel, channel_from, landing_path, note_text


@pytest.mark.parametrize(
    ("referrer", "channel"),
    [
        (None, "direct"),
        ("", "direct"),
        ("https://panaderia.example/otra", "direct"),
        ("https://www.google.es/", "search"),
        ("https://www.google.com.mx/search?q=pan", "search"),
        ("https://duckduckgo.com/", "search"),
        ("https://l.facebook.com/", "social"),
        ("https://www.instagram.com/p/x/", "social"),
        ("https://t.co/abc", "social"),
        ("android-app://com.whatsapp/", "social"),
        ("android-app://com.google.android.gm/", "email"),
        ("android-app://com.google.android.googlequicksearchbox/", "search"),
        ("https://mail.google.com/mail/u/0/", "email"),
        ("https://blog.barrio.example/fiestas", "referral"),
        ("http://[broken", "direct"),
    ],
)
def test_the_referrer_tells_the_channel(referrer: str | None, channel: str) -> None:
    found = channel_from(referrer, {}, own_host="panaderia.example")
    assert found.channel == channel
    assert found.channel in CHANNELS


@pytest.mark.parametrize(
    ("query", "channel"),
    [
        ({"utm_source": "boletin", "utm_medium": "email"}, "email"),
        ({"utm_source": "instagram", "utm_medium": "social"}, "social"),
        ({"utm_source": "instagram"}, "social"),
        ({"utm_source": "cartel"}, "poster"),
        ({"utm_medium": "poster"}, "poster"),
        ({"utm_source": "feria", "utm_campaign": "otoño"}, "campaign"),
        ({"utm_medium": "organic", "utm_source": "google"}, "search"),
    ],
)
def test_what_a_link_says_of_itself_goes_first(query: dict[str, str], channel: str) -> None:
    found = channel_from("https://www.google.es/", query)
    assert found.channel == channel
    assert found.source == query.get("utm_source", "")


def test_only_the_host_of_a_referrer_is_kept() -> None:
    found = channel_from("https://blog.barrio.example/u/lucia?token=secret", {})
    assert found == Channel("referral", source="blog.barrio.example", medium="referrer")


def test_a_landing_keeps_no_query_and_no_card() -> None:
    assert landing_path("/S/SOL?utm_source=x") == "/S/SOL"
    assert landing_path("/Q/BCDEFGHIJK") == "/Q/"
    assert landing_path("") == "/"


def test_a_note_keeps_its_lines_and_loses_what_cannot_be_printed() -> None:
    assert note_text("  Hola \n\tqueda  pan?\x00 ") == "Hola\nqueda pan?"
    assert note_text(" \n \x07 ") == ""
    assert len(note_text("a" * 9000)) == 2000
