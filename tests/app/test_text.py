"""Amounts, rules and dates are written once, the way each language writes them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.language import init_language
from app.text import (
    date_text,
    money_parts,
    points_text,
    recent_text,
    rule_text,
    short_date_text,
    short_day_text,
)

ZONE = "Europe/Madrid"
AT = datetime(2026, 11, 18, 17, 42, tzinfo=UTC)


@pytest.fixture
def speaking() -> Flask:
    app = Flask("app")
    init_language(app)
    return app


def test_a_rule_of_one_euro_is_said_the_way_people_say_it(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=es"):
        assert rule_text(1, 100, "EUR") == "1 punto por cada euro"
        assert rule_text(3, 100, "EUR") == "3 puntos por cada euro"
        assert rule_text(1, 1000, "EUR") == "1 punto por cada 10\xa0€"
    with speaking.test_request_context("/?lang=en"):
        assert rule_text(1, 100, "EUR") == "1 point per euro"
        assert rule_text(2, 250, "EUR") == "2 points per €2.50"


def test_the_currency_sign_stands_where_the_reader_expects_it(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=es"):
        assert money_parts(128_460, "EUR") == ("", "1.284,60", "€")
    with speaking.test_request_context("/?lang=en"):
        assert money_parts(128_460, "EUR") == ("€", "1,284.60", "")


def test_dates_are_written_day_first_in_both_languages(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=es"):
        assert date_text(AT, ZONE) == "18 de noviembre de 2026"
        assert short_date_text(AT, ZONE) == "18 nov 2026"
        assert short_day_text(date(2026, 11, 18)) == "Mié 18"
    with speaking.test_request_context("/?lang=en"):
        assert date_text(AT, ZONE) == "18 November 2026"
        assert short_date_text(AT, ZONE) == "18 Nov 2026"


def test_recent_moments_are_said_by_the_calendar_of_the_store(speaking: Flask) -> None:
    just_after_midnight = datetime(2026, 11, 18, 23, 5, tzinfo=UTC)
    with speaking.test_request_context("/?lang=es"):
        assert recent_text(AT, ZONE, now=AT) == "hoy, 18:42"
        assert recent_text(AT, ZONE, now=just_after_midnight) == "ayer, 18:42"


def test_points_taken_back_carry_a_real_minus(speaking: Flask) -> None:
    with speaking.test_request_context("/?lang=es"):
        assert points_text(-15) == "−15 puntos"
        assert points_text(-1) == "−1 punto"
        assert points_text(1_200) == "1.200 puntos"
