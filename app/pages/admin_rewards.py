"""Rewards: what points can be redeemed for, of every kind; retired and put back, never erased."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from app.auth import SignInNeededError
from app.language import gettext
from app.pages.admin_frame import OWNER, my_stores, owner, say, to_the_door
from app.pages.admin_goods import shelf_of
from app.pages.admin_reward_form import (
    KINDS,
    RewardForm,
    draft_from_reward_form,
    fields_of,
    new_reward_form,
    reward_form_of,
    reward_from_form,
)
from app.pages.admin_rewards_page import reward_page, rewards_page
from app.wiring import services
from loyalty.kernel.errors import NotFoundError, SettingInvalidError
from loyalty.points.add_reward import add_reward, change_reward, draft_of
from loyalty.points.queries import reward_by_id
from loyalty.points.retire_reward import restore_reward, retire_reward
from loyalty.points.rules import RewardFacts

# A cookie holds four kilobytes.
UNDO_MAX: Final = 1500

bp = Blueprint("admin_rewards", __name__, url_prefix="/admin/points/rewards")
bp.register_error_handler(SignInNeededError, to_the_door)


@bp.get("")
def rewards() -> str:
    """List the rewards."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        page = rewards_page(session, principal)
    return render_template("admin/rewards.html", page=page)


@bp.get("/new/<kind>")
def new(kind: str) -> Response:
    """Show an empty reward of a kind."""
    return _show(new_reward_form(_known(kind)), None)


@bp.post("/new/<kind>")
def add(kind: str) -> Response | Redirect:
    """Offer a new reward; undone by retiring it."""
    principal, parts = owner(), services()
    form = _read(_known(kind))
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_stores(session, principal, OWNER)[0]
            draft = draft_from_reward_form(form, store.currency, store.time_zone)
            at = parts.tools.clock.now()
            reward_id = add_reward(session, principal.program_id, draft, at=at)
    except SettingInvalidError as error:
        return _refuse(form, error, None)
    undo = url_for("admin_rewards.retire", reward_id=reward_id)
    say(gettext("Premio añadido. Ya se ve en las tarjetas."), undo=undo)
    return _back()


@bp.get("/<uuid:reward_id>")
def edit(reward_id: UUID) -> Response:
    """Show a reward as it stands."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        reward = _reward(session, principal.program_id, reward_id)
        store = my_stores(session, principal, OWNER)[0]
    form = reward_form_of(draft_of(reward), store.currency, store.time_zone)
    return _show(form, reward)


@bp.post("/<uuid:reward_id>")
def save(reward_id: UUID) -> Response | Redirect:
    """Describe a reward anew; what was redeemed before stays as it was."""
    principal, parts = owner(), services()
    with parts.database.reading(principal.program_id) as session:
        reward = _reward(session, principal.program_id, reward_id)
    form = _read(reward.kind)
    try:
        with parts.database.unit_of_work(principal.program_id) as session:
            store = my_stores(session, principal, OWNER)[0]
            draft = draft_from_reward_form(form, store.currency, store.time_zone)
            change_reward(
                session, principal.program_id, reward_id, draft, at=parts.tools.clock.now()
            )
    except SettingInvalidError as error:
        return _refuse(form, error, reward)
    fields = fields_of(reward_form_of(draft_of(reward), store.currency, store.time_zone))
    is_short = sum(map(len, fields.values())) <= UNDO_MAX
    say(gettext("Premio guardado."), undo=request.path if is_short else "", fields=fields)
    return _back()


@bp.post("/<uuid:reward_id>/retire")
def retire(reward_id: UUID) -> Redirect:
    """Take a reward off the list."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        retire_reward(session, principal.program_id, reward_id, at=parts.tools.clock.now())
    undo = url_for("admin_rewards.restore", reward_id=reward_id)
    say(gettext("Premio retirado."), undo=undo)
    return _back()


@bp.post("/<uuid:reward_id>/restore")
def restore(reward_id: UUID) -> Redirect:
    """Put a retired reward back on the list."""
    principal, parts = owner(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        restore_reward(session, principal.program_id, reward_id, at=parts.tools.clock.now())
    say(gettext("El premio vuelve a la lista."))
    return _back()


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFoundError
    return kind


def _reward(session: Session, program_id: int, reward_id: UUID) -> RewardFacts:
    reward = reward_by_id(session, program_id, reward_id)
    if reward is None:
        raise NotFoundError
    return reward


def _read(kind: str) -> RewardForm:
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        shelf = shelf_of(session, principal)
    return reward_from_form(request.form, kind, shelf)


def _refuse(form: RewardForm, error: SettingInvalidError, reward: RewardFacts | None) -> Response:
    """Show what was typed again, with the reason at its field."""
    return _show(replace(form, wrong=str(error.facts["field"])), reward, status=422)


def _show(form: RewardForm, reward: RewardFacts | None, *, status: int = 200) -> Response:
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        store = my_stores(session, principal, OWNER)[0]
        shelf = shelf_of(session, principal)
        page = reward_page(session, principal, store, form, shelf=shelf, reward=reward)
    return make_response(render_template("admin/reward.html", page=page), status)


def _back() -> Redirect:
    return redirect(url_for("admin_rewards.rewards"), 303)
