"""Where the points of each till and cashier go: a report that says where to look, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from app.auth import SignInNeededError, StaffPrincipal
from app.language import gettext, ngettext
from app.looks import leave_looks
from app.pages.admin_frame import OWNER, Frame, frame_of, my_stores, owner, to_the_door
from app.pages.admin_period import Period, PeriodLink, period_of, usual_periods
from app.pages.admin_points_tabs import PointsTab, points_tabs
from app.text import points_text, whole_text
from app.wiring import services
from loyalty.journeys.tell_concentration import DAYS_MAX, tell_concentration
from loyalty.journeys.whose_wallets import WalletOwner, whose_wallets
from loyalty.points.concentration import CardShare, Concentration

bp = Blueprint("admin_watch", __name__, url_prefix="/admin/points/tills")
bp.register_error_handler(SignInNeededError, to_the_door)

THOUSANDTHS: Final = 10


@dataclass(frozen=True, slots=True)
class WatchCard:
    """One of the cards that got most there."""

    name: str
    href: str
    detail: str


@dataclass(frozen=True, slots=True)
class WatchRow:
    """The points that one till, or one cashier, gave; `doubts` say what stands out."""

    name: str
    points: str
    sales: str
    cards: str
    share: str
    outside: str
    doubts: tuple[str, ...]
    top: tuple[WatchCard, ...]


@dataclass(frozen=True, slots=True)
class WatchPage:
    """Everything the report shows."""

    frame: Frame
    tabs: tuple[PointsTab, ...]
    period: Period
    first: str
    last: str
    usual: tuple[PeriodLink, ...]
    parts: tuple[tuple[str, str, tuple[WatchRow, ...]], ...]
    person_ids: tuple[str, ...]


@bp.get("")
def watch() -> str:
    """Show where the points of some days went, by till and by cashier."""
    principal = owner()
    with services().database.reading(principal.program_id) as session:
        page = _page(session, principal)
    leave_looks(principal, page.person_ids, seen="found")
    return render_template("admin/watch.html", page=page)


def _page(session: Session, principal: StaffPrincipal) -> WatchPage:
    stores = my_stores(session, principal, OWNER)
    zone = ZoneInfo(stores[0].time_zone)
    today = services().tools.clock.now().astimezone(zone).date()
    period = period_of(request.args, today=today, most=DAYS_MAX)
    mine = [store.store_id for store in stores]
    told = tell_concentration(
        session, principal.program_id, mine, first=period.first, last=period.last
    )
    cards = {card.wallet_id for one in (*told.by_till, *told.by_cashier) for card in one.top}
    owners = whose_wallets(session, principal.program_id, cards)
    no_till, nobody = gettext("Sin caja"), gettext("Nadie con PIN")
    return WatchPage(
        frame=frame_of(session, principal, section="points"),
        tabs=points_tabs("watch"),
        period=period,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        usual=usual_periods(url_for("admin_watch.watch"), period, today=today),
        parts=(
            (
                "tills",
                gettext("Por caja"),
                tuple(_row(one, told.tills, owners, no_till) for one in told.by_till),
            ),
            (
                "staff",
                gettext("Por persona de la caja"),
                tuple(_row(one, told.staff, owners, nobody) for one in told.by_cashier),
            ),
        ),
        person_ids=tuple(one.person_id for one in owners.values()),
    )


def _row(
    one: Concentration,
    names: Mapping[UUID, str],
    owners: Mapping[UUID, WalletOwner],
    nobody: str,
) -> WatchRow:
    doubts = (
        (one.is_few, gettext("Tres tarjetas se llevan más de la mitad de los puntos.")),
        (one.is_often, gettext("Una tarjeta pasó muchas veces el mismo día.")),
        (one.is_odd, gettext("Muchas compras fuera del horario.")),
    )
    return WatchRow(
        name=names.get(one.subject, nobody) if one.subject else nobody,
        points=points_text(one.points),
        sales=whole_text(one.acts),
        cards=whole_text(one.cards),
        share=gettext("%(share)s %%", share=whole_text(one.few_share // THOUSANDTHS)),
        outside="" if one.outside is None else whole_text(one.outside),
        doubts=tuple(text for is_so, text in doubts if is_so),
        top=tuple(_card(card, owners) for card in one.top if card.wallet_id in owners),
    )


def _card(card: CardShare, owners: Mapping[UUID, WalletOwner]) -> WatchCard:
    owner_ = owners[card.wallet_id]
    sales = ngettext("%(num)s compra", "%(num)s compras", card.acts)
    most = gettext("hasta %(count)s en un día", count=whole_text(card.most_per_day))
    return WatchCard(
        name=owner_.display_name or gettext("Sin nombre"),
        href=url_for("admin_people.person", person_id=owner_.person_id),
        detail=f"{points_text(card.points)} · {sales} · {most}",
    )
