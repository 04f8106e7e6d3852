"""The owner reads a person's story: the sale, its till, its channel, and why they are linked."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from loyalty.identity.links import LinkDraft, add_link
from loyalty.identity.queries import LinkFacts, links_of_person, person_of_card
from loyalty.identity.values import own_identifier_id
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from tests.support.checkout import Counter
from tests.support.forms import Visitor
from tests.support.service import Service, Shop
from tests.support.street import Phone, Street


@pytest.fixture
def counter(service: Service, shop: Shop) -> Counter:
    parts = service.services
    street = Street(shop.program_id, shop.program.store_id, shop.program.staff_id, shop.till_id)
    return Counter(parts.database, street, parts.tools)


@pytest.fixture
def linked(counter: Counter) -> Phone:
    """A shopper who came by Instagram, said yes, and bought something at the till."""
    phone = counter.consenting_phone()
    counter.sell("sale-1", 1240, code=counter.shown(phone))
    return phone


def person_path(owner: Visitor, phone: Phone) -> str:
    owner.open(f"/admin/people?q={phone.card_id[:4]}")
    found = re.search(r'href="(/admin/people/[^"?]+)"', owner.text.partition('class="rows"')[2])
    assert found, "the letters of the card find the person"
    return found[1]


def test_the_sale_tells_till_channel_and_the_reason_of_the_link(
    owner: Visitor, linked: Phone
) -> None:
    owner.open(person_path(owner, linked))
    assert "Compra de 12,40" in owner.text
    assert "en Caja 1" in owner.text
    assert "Llegó desde instagram" in owner.text
    assert "ese móvil enseñó el código" in owner.text
    assert "El código de esa visita se leyó en caja" in owner.text
    assert "con su permiso del" in owner.text
    assert "+12" in owner.text


@pytest.mark.usefixtures("linked")
def test_today_lists_the_sale_with_person_till_and_channel(owner: Visitor) -> None:
    owner.open("/admin")
    assert "100 de cada 100 euros" in owner.text
    assert "Red social" in owner.text
    assert "código del móvil leído en caja; esa visita llegó desde instagram" in owner.text


def test_what_does_not_belong_together_is_separated_and_put_back(
    owner: Visitor, linked: Phone
) -> None:
    path = person_path(owner, linked)
    owner.open(path)
    link = re.search(r'name="link_id" value="([0-9a-f]{64})"', owner.text)
    assert link
    owner.send(f"{path}/separate", link_id=link[1], reason="  ")
    assert "Di por qué, en unas palabras. No se ha cambiado nada." in owner.text
    assert "Lo separó la tienda" not in owner.text
    owner.send(f"{path}/separate", link_id=link[1], reason="era el móvil de su hija")
    assert "Separado. Los puntos siguen en su tarjeta." in owner.text
    assert "Lo separó la tienda" in owner.text
    assert owner.text.count("«era el móvil de su hija»") == 2, "in the list and in the story"
    assert "12 <small>" in owner.text
    owner.undo()
    assert "El código de esa visita se leyó en caja" in owner.text


def told_proofs(text: str) -> str:
    """Cut the picture and the list of proofs out of a page."""
    return text.partition('aria-labelledby="why"')[2].partition("</section>")[0]


def session_link(counter: Counter, phone: Phone) -> LinkFacts:
    program_id = counter.street.program_id
    with counter.database.reading(program_id) as session:
        person = person_of_card(session, program_id, phone.card_id)
        assert person is not None
        links = links_of_person(session, program_id, person.cluster_id)
    return next(each for each in links if each.kind == "session")


def test_a_regulars_number_at_the_till_is_one_proof_and_stands_once_in_the_picture(
    owner: Visitor, linked: Phone, counter: Counter
) -> None:
    for turn in range(8):
        sale = counter.report(f"r{turn}", 500, code=counter.shown(linked))
        counter.send(replace(sale, customer="acme:c-77"))
    owner.open(person_path(owner, linked))
    panel = told_proofs(owner.text)
    assert "3 uniones" in panel, "the phone, its visit and the number"
    assert panel.count('class="graph-node"') == 3
    assert panel.count('class="proof"') == 3
    assert panel.count("La caja dio ese número de cliente junto a su código") == 1
    assert "7 pruebas más; aquí, las últimas 6" in panel
    assert panel.count("/separate") == 2, "what says the same of the same two comes off at once"


def test_a_refused_visit_says_so_beside_the_visits_that_count(
    owner: Visitor, linked: Phone, counter: Counter
) -> None:
    theirs = counter.consenting_phone()
    counter.sell("theirs", 300, code=counter.shown(theirs))
    visit, own_visit = (session_link(counter, each) for each in (theirs, linked))
    with counter.database.unit_of_work(counter.street.program_id) as session:
        own = own_identifier_id("card", linked.card_id)
        assert own is not None
        at = counter.tools.clock.now() + timedelta(minutes=1)
        told = add_link(
            session,
            LinkDraft(
                program_id=counter.street.program_id,
                kind="session",
                a=own,
                b=visit.a if visit.a_kind == "session" else visit.b,
                event="scan:late",
                occurred_at=at,
                actor="till",
                consent_id=own_visit.consent_id,
            ),
            at=at,
        )
    assert told.refused_rule is not None
    owner.open(person_path(owner, linked))
    panel = told_proofs(owner.text)
    assert "2 uniones" in panel
    assert "1 visita" in panel
    assert "no se unió" in panel
    assert panel.count("El código de esa visita se leyó en caja") == 1
    assert panel.count("Parecía de la misma persona, pero no se unió") == 1


def test_a_number_that_everybody_gives_is_blocked_from_the_page_and_let_join_again(
    owner: Visitor, linked: Phone, counter: Counter
) -> None:
    sale = counter.report("named", 500, code=counter.shown(linked))
    counter.send(replace(sale, customer="acme:c-77"))
    path = person_path(owner, linked)
    owner.open(path)
    value = re.search(r'/block">(?:.|\n)*?name="identifier_id" value="([0-9a-f-]{36})"', owner.text)
    assert value
    assert owner.text.count('/block"') == 1, "neither the card, nor the membership, nor a visit"
    owner.send(f"{path}/block", identifier_id=value[1], reason=" ")
    assert "Di por qué, en unas palabras. No se ha cambiado nada." in owner.text
    owner.send(f"{path}/block", identifier_id=value[1], reason="lo da mucha gente")
    assert "Bloqueado: no une a nadie." in owner.text
    assert "no une nada" in owner.text
    assert "Dejar que una" in owner.text
    owner.undo()
    assert "Ya no está bloqueado." in owner.text
    assert "no une nada" not in owner.text
    assert '/block"' in owner.text
    assert owner.send(f"{path}/block", identifier_id="x", reason="porque").status_code == 404


def test_filters_show_their_part_of_the_story(owner: Visitor, linked: Phone) -> None:
    path = person_path(owner, linked)
    owner.open(f"{path}?show=web")
    assert "Compra de" not in owner.text.partition("Su historia")[2].partition("Por qué juntos")[0]
    owner.open(f"{path}?show=points")
    assert "Compra de 12,40" in owner.text


def test_a_person_is_called_by_name_and_found_by_it(owner: Visitor, linked: Phone) -> None:
    path = person_path(owner, linked)
    owner.open(path)
    owner.send(f"{path}/name", display_name=" Rosa  M. ")
    assert "Rosa M." in owner.text
    owner.open("/admin/people?q=rosa")
    assert "Rosa M." in owner.text
    owner.open(path)
    owner.send(f"{path}/name", display_name="Otra")
    owner.undo()
    assert "Rosa M." in owner.text


def test_the_head_tells_every_message_with_its_fate(
    owner: Visitor, shop: Shop, linked: Phone, counter: Counter
) -> None:
    path, now = person_path(owner, linked), counter.tools.clock.now()
    owner.open(path)
    assert "Aún no le hemos escrito." in owner.text
    assert "Todavía no había nada que contestar." in owner.text
    with counter.database.unit_of_work(shop.program_id) as session:
        for turn, topic in enumerate((Topic.SAVE_CARD, Topic.POINTS_EXPIRE)):
            post_mail(
                session,
                shop.program_id,
                topic=topic,
                language="es",
                recipient="ana@correo.example",
                facts={},
                subject_kind="member",
                subject_id=str(linked.member_id),
                at=now + timedelta(minutes=turn),
            )
    owner.open(path)
    head = owner.text.partition('class="facts"')[2].partition("</dl>")[0]
    assert "2 avisos en total." in head
    listed = head.partition("Todos los avisos")[2]
    assert "Su código para guardar la tarjeta, el 2 mar 2026: en camino" in listed
    assert "Sus puntos que caducan, el 2 mar 2026: en camino" in listed


def test_a_void_card_is_refused_at_the_till_with_its_reason(
    owner: Visitor, linked: Phone, counter: Counter
) -> None:
    code = counter.shown(linked)
    path = person_path(owner, linked)
    owner.open(path)
    person_id = path.rpartition("/")[2]
    owner.send(f"/admin/cards/{person_id}/{linked.card_id}/void", reason="se la robaron")
    assert "Anulada" in owner.text
    assert "se la robaron" in owner.text
    assert counter.scan(code).outcome == "revoked"


def test_a_card_issued_again_refuses_what_was_copied(
    owner: Visitor, shop: Shop, counter: Counter
) -> None:
    owner.open("/admin/people?q=Luc")
    found = re.search(r'href="(/admin/people/[^"?]+)"', owner.text.partition('class="rows"')[2])
    assert found
    owner.open(found[1])
    person_id = found[1].rpartition("/")[2]
    owner.send(f"/admin/cards/{person_id}/{shop.card_id}/reissue")
    assert "card-code" in owner.text, "the new one is shown, ready to print"
    assert counter.scan(shop.card_text).outcome == "superseded"


def test_persons_of_another_program_do_not_exist(owner: Visitor, other_shop: Shop) -> None:
    owner.open(f"/admin/people?q={other_shop.card_id}")
    assert "Nadie con esas señas" in owner.text
    assert owner.open("/admin/people/00000000000000000000000000000000").status_code == 404
