"""Tell owners the head of their ledger each day, so that nobody can rewrite it unseen."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.journeys.tools import Tools
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from loyalty.points.seals.heads import head_to_tell, keep_head
from loyalty.points.seals.rules import in_words
from loyalty.programs.queries import ProgramFacts, programs, staff_of, stores_of
from loyalty.programs.rules import local_day

OWNER = "owner"


def tell_heads(database: Database, *, tools: Tools) -> int:
    """Post each program's head of the day to its owners; says to how many programs.

    Once a day, soon after midnight in the zone of the first store, and only when something
    moved since the last one. May run twice at once: the day's row decides.
    """
    with database.reading(NO_PROGRAM) as session:
        known = programs(session)
    return sum(_tell_head(database, program, tools=tools) for program in known)


def _tell_head(database: Database, program: ProgramFacts, *, tools: Tools) -> bool:
    program_id, now = program.program_id, tools.clock.now()
    with database.reading(program_id) as session:
        stores = stores_of(session, program_id)
        if not stores:
            return False
        zone = stores[0].time_zone
        day = local_day(now, zone)
        midnight = datetime.combine(day, time(), ZoneInfo(zone))
        seal = head_to_tell(session, program_id, day=day, midnight=midnight)
    if seal is None:
        return False
    with database.unit_of_work(program_id) as session:
        if not keep_head(session, program_id, seal, day=day, at=now):
            return False
        for person in staff_of(session, program_id):
            if person.email is None or OWNER not in person.roles.values():
                continue
            post_mail(
                session,
                program_id,
                topic=Topic.LEDGER_HEAD,
                language=person.language,
                recipient=person.email,
                facts={
                    "shop": program.name,
                    "block": seal.block,
                    "hash": seal.hash,
                    "words": in_words(seal.hash).replace("-", " "),
                    "rows": seal.last,
                },
                subject_kind="staff",
                subject_id=str(person.staff_id),
                at=now,
            )
    return True
