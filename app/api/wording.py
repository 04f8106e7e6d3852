"""The sentences a till shows: amounts, points and times written in the cashier's language."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import get_locale

from app.language import gettext, language, ngettext
from app.language import say_later as _l
from app.money import money_pattern
from app.outcome_texts import LETTERS_UNKNOWN, OUTCOME_TEXTS, OutcomeText, Step
from app.schemas.display import (
    DisplayOut,
    NextRewardOut,
    PersonOut,
    RewardOut,
    StepOut,
)
from app.schemas.sales import ActDisplayOut, EarnedOut, ReceiptDisplayOut
from loyalty.journeys.reassign_sale import ReassignReceipt
from loyalty.journeys.refund_sale import RefundReceipt
from loyalty.journeys.sale_report import SaleReceipt
from loyalty.journeys.scan_card import ScanAnswer
from loyalty.journeys.till_actions import TillAction
from loyalty.journeys.till_words import PersonShort
from loyalty.points.reward_choice import Choice, choice_of
from loyalty.points.rules import POINTS, RewardAhead, RewardFacts
from loyalty.programs.queries import StoreFacts
from loyalty.wire.codes import IDENTIFYING, CodeOutcome
from loyalty.wire.display import money_text, time_text

MINUS = "−"
# Why a card that is good earned nothing, by the code that the answer tells.
WHY_NONE: Final = {
    "own_card": _l("sin puntos: es de quien atiende"),
    "capped": _l("sin puntos: ya ha llegado al tope"),
    "below_step": _l("sin puntos: el importe no llega"),
    "below_minimum": _l("sin puntos: no llega al mínimo"),
    "no_such_goods": _l("sin puntos: nada de esto suma"),
    "not_yet": _l("sin puntos: aún no suman"),
    "over": _l("sin puntos: ya no suman"),
    "nothing_paid": _l("sin puntos: no hay nada pagado"),
}


def amount_text(minor: int, currency: str, store: StoreFacts) -> str:
    """Write an amount for whoever reads, "12,80 €"."""
    return money_text(minor, money_pattern(currency, language(), store.country))


@lru_cache(maxsize=4096)
def _number_text(number: int, spoken: str) -> str:
    return format_decimal(number, locale=spoken)


def points_text(points: int) -> str:
    """Write a number of points, "340 puntos"."""
    number = _number_text(abs(points), language())
    sign = MINUS if points < 0 else ""
    return ngettext("%(number)s punto", "%(number)s puntos", abs(points), number=sign + number)


def stamps_text(stamps: int) -> str:
    """Write a number of stamps, "9 sellos"."""
    return ngettext("%(number)s sello", "%(number)s sellos", stamps, number=stamps)


def milli_text(milli: int) -> str:
    """Write a quantity of thousandths without its unit, "0,35"."""
    return str(format_decimal(Decimal(milli).scaleb(-3), locale=language()))


def change_text(points: int) -> str:
    """Write a change of points with its sign, "+12 puntos"."""
    return f"+{points_text(points)}" if points > 0 else points_text(points)


def name_of(person: PersonShort | None) -> str:
    """Name whose card it is; an anonymous card has no name and says so."""
    if person is None:
        return gettext("Sin tarjeta")
    return person.display_name or gettext("Tarjeta sin nombre")


@lru_cache(maxsize=512)
def _month_text(year: int, month: int, spoken: str) -> str:
    pattern = "LLLL y" if spoken == "en" else "MMMM 'de' y"
    return format_date(date(year, month, 1), pattern, locale=spoken)


def person_out(person: PersonShort | None, store: StoreFacts) -> PersonOut | None:
    """Tell whose card it is."""
    if person is None:
        return None
    day = person.member_since.astimezone(ZoneInfo(store.time_zone)).date()
    month = _month_text(day.year, day.month, language())
    return PersonOut(
        person_id=person.person_id,
        display_name=person.display_name,
        since=person.member_since,
        since_text=gettext("Con tarjeta desde %(month)s", month=month),
    )


def next_reward_out(reward: RewardAhead | None) -> NextRewardOut | None:
    """Tell the next reward and what is missing."""
    if reward is None:
        return None
    return NextRewardOut(
        name=reward.name,
        points=reward.points,
        missing=reward.missing,
        text=ngettext(
            "Falta %(number)s punto para %(reward)s",
            "Faltan %(number)s puntos para %(reward)s",
            reward.missing,
            number=_number_text(reward.missing, language()),
            reward=reward.name,
        ),
    )


def rewards_out(rewards: Iterable[RewardFacts], free: Mapping[str, int]) -> list[RewardOut]:
    """Tell what can be asked for now, and how much may be used for it of what is `free` by unit."""
    return [_reward_out(reward, choice_of(reward, free.get(reward.unit, 0))) for reward in rewards]


def cost_text(reward: RewardFacts, points: int) -> str:
    """Write what is spent: "100 puntos", or "9 sellos" of a stamp card."""
    return points_text(points) if reward.unit == POINTS else stamps_text(points)


def _reward_out(reward: RewardFacts, choice: Choice) -> RewardOut:
    return RewardOut(
        reward_id=str(reward.reward_id),
        name=reward.name,
        kind=reward.kind,
        unit="points" if reward.unit == POINTS else "stamps",
        points=reward.points,
        least=choice.least,
        most=choice.most,
        step=choice.step,
        per_points=choice.per_points,
        per_minor=choice.per_minor,
        needs_total=choice.needs_total,
        text=gettext(
            "Ya puede pedir %(reward)s: %(points)s",
            reward=reward.name,
            points=cost_text(reward, reward.points),
        ),
    )


def ago_text(seconds: int) -> str:
    """Write how long ago something was, exactly and short."""
    if seconds < 60:  # noqa: PLR2004  a minute
        return gettext("hace %(number)s s", number=seconds)
    if seconds < 60 * 60:
        return gettext("hace %(number)s min", number=seconds // 60)
    if seconds < 48 * 60 * 60:
        return gettext("hace %(number)s h", number=seconds // 3600)
    return gettext("hace %(number)s días", number=seconds // 86400)


def steps_out(steps: Iterable[Step]) -> list[StepOut]:
    """Say what to do, in order."""
    return [StepOut(title=str(title), detail=str(detail)) for title, detail in steps]


def scan_display(answer: ScanAnswer, *, typed: bool) -> DisplayOut:
    """Say whose card was read, or why not and what to do."""
    text = OUTCOME_TEXTS[answer.outcome]
    if answer.outcome is CodeOutcome.NOT_OURS and typed and answer.kind is None:
        text = LETTERS_UNKNOWN
    title, detail = str(text.title), str(text.detail)
    if answer.outcome in IDENTIFYING:
        title, detail = _known(answer, text)
    elif answer.outcome is CodeOutcome.EXPIRED and "expired_ago_s" in answer.facts:
        ago = ago_text(int(answer.facts["expired_ago_s"] or 0))
        detail = gettext("Caducó %(ago)s.", ago=ago)
    return DisplayOut(tone=text.tone, title=title, detail=detail, steps=steps_out(text.steps))


def _known(answer: ScanAnswer, text: OutcomeText) -> tuple[str, str]:
    name = answer.person.display_name if answer.person else None
    title = gettext("Es %(name)s", name=name) if name else gettext("Tarjeta sin nombre")
    if answer.outcome is CodeOutcome.DUPLICATE_SCAN:
        ago = ago_text(answer.seconds_since_last_scan or 0)
        return title, gettext("Ya escaneada, %(ago)s. No suma dos veces.", ago=ago)
    if answer.outcome is CodeOutcome.TIME_UNSURE:
        return title, f"{text.title}. {text.detail}"
    return title, str(text.detail)


def earned_out(receipt: SaleReceipt) -> EarnedOut:
    """Write what a sale earned, and what the card holds now."""
    return EarnedOut(
        earned=receipt.points_earned,
        balance=receipt.points_balance,
        pending=receipt.points_pending,
    )


def why_none_text(receipt: SaleReceipt) -> str:
    """Say why a good card earned nothing; empty when it is not known."""
    text = WHY_NONE.get(receipt.why_none)
    return "" if text is None else str(text)


def earned_text(receipt: SaleReceipt) -> str:
    """Say what a sale earned and by which rule, or why it earned nothing."""
    if receipt.points_earned == 0 and receipt.why_none:
        return why_none_text(receipt)
    earned = change_text(receipt.points_earned)
    name = receipt.rule.name if receipt.rule is not None else ""
    if not name:
        return earned
    return gettext("%(points)s por «%(rule)s»", points=earned, rule=name)


def gained_text(receipt: SaleReceipt) -> str:
    """Say what a sale earned, and behind it the stamps it gave: +12 puntos, +2 sellos."""
    earned = earned_text(receipt)
    return f"{earned}, +{stamps_text(receipt.stamps)}" if receipt.stamps else earned


def waiting_text(receipt: SaleReceipt) -> str:
    """Say, behind what a sale earned, how many points of the card wait; empty when none do."""
    if not receipt.points_pending:
        return ""
    return gettext(". En espera: %(points)s.", points=points_text(receipt.points_pending))


def sale_display(receipt: SaleReceipt, store: StoreFacts) -> ReceiptDisplayOut:
    """Say that a sale is kept, for whom, and why it has no points if it has none."""
    total = amount_text(receipt.total_minor, receipt.currency, store)
    text = OUTCOME_TEXTS[receipt.code_outcome]
    earned = change_text(receipt.points_earned)
    if receipt.person is not None:
        title = gettext("Guardado: %(total)s", total=total)
        detail = f"{name_of(receipt.person)}, {gained_text(receipt)}{waiting_text(receipt)}"
    elif receipt.code_outcome is CodeOutcome.NO_CODE:
        title = gettext("Guardado: %(total)s", total=total)
        detail = gettext("Sin tarjeta, sin puntos.")
    else:
        title = gettext("Guardado sin puntos: %(total)s", total=total)
        detail = f"{text.title}. {text.detail}"
    kept_with_doubt = receipt.person is None and receipt.code_outcome is not CodeOutcome.NO_CODE
    return ReceiptDisplayOut(
        tone="attention" if kept_with_doubt else "success",
        title=title,
        detail=detail,
        total_text=total,
        points_text=earned,
    )


def refund_display(receipt: RefundReceipt, store: StoreFacts) -> ActDisplayOut:
    """Say that money was given back and what became of its points."""
    amount = amount_text(receipt.amount_minor, receipt.currency, store)
    title = gettext("Devuelto: %(amount)s", amount=amount)
    if receipt.amount_minor == 0:
        title = gettext("Devuelto, sin dinero")
    return ActDisplayOut(tone="success", title=title, detail=" ".join(_refund_sentences(receipt)))


def _refund_sentences(receipt: RefundReceipt) -> Iterable[str]:
    """Say what became of the points and stamps of what came back, one sentence for each."""
    back = receipt.points_returned
    if receipt.points_taken:
        yield gettext(
            "Se quitan %(taken)s de esta compra.", taken=points_text(receipt.points_taken)
        )
    if receipt.points_owed:
        owed = points_text(receipt.points_owed)
        yield gettext("De ellos, %(owed)s ya estaban gastados y quedan a deber.", owed=owed)
    if receipt.stamps_taken:
        yield gettext("Se quitan %(taken)s.", taken=stamps_text(receipt.stamps_taken))
    if back:
        told = points_text(back) if receipt.returned_unit == POINTS else stamps_text(back)
        yield gettext("Vuelven %(back)s del premio.", back=told)
    if not (receipt.points_taken or receipt.stamps_taken or back):
        yield (
            gettext("Sin tarjeta: no había puntos.")
            if receipt.points_balance is None
            else gettext("Los puntos quedan como estaban.")
        )


def reassignment_display(receipt: ReassignReceipt) -> DisplayOut:
    """Say whose sale it is now."""
    back = change_text(-receipt.points_back)
    if receipt.person is not None:
        name = receipt.person.display_name
        title = (
            gettext("Ahora es de %(name)s", name=name)
            if name
            else gettext("Pasada a una tarjeta sin nombre")
        )
        detail = gettext(
            "%(back)s en la anterior, %(given)s en esta.",
            back=back,
            given=change_text(receipt.points_given),
        )
        return DisplayOut(tone="success", title=title, detail=detail, steps=[])
    title = gettext("La venta queda sin tarjeta")
    if receipt.code_outcome in {CodeOutcome.NO_CODE, CodeOutcome.OK}:
        detail = gettext("%(back)s en la tarjeta que no era.", back=back)
        return DisplayOut(tone="success", title=title, detail=detail, steps=[])
    text = OUTCOME_TEXTS[receipt.code_outcome]
    return DisplayOut(
        tone="attention",
        title=title,
        detail=f"{text.title}. {text.detail}",
        steps=steps_out(text.steps),
    )


def action_person_text(action: TillAction) -> str:
    """Name whose sale one of the last acts was."""
    if not action.has_card:
        return gettext("Sin tarjeta")
    return action.display_name or gettext("Tarjeta sin nombre")


def when_text(at: datetime, store: StoreFacts, *, now: datetime) -> str:
    """Write the time of day, with the day before it when it was not today."""
    zone = ZoneInfo(store.time_zone)
    clock = time_text(at, time_zone=store.time_zone)
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return clock
    day = format_date(at.astimezone(zone).date(), "d MMM", locale=get_locale())
    return f"{day}, {clock}"
