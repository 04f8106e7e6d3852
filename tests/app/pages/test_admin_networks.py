"""The owner connects the shop's account, sees how that is doing, and takes it off again."""

import html
import re
from datetime import timedelta

import pytest

from app.network_reading import read_inbox
from loyalty.journeys.tell_networks import ConnectionState, connections_health
from loyalty.social.connect import ConnectionFacts, connections_of, secrets_of
from tests.support.clock import ManualClock
from tests.support.fediverse import Fediverse
from tests.support.forms import Visitor, staff_visitor, visitor, way_out
from tests.support.service import Service, Shop, open_shop

HOME = "/admin/networks"


@pytest.fixture
def bakery(asking: Service) -> Shop:
    return open_shop(asking, program_id=7, slug="PANADERIA-SOL")


@pytest.fixture
def boss(asking: Service, bakery: Shop, town: Fediverse) -> Visitor:
    town.signed_in = "pan"
    town.post("7", "Ya hay turrón de Jijona")
    one = staff_visitor(asking, bakery, "owner")
    one.open(HOME)
    return one


def connect(boss: Visitor, bakery: Shop, town: Fediverse, answer: str = "yes") -> None:
    boss.send(f"{HOME}/account", account=town.base_url, store_id=str(bakery.program.store_id))
    boss.open(town.answer(way_out(boss), answer))


def connection(asking: Service) -> ConnectionFacts:
    with asking.services.database.reading(7) as session:
        (found,) = connections_of(session, 7)
    return found


