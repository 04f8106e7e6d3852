"""The sentences a till shows about rewards: what they cost, what they give, what became of one."""

from typing import cast

from app.api.wording import (
    MINUS,
    amount_text,
    cost_text,
    person_out,
    stamps_text,
)
from app.language import gettext
from app.schemas.holds import HeldRewardOut, HoldDisplayOut, HoldOut, ProofName
from app.schemas.sales import SoldRewardOut
from app.schemas.scans import StampCardOut
from app.schemas.till import OfflineKind, OfflineOut, OfflineRewardOut
from loyalty.journeys.redeem import HeldReward
from loyalty.journeys.redeem_offline import OfflineRewards
from loyalty.journeys.redeem_sale import SoldReward
from loyalty.journeys.stamp_cards import StampCard
from loyalty.points.rewards.base import number
from loyalty.points.rules import POINTS
from loyalty.programs.queries import StoreFacts


def stamp_card_out(card: StampCard) -> StampCardOut:
    """Tell a stamp card: "3 de 9 sellos para Café"."""
    needed = card.reward.points
    text = gettext(
        "%(stamps)s de %(needed)s sellos para %(reward)s",
        stamps=min(card.stamps, needed),
        needed=needed,
        reward=card.reward.name,
    )
    waiting = waiting_stamps_text(card)
    return StampCardOut(
        reward_id=card.reward.reward_id,
        name=card.reward.name,
        stamps=card.stamps,
        needed=needed,
        held=card.now.held,
        pending=card.now.pending,
        pending_until=card.pending_until,
        owed=card.now.debt,
        text=f"{text}. {waiting}" if waiting else text,
    )


def waiting_stamps_text(card: StampCard) -> str:
    """Say what is on a card and cannot be used yet, and what is owed; empty when nothing is."""
    told = []
    if card.now.pending:
        told.append(gettext("En espera: %(points)s.", points=stamps_text(card.now.pending)))
    if card.now.held:
        told.append(gettext("Reservados: %(points)s.", points=stamps_text(card.now.held)))
    if card.now.debt:
        told.append(gettext("Por cubrir: %(points)s.", points=stamps_text(card.now.debt)))
    return " ".join(told)


def discount_text(minor: int, currency: str, store: StoreFacts) -> str:
    """Write what comes off, "−5,00 €"; of a gift beside the ticket, that nothing is to be paid."""
    if minor == 0:
        return gettext("gratis, fuera del tique")
    return MINUS + amount_text(minor, currency, store)


def hold_out(held: HeldReward, store: StoreFacts) -> HoldOut:
    """Write a redemption as it stands."""
    reward = held.reward
    return HoldOut(
        hold_id=held.hold_id,
        state=held.state,
        replayed=held.replayed,
        reward=HeldRewardOut(
            reward_id=reward.reward_id,
            name=reward.name,
            kind=reward.kind,
            unit="points" if reward.unit == POINTS else "stamps",
        ),
        person=person_out(held.person, store),
        points=held.points,
        times=held.times,
        basket_minor=held.basket_minor,
        discount_minor=held.discount_minor,
        to_pay_minor=held.to_pay_minor,
        currency=held.currency,
        lines=list(held.lines),
        proof=cast("ProofName", held.proof),
        ends_at=held.ends_at,
        free=held.free,
        returned=held.returned,
        display=_display(held, store),
    )


def offline_out(alone: OfflineRewards) -> OfflineOut:
    """Tell a till what it may give while it has no line."""
    rewards = [
        OfflineRewardOut(
            reward_id=each.reward_id,
            name=each.name,
            kind=cast("OfflineKind", each.kind),
            points=each.points,
            minor=number(each, "minor"),
            per_points=number(each, "per_points") if each.kind == "money" else each.points,
            minimum_minor=each.minimum_minor,
            valid_until=each.valid_until,
        )
        for each in alone.rewards
    ]
    return OfflineOut(allowance=alone.allowance, rewards=rewards)


def sold_reward_out(
    sold: SoldReward | None, store: StoreFacts, *, currency: str
) -> SoldRewardOut | None:
    """Say what became of the points that paid a part of a sale."""
    if sold is None:
        return None
    return SoldRewardOut(
        hold_id=sold.hold_id,
        fate=sold.fate,
        points=sold.points,
        owed=sold.owed,
        discount_minor=sold.discount_minor,
        text=_sold_text(sold, store, currency),
    )


def _sold_text(sold: SoldReward, store: StoreFacts, currency: str) -> str:
    if sold.reward is None:
        return gettext("El canje no se encontró: no se ha gastado ningún punto.")
    told = {
        "reward": sold.reward.name,
        "cost": cost_text(sold.reward, sold.points),
        "discount": discount_text(sold.discount_minor, currency, store),
        "owed": cost_text(sold.reward, sold.owed),
    }
    if sold.fate in {"taken", "taken_late"}:
        text = gettext("%(reward)s: %(discount)s por %(cost)s.", **told)
        late = gettext("Ya no estaban todos: debe %(owed)s.", **told) if sold.owed else ""
        return f"{text} {late}".strip()
    if sold.fate == "lapsed":
        return gettext(
            "El tiempo del canje de %(reward)s había pasado: no se ha gastado nada.", **told
        )
    if sold.fate == "other_sale":
        return gettext("El canje de %(reward)s ya era de otra venta.", **told)
    return gettext("El canje de %(reward)s se canceló antes: no se ha gastado nada.", **told)


def _display(held: HeldReward, store: StoreFacts) -> HoldDisplayOut:
    title, detail = _told(held)
    return HoldDisplayOut(
        tone="success" if held.state in {"held", "taken"} else "attention",
        title=title,
        detail=detail,
        points_text=cost_text(held.reward, held.points),
        discount_text=discount_text(held.discount_minor, held.currency, store),
        to_pay_text=amount_text(held.to_pay_minor, held.currency, store),
        free_text=cost_text(held.reward, held.free),
    )


def _told(held: HeldReward) -> tuple[str, str]:
    """Say what became of it, in a title and a sentence."""
    told = {
        "name": (held.person and held.person.display_name) or gettext("esta tarjeta"),
        "reward": held.reward.name,
        "cost": cost_text(held.reward, held.points),
        "free": cost_text(held.reward, held.free),
    }
    match held.state:
        case "held":
            return gettext("Apartado: %(reward)s", **told), gettext(
                "%(cost)s de %(name)s esperan al pago. Le quedan %(free)s.", **told
            )
        case "taken":
            return gettext("Canjeado: %(reward)s", **told), gettext(
                "%(cost)s de %(name)s. Le quedan %(free)s.", **told
            )
        case "given_back":
            return gettext("Canje deshecho"), gettext(
                "Los puntos vuelven a su sitio: %(name)s tiene %(free)s.", **told
            )
        case "lapsed":
            return gettext("Pasó el tiempo de este canje"), gettext(
                "No se ha gastado nada: %(name)s tiene %(free)s.", **told
            )
        case "let_go":
            return gettext("Canje cancelado"), gettext(
                "No se ha gastado nada: %(name)s tiene %(free)s.", **told
            )
