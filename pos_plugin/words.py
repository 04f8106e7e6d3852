"""The agent's own words, in the language of the page: verdicts, receipts, refusals.

The texts come from the service's catalog (`texts.*.json`, written by `make shell-pages`), so a
cashier hears one voice whether the line is up or down. Times are the store's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from loyalty.wire.codes import CodeOutcome
from loyalty.wire.display import MoneyPattern, money_text, time_text
from loyalty.wire.refusals import Refusal

Json = dict[str, Any]

LANGUAGES: Final = ("es", "en")
MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S
DAYS_FROM_S: Final = 2 * DAY_S


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Json:
    """Read every text of one language."""
    assert language in LANGUAGES, "a language nobody wrote texts in"
    told: Json = json.loads(
        files("pos_plugin").joinpath(f"texts.{language}.json").read_text("utf-8")
    )
    return told


def say(language: str, key: str, **facts: object) -> str:
    """Give one text with its places filled."""
    text: str = texts(language)["words"][key]
    return text % facts if facts else text


def problem_of(code: Refusal, language: str, **facts: object) -> Json:
    """Write a refusal as the service would (RFC 9457); the agent has no request ids."""
    told = texts(language)["problems"][str(code)]
    return {
        **facts,
        "type": f"/problems/{code}",
        "title": told["title"],
        "status": told["status"],
        "detail": told["detail"],
        "code": str(code),
        "retryable": told["retryable"],
    }


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes for one page: its language, and how its store writes money and time."""

    language: str
    time_zone: str
    currency: str
    pattern: MoneyPattern

    def say(self, key: str, **facts: object) -> str:
        """Give one text with its places filled."""
        return say(self.language, key, **facts)

    def money(self, minor: int) -> str:
        """Write an amount, "12,40 €"."""
        return money_text(minor, self.pattern)

    def hour(self, at: datetime) -> str:
        """Write the time of day on the store's wall."""
        return time_text(at, time_zone=self.time_zone)

    def points(self, points: int) -> str:
        """Write a number of points, "1.234 puntos"."""
        bare = MoneyPattern(0, self.pattern.decimal, self.pattern.group, "", "")
        key = "points_one" if points == 1 else "points_other"
        return self.say(key, n=money_text(points, bare))

    def ago(self, seconds: int) -> str:
        """Write how long ago something was, as the service does."""
        if seconds < MINUTE_S:
            return self.say("ago_s", number=seconds)
        if seconds < HOUR_S:
            return self.say("ago_min", number=seconds // MINUTE_S)
        if seconds < DAYS_FROM_S:
            return self.say("ago_h", number=seconds // HOUR_S)
        return self.say("ago_days", number=seconds // DAY_S)


def speaker_of(session: Mapping[str, Any], language: str) -> Speaker:
    """Read how a store writes from what the service told of it."""
    money, store = session["money"], session["store"]
    pattern = money["pattern"]
    return Speaker(
        language=language,
        time_zone=store["time_zone"],
        currency=money["currency"],
        pattern=MoneyPattern(
            decimals=money["decimals"],
            decimal=pattern["decimal"],
            group=pattern["group"],
            prefix=pattern["prefix"],
            suffix=pattern["suffix"],
            group_from=pattern["group_from"],
        ),
    )


def verdict(tone: str, title: str, detail: str, steps: list[Json] | None = None) -> Json:
    """Put a verdict into the form the page draws."""
    return {"tone": tone, "title": title, "detail": detail, "steps": steps or []}


def outcome_verdict(outcome: CodeOutcome, language: str) -> Json:
    """Say what is wrong with a code and what to do, as the service says it."""
    return dict(texts(language)["outcomes"][str(outcome)])
