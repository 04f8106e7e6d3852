"""The agent speaks with the service's voice."""

import string

from app.pages.till_shell import stale_files
from loyalty.wire.codes import CodeOutcome
from loyalty.wire.refusals import Refusal
from pos_plugin.words import LANGUAGES, outcome_verdict, problem_of, speaker_of, texts

SESSION = {
    "store": {"time_zone": "Europe/Madrid"},
    "money": {
        "currency": "EUR",
        "decimals": 2,
        "pattern": {"decimal": ",", "group": ".", "group_from": 4, "prefix": "", "suffix": " €"},
    },
}


def test_the_texts_are_those_of_the_catalog() -> None:
    assert [path for path in stale_files() if path.parent.name == "pos_plugin"] == []


def test_every_language_says_the_same_things() -> None:
    spanish, english = (texts(language) for language in LANGUAGES)
    for part in ("words", "problems", "outcomes"):
        assert spanish[part].keys() == english[part].keys()
    for key, text in spanish["words"].items():
        assert _places(text) == _places(english["words"][key]), key


def _places(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


def test_every_outcome_has_a_tone_and_words() -> None:
    for language in LANGUAGES:
        for outcome in CodeOutcome:
            told = outcome_verdict(outcome, language)
            assert told["tone"] in {"success", "attention", "refusal"}
            assert told["title"]


def test_a_problem_is_told_as_the_service_tells_it() -> None:
    told = problem_of(Refusal.PIN_WRONG, "en", tries_left=2)
    assert (told["status"], told["code"], told["tries_left"]) == (403, "pin_wrong", 2)
    assert told["title"][0] in string.ascii_uppercase


def test_what_the_till_may_do_later_says_so() -> None:
    told = {
        code: problem_of(code, "es")["status"]
        for code in (Refusal.TILL_CANNOT_KEEP, Refusal.QUEUE_NOT_EMPTY, Refusal.PIN_NEEDS_LINE)
        if problem_of(code, "es")["retryable"]
    }
    assert told == {"till_cannot_keep": 507, "queue_not_empty": 409, "pin_needs_line": 409}


def test_amounts_points_and_spans_are_written_for_people() -> None:
    speaker = speaker_of(SESSION, "es")
    assert speaker.money(124050) == "1.240,50 €"
    assert speaker.points(1) == "1 punto"
    assert speaker.points(1240) == "1.240 puntos"
    assert [speaker.ago(s) for s in (5, 90, 7200, 200_000)] == [
        "hace 5 s",
        "hace 1 min",
        "hace 2 h",
        "hace 2 días",
    ]
