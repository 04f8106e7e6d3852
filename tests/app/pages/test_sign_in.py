"""Staff come in by a code or a link of a mail, and go out for good."""

import json
import re
from uuid import UUID

import pytest
from sqlalchemy import select

from app.addresses import staff_sign_in_address
from loyalty.db.models import RateCounter
from loyalty.journeys.sign_in import owner_sign_in_link
from loyalty.outbox.models import OutboxMessage
from loyalty.programs.rules import CHALLENGE_TRIES, GUESSES_PER_DAY
from tests.support.clock import ManualClock
from tests.support.forms import Visitor, visitor
from tests.support.service import Service, Shop

DOOR = "/sign-in/7"


def mails(service: Service, program_id: int = 7) -> list[OutboxMessage]:
    with service.services.database.reading(program_id) as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.message_id)))


def code_of_last_mail(service: Service) -> str:
    code = json.loads(mails(service)[-1].facts)["code"]
    assert isinstance(code, str)
    return code


@pytest.mark.usefixtures("shop")
def test_the_code_of_the_mail_lets_the_owner_in(nobody: Visitor, service: Service) -> None:
    nobody.open(DOOR)
    nobody.send(DOOR, email=" ANA@panaderia-sol.example ")
    assert "Mira tu correo" in nobody.text
    code = code_of_last_mail(service)
    nobody.send(f"{DOOR}/code", code=f"{code[:3]} {code[3:]}")
    assert "Ana" in nobody.text
    assert "Últimas ventas" in nobody.text


@pytest.mark.usefixtures("shop")
def test_asking_tells_nobody_who_works_here(service: Service) -> None:
    told = []
    for email in ("ana@panaderia-sol.example", "nadie@panaderia-sol.example"):
        one = visitor(service)
        one.open(DOOR)
        answer = one.send(DOOR, email=email)
        told.append((answer.status_code, one.text.replace(email, "…").partition("csrf_token")[0]))
    assert told[0] == told[1]
    assert len(mails(service)) == 1


@pytest.mark.usefixtures("shop")
def test_five_wrong_codes_use_the_challenge_up(nobody: Visitor, service: Service) -> None:
    nobody.open(DOOR)
    nobody.send(DOOR, email="ana@panaderia-sol.example")
    code = code_of_last_mail(service)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    nobody.send(f"{DOOR}/code", code=wrong)
    assert "Quedan 4 intentos." in nobody.text
    for _ in range(4):
        nobody.send(f"{DOOR}/code", code=wrong)
    nobody.send(f"{DOOR}/code", code=code)
    assert "Este código ya no vale. Pide otro." in nobody.text


