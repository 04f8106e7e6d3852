"""What the list of rewards and the form of one show."""

from dataclasses import dataclass, replace
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext
from app.pages.admin_frame import OWNER, Frame, frame_of, my_stores
from app.pages.admin_goods import GoodsChoice, Picked, Shelf, goods_choice, shelf_of
from app.pages.admin_points_tabs import PointsTab, points_tabs
from app.pages.admin_reward_form import AMOUNTS, GOODS, KINDS, WHOLES, RewardForm
from app.pages.admin_reward_words import (
    ICONS,
    cost_text,
    gift_text,
    kind_hint,
    kind_word,
    terms_texts,
)
from app.pages.admin_words import field_message
from app.text import short_date_text
from app.wiring import services
from loyalty.points.queries import retired_rewards, rewards_of
from loyalty.points.rewards.terms import why_not_offered
from loyalty.points.rules import RewardFacts
from loyalty.programs.queries import StoreFacts

RETIRED_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class RewardRow:
    """A reward; `state` is a chip with its tone, or ""."""

    name: str
    icon: str
    cost: str
    detail: str
    state: str
    href: str
    act_url: str


@dataclass(frozen=True, slots=True)
class KindTile:
    """A kind of reward that can be added."""

    name: str
    hint: str
    icon: str
    href: str


@dataclass(frozen=True, slots=True)
class RewardsPage:
    """Everything the list of rewards shows."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    rows: tuple[RewardRow, ...]
    retired: tuple[RewardRow, ...]
    kinds: tuple[KindTile, ...]


@dataclass(frozen=True, slots=True)
class RewardPage:
    """Everything the form of a reward shows; `fields` are those its kind needs."""

    frame: Frame
    title: str
    kind: str
    kind_name: str
    is_new: bool
    save_url: str
    form: RewardForm
    wrong: str
    message: str
    fields: frozenset[str]
    goods: tuple[GoodsChoice, ...]
    suggestions: tuple[str, ...]
    currency: str
    has_terms: bool


def rewards_page(session: Session, principal: StaffPrincipal) -> RewardsPage:
    """List what is offered, what was, and what can be added."""
    store, names = my_stores(session, principal, OWNER)[0], shelf_of(session, principal).names
    now = services().tools.clock.now()

    def row(reward: RewardFacts, *, act: str) -> RewardRow:
        state = why_not_offered(reward, at=now, channel="till" if reward.at_till else "web")
        words = {"not_yet": gettext("aún no empieza"), "over": gettext("ya acabó")}
        parts = (gift_text(reward, names), *terms_texts(reward, store.time_zone))
        if reward.retired_at is not None:
            day = short_date_text(reward.retired_at, store.time_zone)
            parts = (*parts, gettext("retirado el %(day)s", day=day))
        return RewardRow(
            name=reward.name,
            icon=ICONS[reward.kind],
            cost=cost_text(reward),
            detail=" · ".join(parts),
            state=words.get(state or "", ""),
            href=url_for("admin_rewards.edit", reward_id=reward.reward_id),
            act_url=url_for(f"admin_rewards.{act}", reward_id=reward.reward_id),
        )

    return RewardsPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("rewards"),
        rows=tuple(row(one, act="retire") for one in rewards_of(session, principal.program_id)),
        retired=tuple(
            row(one, act="restore")
            for one in retired_rewards(session, principal.program_id, most=RETIRED_SHOWN)
        ),
        kinds=tuple(
            KindTile(
                kind_word(kind),
                kind_hint(kind),
                ICONS[kind],
                url_for("admin_rewards.new", kind=kind),
            )
            for kind in KINDS
        ),
    )


def reward_page(
    session: Session,
    principal: StaffPrincipal,
    store: StoreFacts,
    form: RewardForm,
    *,
    shelf: Shelf,
    reward: RewardFacts | None,
) -> RewardPage:
    """Lay out the form of a reward, new or known; what was refused stands in its field."""
    legends = {
        "goods": {
            "percent": gettext("En qué vale"),
            "product": gettext("Qué puede ser"),
            "stamps": gettext("Con qué se gana un sello"),
        }.get(form.kind, ""),
        "free": gettext("Qué se lleva con la tarjeta llena"),
    }
    known = {"reward_id": reward.reward_id} if reward else {"kind": form.kind}
    terms = ("minimum_minor", "valid_from", "valid_until", "stock", "per_member", "per_member_day")
    return RewardPage(
        frame=frame_of(session, principal, section="points"),
        title=reward.name if reward else kind_word(form.kind),
        kind=form.kind,
        kind_name=kind_word(form.kind),
        is_new=reward is None,
        save_url=url_for("admin_rewards.save" if reward else "admin_rewards.add", **known),
        form=form,
        wrong=form.wrong,
        message=field_message(form.wrong) if form.wrong else "",
        fields=frozenset({*AMOUNTS[form.kind], *WHOLES.get(form.kind, ())}),
        goods=tuple(
            goods_choice(part, legends[part], _picked(form, part), shelf)
            for part in GOODS.get(form.kind, ())
        ),
        suggestions=shelf.suggestions,
        currency=store.currency,
        has_terms=any(form.value(name) for name in terms)
        or not (form.value("at_till") and form.value("on_web"))
        or form.wrong in {*terms, "at_till"},
    )


def _picked(form: RewardForm, part: str) -> Picked:
    picked = form.picked.get(part, Picked())
    if form.wrong == "products" and part == "goods":
        return replace(picked, wrong=field_message("products"))
    return picked
