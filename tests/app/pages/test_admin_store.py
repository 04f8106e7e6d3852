"""An owner sets the shop: look, hours, contact, rule, rewards, another store; and undoes it."""

from tests.support.forms import Visitor
from tests.support.service import Shop


def page(shop: Shop) -> str:
    return f"/admin/store/{shop.program.store_id}"


def test_a_new_name_and_color_are_kept_and_can_be_undone(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/look", name=" Horno Luna ", street="Plaza 2", color="#8c1d40")
    assert 'value="Horno Luna"' in owner.text
    assert "#8C1D40" in owner.text
    owner.undo()
    assert 'value="Panadería Sol"' in owner.text


def test_a_name_that_is_missing_is_told_at_its_field(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/look", name=" ", street="Calle del Olmo, 14", color="#8C1D40")
    assert "Escribe el nombre, hasta 60 letras." in owner.text
    assert 'value="Calle del Olmo, 14"' in owner.text, "what was right is not typed again"
    owner.open(page(shop))
    assert "Escribe el nombre" not in owner.text, "it is told once"


def test_split_hours_are_typed_as_people_write_them(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(
        f"{page(shop)}/hours",
        hours_Mo_0_opens="9:30",
        hours_Mo_0_closes="14",
        hours_Mo_1_opens="17.00",
        hours_Mo_1_closes="2030",
        hours_holidays="1",
    )
    assert "Horario guardado." in owner.text
    for text in ('value="09:30"', 'value="14:00"', 'value="17:00"', 'value="20:30"'):
        assert text in owner.text
    owner.undo()
    assert 'value="09:30"' not in owner.text


def test_half_a_span_is_refused_with_a_sentence(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/hours", hours_Mo_0_opens="9:30")
    assert "cada tramo abre y cierra" in owner.text


def test_hours_beyond_a_week_are_kept_as_text(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/hours", hours_text="Jun-Sep Mo-Fr 09:00-14:00")
    assert 'value="Jun-Sep Mo-Fr 09:00-14:00"' in owner.text
    owner.send(f"{page(shop)}/hours", hours_text="cuando me levante")
    assert "cada tramo abre y cierra" in owner.text


def test_a_phone_is_kept_in_the_form_a_link_can_use(owner: Visitor, shop: Shop) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/contact", contact_kind="whatsapp", contact_value="612 34 56 78")
    assert 'value="+34612345678"' in owner.text
    owner.send(f"{page(shop)}/contact", contact_kind="email", contact_value="hola")
    assert "así no llega a nadie" in owner.text


def test_another_store_opens_with_an_address_of_its_own(
    owner: Visitor, shop: Shop, other_shop: Shop
) -> None:
    owner.open(page(shop))
    owner.send(f"{page(shop)}/more", name="Frutería Olmo", slug=other_shop.slug)
    assert "Otra tienda ya tiene esa dirección web." in owner.text
    owner.send(f"{page(shop)}/more", name="Frutería Olmo", slug="fruteria-olmo")
    assert "/S/FRUTERIA-OLMO" in owner.text


def test_a_color_is_shown_before_it_is_saved(owner: Visitor) -> None:
    owner.open("/admin/store/accent?color=%238C1D40")
    assert "#8C1D40" in owner.text
    assert "se lee bien" in owner.text
    assert owner.open("/admin/store/accent?color=%3Cscript%3E").status_code == 200
    assert "<script" not in owner.text
