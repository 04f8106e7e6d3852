"""Writes the till's static shell: one HTML file, word list and manifest per language.

`python -m app.pages.till_shell` renders `templates/till/shell.html` with the message catalog
into `app/static/till`, and the texts of the agent at the counter into `pos_plugin`; `--check` only
says whether the files there are current.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.pages.agent_words import agent_texts
from app.pages.till_words import till_words

ROOT: Final = Path(__file__).parents[2]
AGENT: Final = ROOT / "pos_plugin"
STATIC: Final = ROOT / "app" / "static" / "till"
CATALOGUES: Final = ROOT / "app" / "translations"
SOURCE_LANGUAGE: Final = "es"
LANGUAGES: Final = ("es", "en")


class MissingTranslationError(Exception):
    """The catalog of a language lacks texts of the till."""

    def __init__(self, language: str, texts: set[str]) -> None:
        super().__init__(f"{language}: no translation for {sorted(texts)}")


def shell_files() -> dict[Path, str]:
    """Render every file of the shell, by the path it belongs to.

    Errors: `MissingTranslationError`.
    """
    files: dict[Path, str] = {}
    for language in LANGUAGES:
        missing: set[str] = set()
        translate = _translator(language, missing)
        files[STATIC / f"shell.{language}.html"] = _shell(language, translate)
        files[STATIC / "js" / f"words.{language}.js"] = _words(translate)
        files[STATIC / f"till.{language}.webmanifest"] = _manifest(language, translate)
        files[AGENT / f"texts.{language}.json"] = _json(agent_texts(translate))
        if missing:
            raise MissingTranslationError(language, missing)
    return files


def stale_files() -> list[Path]:
    """List the committed files that differ from what the sources say."""
    return [
        path
        for path, text in shell_files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _translator(language: str, missing: set[str]) -> Callable[[str], str]:
    if language == SOURCE_LANGUAGE:
        return lambda text: text
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    catalog: Catalog = Catalog()
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)

    def translate(text: str) -> str:
        message = catalog.get(text)
        if message is None or not message.string or message.fuzzy:
            missing.add(text)
            return text
        return str(message.string)

    return translate


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shell(language: str, translate: Callable[[str], str]) -> str:
    environment = _environment()
    environment.globals["_"] = translate
    return environment.get_template("till/shell.html").render(language=language)


def _words(translate: Callable[[str], str]) -> str:
    words = json.dumps(till_words(translate), ensure_ascii=False, indent=2, sort_keys=True)
    return (
        "// Written by app/pages/till_shell.py from the message catalog.\n"
        f"export const words = {words};\n"
    )


def _manifest(language: str, translate: Callable[[str], str]) -> str:
    manifest: dict[str, object] = {
        "name": f"{translate('Caja')} · Enlaza",
        "short_name": translate("Caja"),
        "lang": language,
        "start_url": "/till",
        "scope": "/till",
        "display": "standalone",
        "background_color": "#F5F5F1",
        "theme_color": "#2B3A9B",
        "icons": [{"src": "/static/till/mark.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return _json(manifest)


def _json(document: dict[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only compare them."""
    if "--check" in arguments:
        stale = stale_files()
        sys.stdout.writelines(f"stale: {path.relative_to(ROOT)}\n" for path in stale)
        return 1 if stale else 0
    for path, text in shell_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
