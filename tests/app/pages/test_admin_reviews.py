"""Who is who, as the owner is asked and says it: one tap, a reason, a way back."""

import html
import re

import pytest

from tests.support.doubt import Doubt, doubt
from tests.support.forms import Visitor
from tests.support.service import Service, Shop


@pytest.fixture
def two(service: Service, shop: Shop) -> Doubt:
    return doubt(service, shop)


def cards(owner: Visitor, person_id: str) -> int:
    """Count the cards of the person that an id leads to now."""
    owner.open(f"/admin/people/{person_id}")
    return owner.text.count("Se perdió o se cambia")


def act_of(owner: Visitor, two: Doubt) -> str:
    """Give the id that the form of a yes carries on the page that is shown."""
    form = rf'action="/admin/reviews/{two.link_id}/yes">.*?name="act_id" value="([^"]+)"'
    found = re.search(form, owner.text)
    assert found
    return found[1]


def say_yes(owner: Visitor, two: Doubt) -> None:
    """Tap "Son la misma" on the page that is shown."""
    owner.send(f"/admin/reviews/{two.link_id}/yes", act_id=act_of(owner, two))


def test_one_tap_joins_two_cards_and_another_takes_it_back(owner: Visitor, two: Doubt) -> None:
    owner.open("/admin/reviews")
    assert "¿Son la misma persona Lucía F" in owner.text
    assert "Las dos confirmaron el mismo correo." in owner.text
    assert "por contestar" in owner.text
    say_yes(owner, two)
    assert "Juntas. Sus compras ya son de una persona." in owner.text
    assert "Ninguna duda" in owner.text
    owner.undo()
    assert "¿Son la misma persona Lucía F" in owner.text
    say_yes(owner, two)
    assert cards(owner, two.person_ids[0]) == 2


@pytest.mark.parametrize(("answer", "words"), [("no", "Son dos personas"), ("leave", "Queda como")])
def test_a_no_and_a_shrug_end_the_question_until_they_are_undone(
    owner: Visitor, two: Doubt, answer: str, words: str
) -> None:
    owner.open("/admin/reviews")
    owner.send(f"/admin/reviews/{two.link_id}/{answer}")
    assert words in owner.text
    assert "Ninguna duda" in owner.text
    owner.undo()
    assert "¿Son la misma persona" in owner.text


def test_a_question_answered_by_somebody_else_says_so(owner: Visitor, two: Doubt) -> None:
    owner.open("/admin/reviews")
    mine = act_of(owner, two)
    owner.open("/admin/reviews")
    say_yes(owner, two)
    owner.send(f"/admin/reviews/{two.link_id}/yes", act_id=mine)
    assert "Esa pregunta ya está contestada." in owner.text


def test_a_yes_tapped_twice_is_one_answer_and_one_undo_takes_it_back(
    owner: Visitor, two: Doubt
) -> None:
    owner.open("/admin/reviews")
    act_id = act_of(owner, two)
    for _ in range(2):
        owner.send(f"/admin/reviews/{two.link_id}/yes", act_id=act_id)
        assert "Juntas. Sus compras ya son de una persona." in owner.text
    owner.undo()
    assert "¿Son la misma persona Lucía F" in owner.text
    assert act_of(owner, two) != act_id
    owner.send(f"/admin/reviews/{two.link_id}/yes", act_id=act_id)
    assert "Esa pregunta ya está contestada." in owner.text, "that yes was taken back"
    assert cards(owner, two.person_ids[0]) == 1


def test_a_yes_without_its_id_is_refused(owner: Visitor, two: Doubt) -> None:
    owner.open("/admin/reviews")
    answer = owner.send(f"/admin/reviews/{two.link_id}/yes")
    assert answer.status_code == 400
    assert cards(owner, two.person_ids[0]) == 1


def test_staff_put_two_cards_together_with_a_reason_and_undo_it(owner: Visitor, two: Doubt) -> None:
    here = two.person_ids[0]
    owner.open(f"/admin/people/{here}/join?q=Fdez")
    found = re.search(r'name="other" value="([0-9a-f]{32})"', owner.text)
    act = re.search(r'name="act_id" value="([^"]+)"', owner.text)
    assert found
    assert act
    owner.send(
        f"/admin/people/{here}/join", other=found[1], act_id=act[1], reason="cambió de móvil"
    )
    assert "Juntas. Sus compras ya son de una persona." in owner.text
    assert "«cambió de móvil»" in owner.text
    assert cards(owner, here) == 2


def test_the_way_in_words_says_what_would_split_and_not_the_same_is_for_ever(
    owner: Visitor, two: Doubt
) -> None:
    owner.open(f"/admin/people/{two.person_ids[0]}")
    ways = re.findall(r'href="(/admin/people/[0-9a-f]{32}/why/[0-9a-f-]{36})"', owner.text)
    assert ways
    words = []
    for way in ways:
        owner.open(way)
        words.append(html.unescape(owner.text))
    told = next(
        each for each in words if "el correo l•u@correo.example" in each or "Confirmó" in each
    )
    assert "Si esto se va, se separa: el correo" in told
    link = re.findall(r'name="link_id" value="([0-9a-f]{64})"', told)[-1]
    owner.send(f"/admin/people/{two.person_ids[0]}/apart", link_id=link, reason="es de su hermana")
    assert "Separado para siempre" in owner.text
    owner.undo()
    assert "Vuelve a estar unido." in owner.text


def test_a_cashier_is_asked_nothing(cashier: Visitor, two: Doubt) -> None:
    assert cashier.open("/admin/reviews").status_code == 403
    assert two.link_id not in cashier.text
