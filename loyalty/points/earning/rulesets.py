"""The rules of a program in their versions: which hold at a moment, and which held for a sale."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, insert, select
from sqlalchemy.orm import Session

from loyalty.db.memory import remembered
from loyalty.db.prepared import Prepared
from loyalty.db.writes import hold, table_of
from loyalty.kernel.errors import SettingInvalidError
from loyalty.points.earning.check import Checked, check_document
from loyalty.points.earning.document import (
    Document,
    Rule,
    document_text,
    read_document,
    simple_document,
    to_json,
)
from loyalty.points.earning.models import Ruleset
from loyalty.points.policy import policy_in_force
from loyalty.points.rules import EarnRate

RULESET: Final = table_of(Ruleset)
SETUP: Final = "setup"


@dataclass(frozen=True, slots=True)
class RulesetFacts:
    """One version of a program's rules; it holds from `in_force_from` until the next one."""

    version: int
    currency: str
    document: Document
    in_force_from: datetime
    made_by: str

    @property
    def rate(self) -> EarnRate | None:
        """The only rule as a rate; None when there are more, or it asks for more than money."""
        return self._only(self.document.rules)

    def told(self, at: datetime) -> "EarningTold":
        """Say what can be told of these rules in one sentence, to everybody, at a moment."""
        # It is still yesterday somewhere: a rule is over for all stores only a day later.
        rules = self.document.live_rules((at - timedelta(days=1)).date())
        today = at.date()
        gives = any((rule.valid_from or today) <= today for rule in rules)
        return EarningTold(gives=gives, rate=self._only(rules))

    def _only(self, rules: Sequence[Rule]) -> EarnRate | None:
        if len(rules) != 1 or not rules[0].is_plain or not self.document.is_even:
            return None
        return rate_of(rules[0], self)


@dataclass(frozen=True, slots=True)
class EarningTold:
    """What everybody may be told of how points are earned.

    `gives`: some rule holds today. `rate`: each amount earns by it, and there is
    nothing else to say; None when what is earned depends on the goods, the day, the amount or
    the member.
    """

    gives: bool
    rate: EarnRate | None


def rate_of(rule: Rule, ruleset: RulesetFacts) -> EarnRate | None:
    """Tell a rule per money as a rate; None for rules of other kinds."""
    if rule.per_minor is None:
        return None
    return EarnRate(ruleset.version, rule.points, rule.per_minor, ruleset.currency)


def _rulesets() -> Select[Any]:
    return select(
        RULESET.c.version,
        RULESET.c.currency,
        RULESET.c.document,
        RULESET.c.in_force_from,
        RULESET.c.made_by,
    ).where(RULESET.c.program_id == bindparam("program"))


_IN_FORCE: Final = Prepared(
    _rulesets()
    .where(RULESET.c.currency == bindparam("currency"), RULESET.c.in_force_from <= bindparam("at"))
    .order_by(RULESET.c.version.desc())
    .limit(1)
)
_NEWEST: Final = Prepared(
    _rulesets()
    .where(RULESET.c.currency == bindparam("currency"))
    .order_by(RULESET.c.version.desc())
    .limit(1)
)
_FIRST: Final = Prepared(
    _rulesets()
    .where(RULESET.c.currency == bindparam("currency"))
    .order_by(RULESET.c.version)
    .limit(1)
)
_BY_VERSION: Final = Prepared(_rulesets().where(RULESET.c.version == bindparam("version")))


def rules_in_force(
    session: Session, program_id: int, *, currency: str, at: datetime
) -> RulesetFacts | None:
    """Find the rules that held at a moment; the first ones also speak for the time before them.

    None when nothing is earned in that currency.
    """
    newest = remembered(
        session,
        program_id,
        f"rules/{currency}",
        lambda: _NEWEST.first(session, program=program_id, currency=currency),
    )
    if newest is None:
        return None
    facts = _facts(newest)
    if facts.in_force_from <= at:
        return facts
    row = _IN_FORCE.first(session, program=program_id, currency=currency, at=at)
    if row is None:
        row = _FIRST.first(session, program=program_id, currency=currency)
    return None if row is None else _facts(row)


def rules_of_version(session: Session, program_id: int, version: int) -> RulesetFacts:
    """Find the rules a posting was made by."""
    return _facts(_BY_VERSION.one(session, program=program_id, version=version))


def rules_of_versions(
    session: Session, program_id: int, versions: Collection[int]
) -> dict[int, RulesetFacts]:
    """Find several versions of a program's rules at once."""
    return {each: rules_of_version(session, program_id, each) for each in sorted(set(versions))}


