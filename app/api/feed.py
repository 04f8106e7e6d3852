"""The feed: what happened to persons and points, for programs that follow the shop."""

from apiflask import APIBlueprint

from app.api.doors import by_integrator
from app.integrator_auth import integrator
from app.schemas.feed import LATEST, FeedOut, FeedQuery, NewsOut
from app.wiring import services
from loyalty.journeys.news import (
    News,
    NewsPage,
    cursor_text,
    newest,
    place_news,
    read_cursor,
    read_news,
)
from loyalty.programs.integrators import Scope
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("feed", __name__, url_prefix="/api/v1/feed", tag="Feed")


@bp.get("")
@by_integrator(Scope.FEED, Refusal.MALFORMED_REQUEST, Refusal.FEED_PLACE_UNKNOWN)
@bp.input(FeedQuery, location="query")
@bp.output(FeedOut)
def get_feed(query_data: FeedQuery) -> FeedOut:
    """Give what is new after a place, in an order that nothing enters late.

    Persons that merged, split or are called otherwise are told at once, points when their
    posting was sealed: within a minute. What is committed late comes later and is never skipped.
    """
    program_id, parts = integrator(Scope.FEED).program_id, services()
    place_news(parts.database, program_id)
    with parts.database.reading(program_id) as session:
        if query_data.after == LATEST:
            return _feed_out(NewsPage((), newest(session, program_id), has_more=False))
        after = read_cursor(query_data.after)
        return _feed_out(read_news(session, program_id, after=after, limit=query_data.limit))


def _feed_out(page: NewsPage) -> FeedOut:
    return FeedOut(
        news=[_news_out(one) for one in page.items],
        next=cursor_text(page.upto),
        has_more=page.has_more,
    )


def _news_out(one: News) -> NewsOut:
    return NewsOut(
        place=cursor_text(one.after),
        news_id=one.news_id,
        topic=one.topic,
        at=one.at,
        data=dict(one.facts),
    )
