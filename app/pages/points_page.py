"""What the pages about the reason of a balance show."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from app.auth import ShopperPrincipal, StaffPrincipal
from app.language import gettext
from app.pages.admin_frame import MANAGER, OWNER, Frame, frame_of, my_stores
from app.pages.admin_people_page import person_name
from app.pages.shop_frame import ShopFrame, shop_frame, store_of
from app.points_words import WhyPoints, why_points
from app.stamp_words import spoken_text
from app.text import points_text, stamps_text
from app.wiring import services
from loyalty.journeys.card_owner import owner_of
from loyalty.journeys.explain_points import Reader, explain_points
from loyalty.journeys.explain_stamps import StampsTold, explain_stamps
from loyalty.journeys.tell_person import PersonStory
from loyalty.points.queries import wallet_of_member


@dataclass(frozen=True, slots=True)
class WhyStamps:
    """The answer for one stamp card; `key` names it within its page."""

    key: str
    name: str
    spoken: str
    why: WhyPoints


@dataclass(frozen=True, slots=True)
class MyPointsPage:
    """The shopper's own answer."""

    frame: ShopFrame
    title: str
    why: WhyPoints
    cards: tuple[WhyStamps, ...]


@dataclass(frozen=True, slots=True)
class PersonPointsPage:
    """The staff's answer for one person."""

    frame: Frame
    title: str
    name: str
    back_href: str
    why: WhyPoints
    cards: tuple[WhyStamps, ...]


def my_points_page(session: Session, shopper: ShopperPrincipal) -> MyPointsPage:
    """Say why the card of this phone has so many points."""
    store = store_of(session, shopper)
    owner = owner_of(session, shopper.browser)
    now = services().tools.clock.now()
    told = explain_points(
        session,
        owner.program_id,
        wallet_of_member(session, owner.program_id, owner.member_id),
        reader=Reader(),
        at=now,
    )
    stamps = explain_stamps(session, owner.program_id, owner.member_id, reader=Reader(), at=now)
    return MyPointsPage(
        frame=shop_frame(store, tab="card"),
        title=gettext("¿Por qué tengo %(points)s?", points=points_text(told.free)),
        why=why_points(told, zone=store.time_zone),
        cards=tuple(_why_stamps(each, store.time_zone) for each in stamps),
    )


def _why_stamps(one: StampsTold, zone: str) -> WhyStamps:
    spoken = spoken_text(one.told.free, one.reward.points)
    return WhyStamps(
        key=str(one.reward.reward_id),
        name=one.reward.name,
        spoken=gettext("%(stamps)s · ya no se ofrece", stamps=spoken) if one.is_over else spoken,
        why=why_points(one.told, zone=zone, count=stamps_text),
    )


def person_points_page(
    session: Session, principal: StaffPrincipal, story: PersonStory
) -> PersonPointsPage:
    """Say why a person has so many points, with the sales of the reader's own stores."""
    stores = my_stores(session, principal, OWNER, MANAGER)
    now = services().tools.clock.now()
    reader = Reader(stores=frozenset(store.store_id for store in stores), sees_staff=True)
    told = explain_points(session, principal.program_id, story.wallet_id, reader=reader, at=now)
    stamps = explain_stamps(
        session, principal.program_id, story.open_member_id, reader=reader, at=now
    )
    return PersonPointsPage(
        frame=frame_of(session, principal, section="people"),
        title=gettext("¿Por qué tiene %(points)s?", points=points_text(told.free)),
        name=person_name(story.display_name, [one.card_id for one in story.carriers]),
        back_href=url_for("admin_people.person", person_id=story.person_id),
        why=why_points(told, zone=stores[0].time_zone),
        cards=tuple(_why_stamps(each, stores[0].time_zone) for each in stamps),
    )
