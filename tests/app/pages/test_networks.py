"""A shopper links an account of their own: proved, with a yes for it alone, and taken off again."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from loyalty.connectors.base import Action, Actor, Change, EngagementFact, OwnPost
from loyalty.identity.models import Consent
from loyalty.journeys.take_engagement import take_engagement
from loyalty.social.connect import NewConnection, connect, connection_by_id, connections_of
from tests.support.clock import ManualClock
from tests.support.fediverse import Fediverse
from tests.support.forms import Visitor, visitor, way_out
from tests.support.service import Service, Shop, give_card, open_shop

AT = "2026-03-02T09:00:00Z"


@pytest.fixture
def bakery(asking: Service, town: Fediverse) -> Shop:
    shop = open_shop(asking, program_id=7, slug="PANADERIA-SOL")
    parts = asking.services
    draft = NewConnection(
        shop.program.store_id, "mastodon", town.base_url, "pan@127.0.0.1", "1001", {"token": "x"}
    )
    with parts.database.unit_of_work(7) as session:
        connect(session, 7, draft, at=parts.tools.clock.now(), keys=parts.tools.keys)
    return shop


@pytest.fixture
def ana(asking: Service, bakery: Shop) -> Visitor:
    one = visitor(asking)
    one.client.set_cookie("enlaza-card", bakery.shopper)
    one.open("/card/networks")
    return one


def begin(ana: Visitor, account: str, way: str = "server", **fields: str) -> int:
    given = {"account": account, "way": way, "consent": "yes"} | fields
    return ana.send("/card/networks", **given).status_code


def link_by_server(ana: Visitor, town: Fediverse) -> None:
    begin(ana, town.base_url)
    ana.open(f"{town.answer(way_out(ana))}&iss={town.base_url}/")
    assert "Unida: @ana@127.0.0.1" in ana.text


def like(asking: Service, town: Fediverse, *, words: str = "Ya hay turrón") -> None:
    """Let the shop hear of a like of Ana's."""
    parts = asking.services
    now = parts.tools.clock.now()
    fact = EngagementFact(
        "like:ana@127.0.0.1:7",
        Change.THERE,
        Action.LIKE,
        "7",
        Actor("ana@127.0.0.1"),
        now,
        post=OwnPost(words, f"{town.base_url}/@pan/7") if words else None,
    )
    with parts.database.unit_of_work(7) as session:
        (one, *_) = connections_of(session, 7)
        connection = connection_by_id(session, 7, one.connection_id)
        take_engagement(session, 7, connection, fact, received_at=now, tools=parts.tools)


def scanned_like(asking: Service, bakery: Shop) -> str | None:
    scan = {"code": bakery.card_text, "scanned_at": AT}
    told = asking.post("/api/v1/scans", bakery.as_till(), json=scan).get_json()
    return str(told["last_like"]["text"]) if told["last_like"] else None


def test_an_account_is_linked_at_its_own_server_and_the_token_is_given_back(
    ana: Visitor, asking: Service, town: Fediverse
) -> None:
    link_by_server(ana, town)
    assert "porque entraste en tu servidor y lo aceptaste" in html.unescape(ana.text)
    assert town.tokens == {}
    assert len(town.revoked) == 1
    with asking.services.database.reading(7) as session:
        kept = session.execute(
            select(Consent.wording, Consent.language, Consent.given_at).where(
                Consent.purpose == "social"
            )
        ).one()
    assert "No da puntos ni los quita" in kept.wording
    assert (kept.language, kept.given_at) == ("es", asking.services.tools.clock.now())


def test_without_the_yes_nobody_is_asked_anything(ana: Visitor, town: Fediverse) -> None:
    assert begin(ana, town.base_url, consent="") == 422
    assert "Sin tu permiso no se une nada" in ana.text
    assert town.asked == []
    assert f'value="{town.base_url}"' in ana.text, "what was typed stays"


def test_the_yes_is_asked_for_once(ana: Visitor, town: Fediverse) -> None:
    link_by_server(ana, town)
    ana.open("/card/networks")
    assert 'name="consent"' not in ana.text
    assert "Aceptado el" in ana.text


def test_a_code_in_the_public_profile_proves_an_account(ana: Visitor, town: Fediverse) -> None:
    begin(ana, f"{town.base_url}/@ana", way="code")
    code = re.search(r"<code>([A-Z2-7]{16})</code>", ana.text)
    assert code
    assert ana.send("/card/networks/code").status_code == 422
    assert "Aún no lo vemos" in ana.text
    town.people["ana"].note = f"Pan y bici. {code[1]}"
    ana.send("/card/networks/code")
    assert "Unida: @ana@127.0.0.1" in ana.text
    assert "pusiste nuestro código en tu perfil" in ana.text


def test_a_code_of_another_card_proves_nothing(ana: Visitor, town: Fediverse) -> None:
    begin(ana, f"{town.base_url}/@ana", way="code")
    town.people["ana"].note = "AAAAAAAAAAAAAAAA"
    assert ana.send("/card/networks/code").status_code == 422
    assert "Aún no lo vemos" in ana.text


def test_a_web_page_is_proved_by_one_line_in_it(ana: Visitor, town: Fediverse) -> None:
    town.pages["/blog"] = "<p>Hola</p>"
    begin(ana, f"{town.base_url}/blog", way="page")
    line = re.search(r"<code>(.+?)</code>", ana.text)
    assert line
    town.pages["/blog"] = f"<p>{line[1]}</p>"  # written out as text, as in a comment
    assert ana.send("/card/networks/code").status_code == 422
    town.pages["/blog"] = f"<head>{html.unescape(line[1])}</head><p>Hola</p>"
    ana.send("/card/networks/code")
    assert "tu web dice que es tuya" in ana.text


