"""Where the texts of mails stand: one file for each language and subject."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from app.factory import template_folder


def mail_template(language: str, name: str) -> Template:
    """Give the text of a mail in a language."""
    return _environment().get_template(f"{language}/{name}.txt")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(template_folder() / "mail"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  plain text
        trim_blocks=True,
        keep_trailing_newline=True,
    )