def versions_of(session: Session, program_id: int, currency: str) -> tuple[RulesetFacts, ...]:
    """List all versions of a program's rules in one currency, the newest first."""
    rows = session.execute(
        _rulesets().where(RULESET.c.currency == currency).order_by(RULESET.c.version.desc()),
        {"program": program_id},
    )
    return tuple(_facts(row) for row in rows)


def rule_in_force(
    session: Session, program_id: int, *, currency: str, at: datetime
) -> EarnRate | None:
    """Find the rate that held at a moment, for whoever tells it in one sentence.

    None when nothing is earned in that currency, or not by what is paid alone.
    """
    return earning_told(session, program_id, currency=currency, at=at).rate


def rate_of_amounts(
    session: Session, program_id: int, *, currency: str, at: datetime
) -> EarnRate | None:
    """Find the rate by which an amount alone says what its sale earns; None when it does not.

    With carry-over it does not: what waits of a step comes to it.
    """
    if policy_in_force(session, program_id, at=at).carry_over:
        return None
    return rule_in_force(session, program_id, currency=currency, at=at)


def earning_told(session: Session, program_id: int, *, currency: str, at: datetime) -> EarningTold:
    """Say what everybody may be told of how points are earned in a currency at a moment."""
    rules = rules_in_force(session, program_id, currency=currency, at=at)
    return EarningTold(gives=False, rate=None) if rules is None else rules.told(at)


def rule_by_version(session: Session, program_id: int, version: int) -> EarnRate:
    """Find the rate a posting was made by, as `rule_in_force` tells it."""
    rate = rules_of_version(session, program_id, version).rate
    assert rate is not None, "points were earned by a version without a rate"
    return rate


def set_rules(
    session: Session,
    program_id: int,
    raw: object,
    *,
    currency: str,
    made_by: str,
    at: datetime,
    tiers: Collection[str] = (),
) -> tuple[int | None, Checked]:
    """Let what an owner wrote hold from `at` on; give back the version and what was found.

    Nothing is stored and the version is None when there are errors. Versions are counted for
    the program; older ones stay and explain older points.
    """
    checked = check_document(raw, tiers=tiers)
    if checked.document is None:
        return None, checked
    return _keep(
        session, program_id, checked.document, currency=currency, made_by=made_by, at=at
    ), checked


def set_earning_rule(
    session: Session,
    program_id: int,
    *,
    points: int,
    per_minor: int,
    currency: str,
    at: datetime,
    made_by: str = SETUP,
) -> int:
    """Earn `points` for every full `per_minor` minor units from `at` on; give back the version.

    It changes the first rule per money and leaves the others; without one it comes first.

    Errors: `SettingInvalidError` for a rule that gives nothing or gives it away.
    """
    held = rules_in_force(session, program_id, currency=currency, at=at)
    document = _with_rate(held.document if held else None, points, per_minor)
    checked = check_document(to_json(document), tiers=_tiers_named(document))
    if checked.document is None:
        fields = {fault.field.rpartition(".")[2] for fault in checked.errors}
        raise SettingInvalidError(field="per_minor" if "per_minor" in fields else "points")
    return _keep(session, program_id, document, currency=currency, made_by=made_by, at=at)


def _with_rate(held: Document | None, points: int, per_minor: int) -> Document:
    if held is None:
        return simple_document(points, per_minor)
    place = next((n for n, rule in enumerate(held.rules) if rule.kind == "per_money"), None)
    if place is None:
        return replace(held, rules=(*simple_document(points, per_minor).rules, *held.rules))
    changed = replace(held.rules[place], points=points, per_minor=per_minor)
    return replace(held, rules=(*held.rules[:place], changed, *held.rules[place + 1 :]))


def _tiers_named(document: Document) -> set[str]:
    return {each.tier_id for rule in document.rules for each in rule.tiers}


def _keep(
    session: Session,
    program_id: int,
    document: Document,
    *,
    currency: str,
    made_by: str,
    at: datetime,
) -> int:
    hold(session, "points_ruleset", program_id, "")
    latest = session.execute(
        select(func.coalesce(func.max(RULESET.c.version), 0)).where(
            RULESET.c.program_id == program_id
        )
    ).scalar_one()
    session.execute(
        insert(RULESET).values(
            program_id=program_id,
            version=latest + 1,
            currency=currency,
            document=document_text(document),
            in_force_from=at,
            made_by=made_by,
        )
    )
    return int(latest) + 1


def _facts(row: Any) -> RulesetFacts:  # noqa: ANN401  a row has no type of its own
    version, currency, document, in_force_from, made_by = row
    return RulesetFacts(version, currency, read_document(document), in_force_from, made_by)
