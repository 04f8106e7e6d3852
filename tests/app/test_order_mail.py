"""Mails about an order: what they say, in both languages, and the pickup they bring along."""

from dataclasses import replace
from email.message import EmailMessage
from typing import cast

import pytest

from app.factory import template_folder
from app.language import LANGUAGES
from app.links import LinkPurpose
from app.order_mail import ORDER_TOPICS
from app.outbound import compose, mail_text
from loyalty.outbox.errors import NotSentError
from loyalty.outbox.queries import Message
from loyalty.outbox.rules import Topic
from tests.support.service import Service, Shop
from tests.support.window import Shopper, Window, open_window, seconds, shopper_at


@pytest.fixture
def window(service: Service, shop: Shop) -> Window:
    return open_window(service, shop)


@pytest.fixture
def lucia(window: Window) -> Shopper:
    found = shopper_at(window)
    found.put("PAN", 2)
    found.cart()
    found.order()
    return found


def calendar_of(mail: EmailMessage) -> str:
    for part in mail.iter_attachments():
        if part.get_content_type() == "text/calendar":
            return cast("bytes", part.get_payload(decode=True)).decode()
    return ""


def last_mail(window: Window, topic: Topic) -> Message:
    return next(each for each in reversed(window.mails()) if each.topic is topic)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", sorted(ORDER_TOPICS))
@pytest.mark.usefixtures("lucia")
def test_every_news_has_its_text_in_every_language(
    service: Service, window: Window, topic: Topic, language: str
) -> None:
    [posted] = window.mails()
    message = replace(posted, topic=topic, language=language)
    subject, text = mail_text(message, service.services)
    assert "0001" in subject
    assert "Panadería Sol" in text
    assert "/order/7." in text
    assert "\n\n\n" not in text
    assert (template_folder() / "mail" / language / f"{topic}.txt").is_file()


@pytest.mark.usefixtures("lucia")
def test_the_first_mail_has_the_letters_the_link_and_the_pickup(
    service: Service, window: Window
) -> None:
    [posted] = window.mails()
    assert posted.recipient == "lucia@example.org"
    mail = compose(posted, service.services)
    text = mail.get_body()
    assert text is not None
    told = text.get_content()
    assert mail["Subject"] == "Pedido 0001 en Panadería Sol: lunes 2 de marzo, 11:00–12:00"
    assert "2 × Hogaza de masa madre · 9,60\xa0€" in told
    assert "hasta el lunes 2 de marzo a las 10:30" in told
    link = told.partition("/order/")[2].split()[0]
    payload, _ = service.services.links.read(LinkPurpose.ORDER, link)
    assert payload["order_id"] == str(window.orders()[0].order_id)
    calendar = calendar_of(mail)
    assert "METHOD:PUBLISH" in calendar
    assert "DTSTART;TZID=Europe/Madrid:20260302T110000" in calendar


@pytest.mark.usefixtures("lucia")
def test_the_letters_are_in_the_mail_and_not_in_what_is_kept(
    service: Service, window: Window
) -> None:
    [posted] = window.mails()
    _, text = mail_text(posted, service.services)
    [letters] = [
        line.strip() for line in text.splitlines() if len(line.strip()) == 9 and line.isupper()
    ]
    assert letters not in str(posted.facts)
    assert letters.replace(" ", "") not in str(posted.facts)


def test_moved_and_canceled_pickups_follow_in_the_calendar(
    service: Service, window: Window, lucia: Shopper
) -> None:
    lucia.send("/time", slot=seconds(window.slots()[4].slot.starts_at))
    moved = calendar_of(compose(last_mail(window, Topic.ORDER_MOVED), service.services))
    assert "SEQUENCE:1\r\n" in moved
    assert "20260302T150000" in moved
    lucia.send("/cancel")
    message = last_mail(window, Topic.ORDER_CANCELED)
    _, text = mail_text(message, service.services)
    assert "Cancelaste tu pedido 0001." in text
    ended = calendar_of(compose(message, service.services))
    assert "SEQUENCE:2\r\n" in ended
    assert "METHOD:CANCEL" in ended


@pytest.mark.parametrize(
    ("typed", "greeted"),
    [
        ("Lucía Sanz", "Hola, Lucía Sanz:"),
        ("M. J. O'Neil", "Hola, M. J. O'Neil:"),
        ("Lucía\r\nBcc: eve@example.org", "Hola:"),
        ("Premio en https://eve.example", "Hola:"),
        ("Premio en eve.example", "Hola:"),
        ("Lucía\n\nhola", "Hola, Lucía hola:"),
    ],
)
def test_a_name_brings_neither_lines_nor_links_into_a_mail(
    service: Service, window: Window, typed: str, greeted: str
) -> None:
    found = shopper_at(window)
    found.put("PAN")
    found.cart()
    assert found.order(name=typed) == 200
    [posted] = window.mails()
    mail = compose(posted, service.services)
    _, text = mail_text(posted, service.services)
    assert text.splitlines()[0] == greeted
    assert "example" not in str(mail["To"]).replace("lucia@example.org", "")
    assert mail["Bcc"] is None
    [order] = window.orders()
    assert "\n" not in order.contact_name


@pytest.mark.usefixtures("lucia")
def test_what_could_not_be_found_is_told_once_when_the_order_is_ready(
    service: Service, window: Window
) -> None:
    window.prepare(window.orders()[0], picked={"PAN": 1000})
    told = {mail.topic for mail in window.mails()}
    assert told == {Topic.ORDER_PLACED, Topic.ORDER_READY}
    subject, text = mail_text(last_mail(window, Topic.ORDER_READY), service.services)
    assert subject == "Tu pedido 0001 está listo en Panadería Sol, pero falta algo"
    assert "No quedaba todo lo que pediste. Lo que falta no se cobra." in text
    assert "1 × Hogaza de masa madre · 4,80\xa0€ (no hay: 1 ×)" in text
    assert "Recógelo hasta el lunes 2 de marzo a las 16:00." in text


@pytest.mark.usefixtures("lucia")
def test_what_is_found_missing_after_it_was_told_ready_is_told_at_once(
    service: Service, window: Window
) -> None:
    order = window.orders()[0]
    window.prepare(order)
    _, ready = mail_text(last_mail(window, Topic.ORDER_READY), service.services)
    assert "No quedaba" not in ready
    window.take_out(order, "PAN", left=1000)
    message = last_mail(window, Topic.ORDER_CHANGED)
    _, text = mail_text(message, service.services)
    assert "1 × Hogaza de masa madre · 4,80\xa0€ (no hay: 1 ×)" in text
    assert calendar_of(compose(message, service.services)) == ""


@pytest.mark.usefixtures("lucia")
def test_a_mail_whose_facts_were_forgotten_is_given_up(service: Service, window: Window) -> None:
    [posted] = window.mails()
    with pytest.raises(NotSentError) as failure:
        compose(replace(posted, facts={}), service.services)
    assert failure.value.is_final