def text(page: Visitor) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def test_an_owner_connects_the_shops_account_and_it_is_asked_at_once(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    assert "Aún no estás en ninguna red" in text(boss)
    connect(boss, bakery, town)
    told = text(boss)
    assert "@pan@127.0.0.1 está conectada" in told
    assert "Última respuesta: hoy" in told
    assert "en orden" in told
    facts = connection(asking)
    assert (facts.account, facts.account_number, facts.failures) == ("pan@127.0.0.1", "1001", 0)
    with asking.services.database.reading(7) as session:
        keys = asking.services.tools.keys
        assert set(secrets_of(session, 7, facts.connection_id, keys=keys)) == {
            "token",
            "client_id",
            "client_secret",
        }


def test_likes_of_strangers_are_numbers_and_of_linked_people_names(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse, clock: ManualClock
) -> None:
    connect(boss, bakery, town)
    town.add("luis")
    town.favour("luis", "7", at=clock.now())
    town.mention("luis", "Voy a la panadería", at=clock.now())
    ana = visitor(asking)
    ana.client.set_cookie("enlaza-card", bakery.shopper)
    ana.open("/card/networks")
    town.signed_in = "ana"
    ana.send("/card/networks", account=town.base_url, way="server", consent="yes")
    ana.open(town.answer(way_out(ana)))
    town.favour("ana", "7", at=clock.now())
    poll(asking, boss)
    boss.open(HOME)
    told = text(boss)
    assert "Ya hay turrón de Jijona 2 me gusta · 1 de alguien unido" in told
    assert "Lucía F. Le gustó: Ya hay turrón de Jijona" in told
    assert "En publicaciones de otros 1 mención" in told
    assert "Voy a la panadería" not in told
    assert "luis" not in boss.text
    person = re.search(r'href="(/admin/people/[0-9a-f]{32})"', boss.text)
    assert person
    boss.open(person[1])
    told = text(boss)
    assert "Le gustó «Ya hay turrón de Jijona»" in told
    assert "Entró en su cuenta, en su propio servidor" in told
    assert "por qué (2)" in told
    ana.open("/card/history")
    assert "Te gustó «Ya hay turrón de Jijona»" in text(ana)
    assert "Porque uniste @ana@127.0.0.1" in text(ana)
    link_id = re.findall(r'name="link_id" value="([0-9a-f]{64})"', boss.text)[-1]
    boss.send(f"{person[1]}/separate", link_id=link_id, reason="no es su cuenta")
    assert "Le gustó «" not in text(boss)
    assert "Lo separó la tienda" in text(boss)
    ana.open("/card/history")
    assert "Te gustó" not in text(ana)
    ana.open("/card/privacy")
    assert "La separó la tienda. Ya no cuenta." in text(ana)


def poll(asking: Service, boss: Visitor) -> None:
    """Press "Probar ahora", and let the job read what came."""
    boss.send(f"{HOME}/{connection(asking).connection_id}/retry")
    read_inbox(asking.services, 7)


def test_what_was_connected_is_disconnected_and_its_token_given_back(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    connect(boss, bakery, town)
    assert len(town.tokens) == 1
    boss.send(f"{HOME}/{connection(asking).connection_id}/end")
    assert "Desconectada. Lo contado se queda" in text(boss)
    assert (town.tokens, len(town.revoked)) == ({}, 1)
    assert connection(asking).state == "ended"
    assert "Conectar otra vez" in text(boss)
    connect(boss, bakery, town)
    assert connection(asking).state == "live"


def test_a_token_that_was_revoked_is_said_everywhere_and_connected_again(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    connect(boss, bakery, town)
    town.tokens.clear()
    boss.send(f"{HOME}/{connection(asking).connection_id}/retry")
    assert "Sigue sin ir: el servidor ya no nos deja entrar" in text(boss)
    assert "El servidor retiró el permiso" in text(boss)
    boss.open("/admin/health")
    assert "@pan@127.0.0.1 ya no nos deja entrar" in text(boss)
    boss.open(HOME)
    boss.send(f"{HOME}/account", account=town.base_url, store_id=str(bakery.program.store_id))
    boss.open(town.answer(way_out(boss)))
    assert connection(asking).state == "live"
    assert "en orden" in text(boss)


def test_a_server_that_fails_is_told_with_how_often_and_when_we_ask_again(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse, clock: ManualClock
) -> None:
    connect(boss, bakery, town)
    town.trouble = 500
    for failures in range(1, 4):
        boss.send(f"{HOME}/{connection(asking).connection_id}/retry")
        assert connection(asking).failures == failures
        clock.advance(minutes=10)
    boss.send(f"{HOME}/{connection(asking).connection_id}/retry")
    told = text(boss)
    assert "4 fallos seguidos: el servidor no contesta" in told
    assert "Volvemos a preguntar: hoy" in told
    boss.open("/admin/health")
    assert "@pan@127.0.0.1 falla: el servidor no contesta" in text(boss)
    town.trouble = 0
    boss.open(HOME)
    boss.send(f"{HOME}/{connection(asking).connection_id}/retry")
    assert "Ha contestado. Todo al día." in text(boss)


def test_nobody_who_asks_for_long_is_a_trouble_too(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse, clock: ManualClock
) -> None:
    connect(boss, bakery, town)
    clock.set(clock.now() + timedelta(hours=1))
    with asking.services.database.reading(7) as session:
        (health,) = connections_health(session, 7, [bakery.program.store_id], at=clock.now())
    assert health.state is ConnectionState.LATE
    boss.open("/admin/health")
    assert "Nadie mira @pan@127.0.0.1 desde hace rato" in text(boss)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("¿?", "Eso no parece una cuenta"),
        ("https://10.1.2.3", "no es una dirección pública"),
        ("@pan@nadie.invalid", "nadie.invalid no contesta"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_what_was_typed(
    boss: Visitor, bakery: Shop, typed: str, said: str
) -> None:
    boss.send(f"{HOME}/account", account=typed, store_id=str(bakery.program.store_id))
    assert said in text(boss)
    assert f'value="{typed}"' in html.unescape(boss.text)


def test_a_no_at_the_server_or_a_forged_answer_connects_nothing(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    connect(boss, bakery, town, "no")
    assert "Has dicho que no en el servidor" in text(boss)
    boss.send(f"{HOME}/account", account=town.base_url, store_id=str(bakery.program.store_id))
    back = town.answer(way_out(boss))
    boss.open(re.sub(r"state=[^&]+", "state=another", back))
    assert "demasiado tiempo" in text(boss)
    with asking.services.database.reading(7) as session:
        assert connections_of(session, 7) == ()


def test_a_site_gets_its_one_line_to_copy(boss: Visitor, asking: Service, bakery: Shop) -> None:
    store_id = str(bakery.program.store_id)
    boss.send(f"{HOME}/site", site="no es una web", store_id=store_id)
    assert "Eso no parece una web" in text(boss)
    boss.send(f"{HOME}/site", site="sol.example", store_id=store_id)
    line = re.search(r"<code>(.+?)</code>", boss.text)
    assert line
    endpoint = connection(asking).connection_id.hex
    assert html.unescape(line[1]) == (
        f'<link rel="webmention" href="http://127.0.0.1:8000/hooks/webmention/7.{endpoint}">'
    )
    assert "sol.example" in text(boss)


def test_another_shops_connection_does_not_exist_for_an_owner(
    boss: Visitor, asking: Service, bakery: Shop, town: Fediverse
) -> None:
    connect(boss, bakery, town)
    other = open_shop(asking, program_id=8, slug="FRUTERIA-LUZ")
    stranger = staff_visitor(asking, other, "owner")
    stranger.open(HOME)
    for act in ("retry", "end"):
        answer = stranger.send(f"{HOME}/{connection(asking).connection_id}/{act}")
        assert answer.status_code == 404
    assert connection(asking).state == "live"
