"""One answer speaks one language: the person's, the browser's, or that of the store."""

import pytest
from flask import Flask
from flask_babel import get_locale

from app.language import (
    gettext,
    init_language,
    language,
    prefer_language,
    say_later,
    speaking,
)

YES = "Guardar"


@pytest.fixture
def speaker() -> Flask:
    app = Flask("app")
    init_language(app)
    return app


def spoken() -> tuple[str, str, str]:
    """Give the language by our word, by Babel's, and by what a text says in it."""
    return language(), str(get_locale()), gettext(YES)


def test_a_store_s_language_counts_also_when_something_was_said_before(speaker: Flask) -> None:
    with speaker.test_request_context("/"):
        assert spoken() == ("es", "es", "Guardar")
        prefer_language("en")
        assert spoken() == ("en", "en", "Save")
        prefer_language("en")
        assert spoken() == ("en", "en", "Save")
        prefer_language("es")
        assert spoken() == ("es", "es", "Guardar")


@pytest.mark.parametrize(
    ("path", "headers"), [("/?lang=es", {}), ("/", {"Accept-Language": "es-ES,es;q=0.9"})]
)
def test_what_the_person_or_the_browser_said_is_not_overruled(
    speaker: Flask, path: str, headers: dict[str, str]
) -> None:
    with speaker.test_request_context(path, headers=headers):
        assert language() == "es"
        prefer_language("en")
        assert spoken() == ("es", "es", "Guardar")


def test_after_somebody_else_was_spoken_to_the_store_s_language_goes_on(speaker: Flask) -> None:
    with speaker.test_request_context("/"):
        prefer_language("en")
        with speaking("es"):
            assert spoken() == ("es", "es", "Guardar")
        assert spoken() == ("en", "en", "Save")
        prefer_language("es")
        assert spoken() == ("es", "es", "Guardar")


def test_a_text_of_a_table_is_said_in_the_language_of_whoever_reads_it(speaker: Flask) -> None:
    noted = say_later(YES)
    assert str(noted) == "Guardar"
    with speaker.test_request_context("/"):
        prefer_language("en")
        assert f"{noted}" == "Save"
        prefer_language("es")
        assert f"{noted}" == "Guardar"
