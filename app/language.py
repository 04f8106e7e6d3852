"""Which language a person reads: what they chose, else what their browser says, else Spanish."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_app_context, has_request_context, request
from flask_babel import Babel, force_locale, refresh
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from app.wiring import asked_for, cookie, is_https

LANGUAGES: Final = ("es", "en")
OTHERWISE: Final = "es"
LOCALES: Final = {letters: Locale(letters) for letters in LANGUAGES}
TRANSLATIONS: Final = Path(__file__).with_name("translations")
COOKIE: Final = "lang"
COOKIE_S: Final = 400 * 24 * 60 * 60


def chosen_language() -> str | None:
    """Give the language asked for by `?lang=` or kept in the cookie, if it is one of ours."""
    for text in (asked_for("lang"), cookie(COOKIE)):
        if text in LANGUAGES:
            return text
    return None


@lru_cache(maxsize=256)
def _browsers_choice(accepts: str) -> str | None:
    return parse_accept_header(accepts, LanguageAccept).best_match(LANGUAGES)


def prefer_language(language: str) -> None:
    """Say what to speak when neither the person nor the browser has said (a store's language).

    What was said of this answer before does not bind the rest: it is chosen anew.
    """
    if g.get("language_otherwise", OTHERWISE) == language:
        return
    g.language_otherwise = language
    g.pop("language_spoken", None)
    refresh()  # Babel remembers what it chose, too


def select_language() -> str:
    """Choose the language of this answer."""
    accepts = request.headers.get("Accept-Language")
    told = chosen_language() or (_browsers_choice(accepts) if accepts else None)
    otherwise: str = g.get("language_otherwise", OTHERWISE)
    return told or (otherwise if otherwise in LANGUAGES else OTHERWISE)


def _select_locale() -> Locale:
    """Choose the language as Babel wants it, without reading its name anew."""
    return LOCALES[select_language()]


def language() -> str:
    """Give the two letters of the language being spoken; templates have it too."""
    if not has_app_context():
        return "es"
    spoken: str | None = g.get("language_spoken")
    if spoken is None:
        g.language_spoken = spoken = select_language() if has_request_context() else "es"
    return spoken


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak another language for a while."""
    before = g.get("language_spoken")
    g.language_spoken = language
    try:
        with force_locale(language):
            yield
    finally:
        g.language_spoken = before


@cache
def _catalog(spoken: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [spoken])


def gettext(text: str, **facts: object) -> str:
    """Say a Spanish text in the language being spoken."""
    said = _catalog(language()).ugettext(text)
    return said % facts if facts else said


def ngettext(one: str, many: str, n: int, **facts: object) -> str:
    """Say a Spanish text of one or of many in the language being spoken."""
    said = _catalog(language()).ungettext(one, many, n)
    return said % {"num": n, **facts}


class Later:
    """A Spanish text that is said when it is read, in the language that is spoken then."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        """Say it."""
        return gettext(self._text)


def say_later(text: str) -> Later:
    """Note a text that stands in a table of texts."""
    return Later(text)


def init_language(app: Flask) -> None:
    """Set Babel up; a language chosen by `?lang=` is remembered."""
    Babel(
        app,
        default_locale="es",
        default_translation_directories="translations",
        locale_selector=_select_locale,
    )
    app.jinja_env.globals["language"] = language

    @app.after_request
    def remember(response: Response) -> Response:
        asked = asked_for("lang")
        if asked in LANGUAGES and cookie(COOKIE) != asked:
            response.set_cookie(COOKIE, asked, max_age=COOKIE_S, secure=is_https(), samesite="Lax")
        return response
