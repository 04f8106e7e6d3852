"""Who owes whom between stores, and where points go by till: figures that open, lists to take."""

import re
from collections.abc import Mapping
from uuid import UUID

import pytest

from loyalty.programs.queries import stores_of
from tests.support.checkout import Counter
from tests.support.forms import Visitor
from tests.support.ledger import Ledger
from tests.support.service import Service, Shop
from tests.support.street import Street

SETTLED = "/admin/points/settlement"
WATCHED = "/admin/points/tills"
DAYS = "first=2026-03-01&last=2026-03-31"


@pytest.fixture
def ledgers(service: Service, owner: Visitor, shop: Shop) -> Mapping[str, Ledger]:
    """Two stores of one owner: the second has a name that a spreadsheet would run."""
    made, parts = shop.program, service.services
    owner.open(f"/admin/store/{made.store_id}")
    owner.send(f"/admin/store/{made.store_id}/more", name="=Olmo", slug="olmo")
    with parts.database.reading(shop.program_id) as session:
        stores = {store.name: store.store_id for store in stores_of(session, shop.program_id)}

    def ledger(store_id: UUID) -> Ledger:
        street = Street(shop.program_id, store_id, made.staff_id, shop.till_id)
        return Ledger(parts.database, street, parts.tools)

    return {name: ledger(store_id) for name, store_id in stores.items()}


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_every_figure_opens_into_the_entries_that_make_it(
    owner: Visitor, ledgers: Mapping[str, Ledger]
) -> None:
    owner.open(f"{SETTLED}?{DAYS}")
    assert "Nadie debe nada" in owner.text
    bakery, greens = ledgers["Panadería Sol"], ledgers["=Olmo"]
    card = bakery.new_wallet()
    bakery.earn("sale:1", card, 300)
    greens.hold("h1", card, 120)
    greens.post("redeem:h1", "h1")
    owner.open(f"{SETTLED}?{DAYS}")
    text = plain(owner.text)
    assert "Panadería Sol → =Olmo" in text
    assert "1,20 €" in text
    assert "Todo suma cero." in text
    href = re.search(r'href="(/admin/points/settlement/entries[^"]+)"', owner.text)
    assert href
    owner.open(href[1].replace("&amp;", "&"))
    text = plain(owner.text)
    assert "Lo que Panadería Sol debe a =Olmo" in text
    assert re.search(r"Premio</td>.*120 puntos</td><td>1,20</td>", text)
    listed = owner.client.get(f"{SETTLED}/list.csv?{DAYS}", headers=owner.headers).get_data()
    assert listed.decode("utf-8-sig").splitlines()[1] == "Panadería Sol;'=Olmo;1,20;EUR;120"


def test_a_figure_of_somebody_else_does_not_open(owner: Visitor, other_shop: Shop) -> None:
    theirs = other_shop.program.store_id
    address = f"{SETTLED}/entries?debtor={theirs}&creditor=program&{DAYS}"
    assert owner.open(address).status_code == 404
    assert owner.open(f"{SETTLED}/entries?debtor=x&creditor=program&{DAYS}").status_code == 400


def test_the_points_of_each_till_are_told_and_what_stands_out(
    service: Service, owner: Visitor, shop: Shop
) -> None:
    parts = service.services
    street = Street(shop.program_id, shop.program.store_id, shop.program.staff_id, shop.till_id)
    counter = Counter(parts.database, street, parts.tools)
    owner.open(f"{WATCHED}?{DAYS}")
    assert "En estos días no se dieron puntos por compras." in owner.text
    for number in range(4):
        counter.sell(f"s{number}", 500, code=shop.card_text)
    owner.open(f"{WATCHED}?{DAYS}")
    text = plain(owner.text)
    assert "Caja 1" in text
    assert "4 compras, 1 tarjetas; las tres primeras se llevan el 100 %." in text
    assert "Una tarjeta pasó muchas veces el mismo día." in text
    assert re.search(r'href="/admin/people/[^"]+">Lucía F\.', text)


@pytest.mark.parametrize("page", [SETTLED, WATCHED])
@pytest.mark.parametrize(
    "days",
    ["first=2026-03-31&last=2026-03-01", "first=ayer&last=hoy", "first=0001-01-01&last=9999-12-31"],
)
def test_days_that_cannot_be_are_told_and_this_month_is_shown(
    owner: Visitor, page: str, days: str
) -> None:
    assert owner.open(f"{page}?{days}").status_code == 200
    assert "Pon dos días en orden" in owner.text


def test_the_reports_speak_english_too(owner: Visitor) -> None:
    owner.headers["Accept-Language"] = "en"
    owner.open(SETTLED)
    assert "Nobody owes anything" in owner.text
    owner.open(WATCHED)
    assert "By till" in owner.text
