"""What the pages of a shopper's card show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal
from app.language import gettext, ngettext
from app.pages.card_words import HistoryLine, history_line, row_title, rule_words, why_text
from app.pages.counts_words import what_counts
from app.pages.history_likes import by_month, like_line
from app.pages.order_rows import OrderLine, order_lines
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from app.pages.stamps_drawing import Stamps, stamps_of
from app.pages.tier_words import TierWords, tier_words
from app.points_words import debt_text, ends_text, waits_texts
from app.text import (
    clock_text,
    day_text,
    money_text,
    month_text,
    points_text,
    signed_text,
    whole_text,
)
from app.wiring import services
from loyalty.codes.live import LiveBatch, LiveCodeText
from loyalty.codes.render import live_svg
from loyalty.journeys.card_points import CardPoints
from loyalty.journeys.card_tier import card_tier
from loyalty.journeys.card_view import CardView, card_history, card_view
from loyalty.journeys.history import HistoryRow
from loyalty.journeys.member_orders import MemberOrder, orders_of_card
from loyalty.journeys.own_accounts import own_engagements
from loyalty.points.rules import RewardFacts
from loyalty.programs.queries import StoreFacts

CORD_WIDTH = 320
CORD_INSET = 12
LABEL_ROOM = 34
SHOWN = timedelta(seconds=60)  # each code stays on the screen for a minute


@dataclass(frozen=True, slots=True)
class CordKnot:
    """A reward on the cord: `x` in the drawing's units."""

    x: int
    label: str
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Cord:
    """The way to the next reward, drawn from 0 to the last knot."""

    start: int
    here: int
    end: int
    knots: tuple[CordKnot, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class InReach:
    """A reward that can be asked for now."""

    name: str
    points: str


@dataclass(frozen=True, slots=True)
class LastPurchase:
    """The last thing bought, and why these points."""

    title: str
    when: str
    points: str
    is_gain: bool
    why: str


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What of the card changes while it is looked at."""

    points: int
    points_figure: str
    points_unit: str
    ends_text: str
    waits: tuple[str, ...]
    debt_text: str
    cord: Cord | None
    missing_text: str
    missing_for: str
    in_reach: tuple[InReach, ...]
    stamps: tuple[Stamps, ...]
    last: LastPurchase | None
    orders: tuple[OrderLine, ...]
    said: str
    is_gain: bool


@dataclass(frozen=True, slots=True)
class CardPage:
    """The card: the code, the points, what comes next."""

    frame: ShopFrame
    slug: str
    version: str
    is_void: bool
    greeting: str
    code_svg: Markup
    code_text: str
    letters: str
    is_saved: bool
    counts: tuple[str, ...]
    tier: TierWords | None
    live: LiveFacts


@dataclass(frozen=True, slots=True)
class MonthLines:
    """One month of the history."""

    title: str
    points: str
    lines: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Every point with its reason."""

    frame: ShopFrame
    points_figure: str
    points_unit: str
    earned: str
    used: str
    debt_text: str
    months: tuple[MonthLines, ...]
    orders: tuple[OrderLine, ...]


def card_page(
    session: Session, shopper: ShopperPrincipal, batch: LiveBatch | None, *, is_saved: bool
) -> CardPage:
    """Gather the card page; a void card has no batch and shows no code."""
    store = store_of(session, shopper)
    view = card_view(session, shopper.browser, at=services().tools.clock.now())
    code = code_to_show(batch) if batch else None
    return CardPage(
        frame=shop_frame(store, tab="card"),
        slug=store.slug,
        version=view.version,
        is_void=view.card_state == "void",
        greeting=view.display_name or "",
        code_svg=Markup(live_svg(code.text, label=gettext("Tu código"))) if code else Markup(""),  # noqa: S704  drawn by us from letters
        code_text=code.text if code else "",
        letters=spaced(code.letters) if code else "",
        is_saved=is_saved,
        counts=what_counts(session, store, at=services().tools.clock.now()),
        tier=_tier(session, view, store),
        live=live_facts(view, store, orders=orders_waiting(session, shopper)),
    )


def _tier(session: Session, view: CardView, store: StoreFacts) -> TierWords | None:
    balance = view.points.balance
    wallet_id = balance.wallet_id if balance else None
    tier = card_tier(session, store, wallet_id, at=services().tools.clock.now())
    return tier_words(tier, currency=store.currency) if tier else None


def orders_waiting(session: Session, shopper: ShopperPrincipal) -> tuple[MemberOrder, ...]:
    """List the orders that wait for whoever holds this phone's card, the next one first."""
    told = orders_of_card(session, shopper.browser, tools=services().tools)
    waiting = [each for each in told if each.is_open]
    return tuple(sorted(waiting, key=lambda each: each.order.slot_starts_at))


def code_to_show(batch: LiveBatch) -> LiveCodeText | None:
    """Choose the code of this minute: it is good for at least one minute more."""
    soonest = batch.server_time + SHOWN
    return next((code for code in batch.codes if code.expires_at > soonest), None)


def spaced(letters: str) -> str:
    """Write eight letters in two groups, easier to read aloud."""
    return f"{letters[:4]} {letters[4:]}"


def live_facts(view: CardView, store: StoreFacts, *, orders: tuple[MemberOrder, ...]) -> LiveFacts:
    """Write what changes: points, the cord, the last purchase, the orders that wait."""
    row = view.last_sale
    ahead, now = view.points.next_reward, view.points.now
    return LiveFacts(
        points=now.free,
        points_figure=whole_text(now.free),
        points_unit=unit_of(now.free),
        ends_text=ends_text(now, store.time_zone),
        waits=waits_texts(view.points, store.time_zone),
        debt_text=debt_text(now.debt),
        cord=_cord(view.points),
        missing_text=ngettext(
            "Te falta %(points)s",
            "Te faltan %(points)s",
            ahead.missing,
            points=points_text(ahead.missing),
        )
        if ahead
        else "",
        missing_for=gettext("para «%(reward)s».", reward=ahead.name) if ahead else "",
        in_reach=tuple(
            InReach(each.name, whole_text(each.points)) for each in view.points.in_reach
        ),
        stamps=tuple(stamps_of(each, zone=store.time_zone) for each in view.points.stamp_cards),
        last=LastPurchase(
            title=row_title(row),
            when=" · ".join(
                (
                    f"{day_text(row.at, store.time_zone)}, {clock_text(row.at, store.time_zone)}",
                    money_text(row.total_minor or 0, row.currency or store.currency),
                )
            ),
            points=signed_text(row.points),
            is_gain=row.points > 0,
            why=_short_why(row),
        )
        if row
        else None,
        orders=order_lines(orders, zone=store.time_zone),
        said=why_text(view.last_act) if view.last_act else "",
        is_gain=view.last_act is not None and view.last_act.points > 0,
    )


def _short_why(row: HistoryRow) -> str:
    rule = rule_words(row)
    return f"{points_text(row.points)}: {rule}." if rule else why_text(row)


def history_page(session: Session, shopper: ShopperPrincipal) -> HistoryPage:
    """Gather the history, month by month."""
    store = store_of(session, shopper)
    told = card_history(session, shopper.browser)
    open_joins = {
        row.link_id for month in told.months for row in month.rows if row.kind == "joined"
    } - {row.link_id for month in told.months for row in month.rows if row.kind == "join_undone"}
    acts = [
        (
            row.at,
            history_line(row, zone=store.time_zone, join_undoable=row.link_id in open_joins),
        )
        for month in told.months
        for row in month.rows
    ]
    likes = [
        like_line(each, zone=store.time_zone) for each in own_engagements(session, shopper.browser)
    ]
    points = {(month.year, month.month): month.points for month in told.months}
    return HistoryPage(
        frame=shop_frame(store, tab="history"),
        points_figure=whole_text(told.points),
        points_unit=unit_of(told.points),
        earned=signed_text(told.earned),
        used=signed_text(-told.used),
        debt_text=debt_text(told.debt),
        months=tuple(
            MonthLines(
                title=month_text(*month),
                points=signed_text(points[month]) if month in points else "",
                lines=lines,
            )
            for month, lines in by_month((*acts, *likes), zone=store.time_zone)
        ),
        orders=order_lines(
            orders_of_card(session, shopper.browser, tools=services().tools),
            zone=store.time_zone,
        ),
    )


def unit_of(points: int) -> str:
    """Name the unit beside a large figure."""
    return gettext("punto") if points == 1 else gettext("puntos")


def _cord(points: CardPoints) -> Cord | None:
    if not points.rewards:
        return None
    shown, free = _shown_rewards(points), points.now.free
    most = max(shown[-1].points, 1)
    length = CORD_WIDTH - 2 * CORD_INSET

    def at(points: int) -> int:
        return CORD_INSET + round(length * min(points, most) / most)

    return Cord(
        start=CORD_INSET,
        here=at(free),
        end=CORD_WIDTH - CORD_INSET,
        knots=_spread(
            CordKnot(at(each.points), whole_text(each.points), each.points <= free)
            for each in shown
        ),
        spoken=gettext("%(points)s de %(most)s", points=whole_text(free), most=points_text(most)),
    )


def _spread(knots: Iterable[CordKnot]) -> tuple[CordKnot, ...]:
    """Leave out a label that would stand on the one to its right."""
    kept: list[CordKnot] = []
    for knot in reversed(list(knots)):
        is_free = not kept or kept[-1].x - knot.x >= LABEL_ROOM
        kept.append(knot if is_free else replace(knot, label=""))
    return tuple(reversed(kept))


def _shown_rewards(points: CardPoints) -> tuple[RewardFacts, ...]:
    """Show what is reached and the next one; the rest would only press the cord together."""
    reached = [each for each in points.rewards if each.points <= points.now.free]
    ahead = [each for each in points.rewards if each.points > points.now.free]
    return tuple(reached[-3:] + ahead[:1])