@pytest.mark.usefixtures("shop")
def test_asking_over_and_over_is_refused(nobody: Visitor) -> None:
    nobody.open(DOOR)
    answers = [nobody.send(DOOR, email="ana@panaderia-sol.example").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_the_link_waits_for_a_button_and_works_once(
    nobody: Visitor, service: Service, shop: Shop
) -> None:
    parts = service.services
    with parts.database.unit_of_work(shop.program_id) as session:
        challenge_id = owner_sign_in_link(
            session, shop.program_id, "ana@panaderia-sol.example", tools=parts.tools
        )
    address = staff_sign_in_address(parts.settings, parts.links, shop.program_id, challenge_id)
    path = address.removeprefix(parts.settings.base_url)
    nobody.open(path)
    nobody.open(path)  # a mail program opened it first
    token = re.search(r'name="token" value="([^"]+)"', nobody.text)
    assert token
    nobody.send(f"{DOOR}/link", token=token[1])
    assert "Últimas ventas" in nobody.text
    second = visitor(service)
    second.open(path)
    second.send(f"{DOOR}/link", token=token[1])
    assert "Ese enlace ya se usó" in second.text


@pytest.mark.usefixtures("shop")
def test_a_forged_link_opens_nothing(nobody: Visitor) -> None:
    assert nobody.open(f"{DOOR}/link/7.forged").status_code == 410


def test_signing_out_ends_the_session_on_the_server(
    owner: Visitor, service: Service, shop: Shop
) -> None:
    owner.open("/admin/sessions")
    owner.send("/sign-out")
    stolen = visitor(service)
    stolen.client.set_cookie("enlaza-staff", shop.staff["owner"])
    stolen.open("/admin")
    assert "Entra con tu correo" in stolen.text


@pytest.mark.usefixtures("shop")
def test_another_browser_can_be_signed_out(owner: Visitor, service: Service) -> None:
    second = visitor(service)
    second.open(DOOR)
    second.send(DOOR, email="ana@panaderia-sol.example")
    second.send(f"{DOOR}/code", code=code_of_last_mail(service))
    owner.open("/admin/sessions")
    revoke = re.search(r'action="(/admin/sessions/[^"]+/revoke)"', owner.text)
    assert revoke
    owner.send(revoke[1])
    assert "Ese navegador ya no está dentro." in owner.text
    second.open("/admin")
    assert "Entra con tu correo" in second.text


def test_the_address_on_the_poster_leads_to_the_door(nobody: Visitor, shop: Shop) -> None:
    nobody.open("/sign-in")
    nobody.send("/sign-in", slug=f"https://tarjeta.example/S/{shop.slug.lower()}")
    assert "Entra con tu correo" in nobody.text
    nobody.open("/sign-in")
    nobody.send("/sign-in", slug="NO-HAY")
    assert "No conocemos esa dirección." in nobody.text


def test_a_program_that_does_not_exist_has_no_door(nobody: Visitor) -> None:
    assert nobody.open("/sign-in/999").status_code == 404


@pytest.mark.usefixtures("shop")
def test_new_codes_bring_no_end_of_guesses_and_the_link_still_opens(
    nobody: Visitor, service: Service, clock: ManualClock
) -> None:
    for _ in range(GUESSES_PER_DAY // CHALLENGE_TRIES):
        clock.advance(minutes=11)
        nobody.open(DOOR)
        nobody.send(DOOR, email="ana@panaderia-sol.example")
        wrong = f"{(int(code_of_last_mail(service)) + 1) % 1_000_000:06}"
        for _ in range(CHALLENGE_TRIES):
            nobody.send(f"{DOOR}/code", code=wrong)
    clock.advance(minutes=11)
    nobody.open(DOOR)
    nobody.send(DOOR, email="ana@panaderia-sol.example")
    nobody.send(f"{DOOR}/code", code=code_of_last_mail(service))
    assert "Este código ya no vale. Pide otro." in nobody.text
    challenge = UUID(json.loads(mails(service)[-1].facts)["challenge_id"])
    parts = service.services
    address = staff_sign_in_address(parts.settings, parts.links, 7, challenge)
    nobody.open(address.removeprefix(parts.settings.base_url))
    nobody.send(f"{DOOR}/link", token=address.rpartition("/")[2])
    assert "Últimas ventas" in nobody.text


@pytest.mark.usefixtures("shop")
def test_what_counts_the_askers_holds_no_address(nobody: Visitor, service: Service) -> None:
    nobody.open(DOOR)
    nobody.send(DOOR, email="ana@panaderia-sol.example")
    with service.services.database.reading(0) as session:
        subjects = session.scalars(select(RateCounter.subject)).all()
    assert subjects
    assert not [subject for subject in subjects if "ana" in subject or "@" in subject]


@pytest.mark.usefixtures("shop")
def test_an_address_written_otherwise_is_no_other_address(service: Service) -> None:
    told = []
    for email in ("Eva@sol.example", " eva@sol.example", "EVA@SOL.EXAMPLE", "eva@sol.example ") * 2:
        one = visitor(service)
        one.open("/S/PANADERIA-SOL/save")
        told.append(one.send("/S/PANADERIA-SOL/save", email=email).status_code)
    assert told == [200] * 5 + [429] * 3