def test_a_web_page_and_a_linked_profile_that_name_each_other_are_enough(
    ana: Visitor, town: Fediverse
) -> None:
    link_by_server(ana, town)
    town.pages["/blog"] = f'<a rel="me" href="{town.base_url}/@ana">yo</a>'
    begin(ana, f"{town.base_url}/blog", way="page")
    assert ana.send("/card/networks/code").status_code == 422, "the profile says nothing yet"
    town.people["ana"].web = f"{town.base_url}/blog"
    ana.send("/card/networks/code")
    assert "Unida: 127.0.0.1" in ana.text


@pytest.mark.parametrize(
    ("typed", "way", "said"),
    [
        ("esto no es nada", "server", "Eso no parece una cuenta"),
        ("mastodon", "server", "Eso no parece una cuenta"),
        ("social.example", "code", "Eso no parece una cuenta"),
        ("@ana@", "code", "Eso no parece una cuenta"),
        ("no hay", "page", "Eso no parece una página"),
        ("https://10.0.0.1/", "server", "no es una dirección pública"),
        ("https://nadie.invalid/", "server", "nadie.invalid no contesta"),
    ],
)
def test_what_cannot_be_an_account_is_said_in_plain_words(
    ana: Visitor, typed: str, way: str, said: str
) -> None:
    assert begin(ana, typed, way) == 422
    assert said in html.unescape(ana.text)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "no contesta. Mira si está bien escrito"),
        (429, "pide que esperemos"),
        (404, "no hay nada con ese nombre"),
        (403, "no nos deja entrar"),
        (418, "no contesta como esperábamos"),
    ],
)
def test_a_server_in_trouble_is_told_in_plain_words_and_links_nothing(
    ana: Visitor, town: Fediverse, status: int, said: str
) -> None:
    town.trouble = status
    assert begin(ana, town.base_url) == 422
    assert said in html.unescape(ana.text)
    town.trouble = 0
    begin(ana, f"{town.base_url}/@ana", way="code")
    town.trouble = status
    assert ana.send("/card/networks/code").status_code == 422
    assert said in html.unescape(ana.text)


def test_a_no_at_the_server_links_nothing(ana: Visitor, town: Fediverse) -> None:
    begin(ana, town.base_url)
    ana.open(town.answer(way_out(ana), "no"))
    assert "Has dicho que no en tu servidor" in ana.text
    assert "Unida" not in ana.text


def test_an_answer_that_nobody_waits_for_links_nothing(
    ana: Visitor, town: Fediverse, clock: ManualClock
) -> None:
    begin(ana, town.base_url)
    back = town.answer(way_out(ana))
    forged = re.sub(r"state=[^&]+", "state=another", back)
    ana.open(forged)
    assert "demasiado tiempo" in ana.text
    ana.open(f"{back}&iss=https://another.example")
    assert "demasiado tiempo" in ana.text
    assert town.tokens == {}, "another server's code is not carried to this one"
    clock.advance(minutes=16)
    ana.open(back)
    assert "demasiado tiempo" in ana.text
    ana.open("/card/networks/code")
    assert "demasiado tiempo" in ana.text
    assert "code" not in parse_qs(urlsplit(back).query) or town.tokens == {}


def test_an_account_on_another_card_is_refused(
    ana: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    link_by_server(ana, town)
    _, _, cookie = give_card(asking, bakery.program)
    other = visitor(asking)
    other.client.set_cookie("enlaza-card", cookie)
    other.open("/card/networks")
    begin(other, town.base_url)
    other.open(town.answer(way_out(other)))
    assert "ya está unida a otra tarjeta" in other.text


def test_a_linked_persons_like_is_one_line_at_the_till_until_it_is_unlinked(
    ana: Visitor, asking: Service, bakery: Shop, town: Fediverse, clock: ManualClock
) -> None:
    like(asking, town)
    assert scanned_like(asking, bakery) is None, "nobody has linked anything"
    link_by_server(ana, town)
    assert scanned_like(asking, bakery) is None, "a yes does not reach back"
    like(asking, town)
    clock.set(clock.now() + timedelta(days=2))
    assert scanned_like(asking, bakery) == (
        "Le gustó vuestra publicación «Ya hay turrón» (hace 2 días)"
    )
    ana.open("/card/privacy")
    link_id = re.search(r'name="link_id" value="([0-9a-f]{64})"', ana.text)
    assert link_id
    ana.send("/card/privacy/unlink", link_id=link_id[1], kind="social")
    assert "Cuenta desunida, desde ya" in ana.text
    assert scanned_like(asking, bakery) is None
    ana.undo()
    assert scanned_like(asking, bakery) is not None


def test_taking_the_yes_back_unlinks_every_account(
    ana: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    link_by_server(ana, town)
    like(asking, town, words="")
    assert scanned_like(asking, bakery) == "Le gustó vuestra publicación (hace 0 s)"
    ana.send("/card/privacy/withdraw", purpose="social")
    assert "Tus cuentas ya no están unidas" in ana.text
    assert "@ana@127.0.0.1" not in ana.text
    assert scanned_like(asking, bakery) is None


def test_a_shop_on_no_network_asks_for_none(asking: Service) -> None:
    shop = open_shop(asking, program_id=8, slug="FRUTERIA-LUZ")
    one = visitor(asking)
    one.client.set_cookie("enlaza-card", shop.shopper)
    one.open("/card/privacy")
    assert "Mis redes" not in one.text
    one.open("/card/networks")
    assert "aún no está en ninguna red" in one.text
