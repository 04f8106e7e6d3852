"""Applications made by the hundred: what each would compile anew is compiled once.

Nothing here changes what a page says or where an address leads; it is only made when it is asked
for, or taken from the application before.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any, Final

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

Builder = Callable[..., Any]


class SharedTemplates(BytecodeCache):
    """Compiled templates by their name and their text, for all applications of this process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what another application compiled."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled for the others."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


TEMPLATES: Final = SharedTemplates()


def make_apps_quickly() -> None:
    """Share compiled templates, and compile what writes an address when one is first written."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": TEMPLATES}
    compile_now: Builder = Rule._compile_builder

    def compile_when_asked(rule: Rule, *options: bool) -> Builder:
        made: list[Builder] = []

        def build(self: Rule, **values: object) -> object:
            if not made:
                made.append(compile_now(rule, *options))
            return made[0](self, **values)

        return build

    Rule._compile_builder = compile_when_asked  # type: ignore[method-assign,assignment]
