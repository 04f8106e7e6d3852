"""The thread of setting up: what a shop needs before its first sale, with what is true now."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import StaffPrincipal
from app.language import gettext, ngettext
from loyalty.journeys.setup_state import SetupState, setup_state
from loyalty.programs.queries import StoreFacts


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One knot: `state` is `done`, `now` (the first that is not done) or `later`."""

    title: str
    detail: str
    state: str
    action: str
    href: str


@dataclass(frozen=True, slots=True)
class Setup:
    """The thread and what is left of it; nothing to show when all is done."""

    left: int
    left_text: str
    steps: tuple[SetupStep, ...]


def setup_thread(
    session: Session, principal: StaffPrincipal, store: StoreFacts, *, has_sales: bool
) -> Setup:
    """Say which steps are done; an owner gets the button of the next one."""
    state = setup_state(session, principal.program_id, store)
    wanted = _steps(state, store, has_sales=has_sales)
    undone = [index for index, (is_done, *_) in enumerate(wanted) if not is_done]
    now = undone[0] if undone else -1
    steps = tuple(
        SetupStep(
            title=title,
            detail=detail,
            state="done" if is_done else "now" if index == now else "later",
            action=action if index == now and principal.may(store.store_id, "owner") else "",
            href=href,
        )
        for index, (is_done, title, detail, action, href) in enumerate(wanted)
    )
    left = len(undone)
    return Setup(left, ngettext("Queda %(num)s paso", "Quedan %(num)s pasos", left), steps)


def _steps(
    state: SetupState, store: StoreFacts, *, has_sales: bool
) -> tuple[tuple[bool, str, str, str, str], ...]:
    here = url_for("admin_store.store", store_id=store.store_id)
    hours = url_for("admin_pickup.pickup", store_id=store.store_id)
    team = url_for("admin_team.team")
    return (
        (
            state.has_look,
            gettext("Nombre y color de la tienda"),
            gettext("Así se ven tu página, las tarjetas y el cartel."),
            gettext("Elegir color"),
            f"{here}#look",
        ),
        (
            state.has_rewards,
            gettext("Regla de puntos y premios"),
            gettext("Tres premios bastan: uno cerca, uno medio, uno lejos."),
            gettext("Poner premios"),
            url_for("admin_rewards.rewards"),
        ),
        (
            state.has_till,
            gettext("Caja emparejada"),
            gettext("El móvil, la tableta o el ordenador del mostrador."),
            gettext("Emparejar caja"),
            f"{team}#pair",
        ),
        (
            state.has_hours,
            gettext("Horario"),
            gettext("Mañana y tarde por separado."),
            gettext("Poner horas"),
            f"{hours}#hours",
        ),
        (
            state.has_pickup,
            gettext("Recogida en tienda"),
            gettext("Cuántos pedidos caben, y con cuánto tiempo."),
            gettext("Poner recogida"),
            f"{hours}#policy",
        ),
        (
            state.has_members,
            gettext("Cartel en el mostrador"),
            gettext("Imprímelo en A4 y escanéalo una vez."),
            gettext("Imprimir cartel"),
            url_for("print.poster", store_id=store.store_id),
        ),
        (
            has_sales,
            gettext("Primera venta con tarjeta"),
            gettext("Abre la caja, lee el código y guarda la compra."),
            gettext("Abrir caja"),
            url_for("till_page.till_page"),
        ),
    )
