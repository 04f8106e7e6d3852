"""Once an hour the house is swept: nothing here decides anything, deadlines were judged before."""

from datetime import timedelta
from typing import Final

from loyalty.codes.claims import forget_claims
from loyalty.codes.live import forget_expired_letters
from loyalty.connectors.webmention import NETWORK as WEBMENTION
from loyalty.db.rates import forget_old_tries
from loyalty.db.session import NO_PROGRAM, Database
from loyalty.inbox.process import forget_deliveries
from loyalty.journeys.link_account import forget_unlinked_accounts
from loyalty.journeys.news import place_news
from loyalty.journeys.tools import Tools
from loyalty.orders.carts import forget_carts
from loyalty.orders.of_members import forget_contacts
from loyalty.outbox.deliver import forget_facts
from loyalty.outbox.feed import forget_feed
from loyalty.programs.queries import programs
from loyalty.programs.tidy import drop_old_pairings, drop_old_sign_ins
from loyalty.social.connect import connections_of
from loyalty.social.count import forget_hashes

COUNTERS_KEPT: Final = timedelta(days=2)  # the longest window is a day
MAIL_FACTS_KEPT: Final = timedelta(days=1)
FEED_KEPT: Final = timedelta(days=90)  # who follows the shop's news has a season to catch up
CARTS_KEPT: Final = timedelta(days=7)
CONTACTS_KEPT: Final = timedelta(days=90)  # as long as an order's link opens its page


def tidy_up(database: Database, *, tools: Tools) -> None:
    """Drop expired codes, challenges, sessions, offers, counters, carts, old mail and accounts.

    Each program in an act of its own, so that nobody waits long behind the broom.
    """
    now = tools.clock.now()
    with database.unit_of_work(NO_PROGRAM) as session:
        forget_old_tries(session, at=now, older_than=COUNTERS_KEPT)
        drop_old_pairings(session, at=now)
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    for program in known:
        place_news(database, program.program_id)
        with database.unit_of_work(program.program_id) as session:
            forget_expired_letters(session, program.program_id, at=now)
            forget_claims(session, program.program_id, at=now)
            drop_old_sign_ins(session, program.program_id, at=now)
            forget_facts(session, program.program_id, before=now - MAIL_FACTS_KEPT)
            forget_feed(session, program.program_id, before=now - FEED_KEPT)
            mentions = [
                each.connection_id
                for each in connections_of(session, program.program_id)
                if each.network == WEBMENTION
            ]
            forget_deliveries(session, program.program_id, at=now, told_again=mentions)
            forget_hashes(session, program.program_id, at=now)
            forget_unlinked_accounts(session, program.program_id, tools=tools)
            forget_carts(session, program.program_id, before=now - CARTS_KEPT)
            forget_contacts(session, program.program_id, before=now - CONTACTS_KEPT)
