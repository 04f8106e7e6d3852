"""Staff write down somebody's phone number, with a reason: told by its owner, proved by nobody."""

from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.identifiers import check_value, ensure_identifier
from loyalty.identity.links import LinkDraft, LinkResult, add_link
from loyalty.identity.queries import member_by_id
from loyalty.journeys.contract_links import PHONE
from loyalty.journeys.staff_says import Saying, check_reason
from loyalty.journeys.tools import Tools
from loyalty.kernel.errors import NotFoundError
from loyalty.kernel.phones import phone_normalized
from loyalty.programs.queries import store_by_id


def note_phone(
    session: Session, said: Saying, member_id: UUID, text: str, *, tools: Tools
) -> LinkResult:
    """Keep a number as a membership's own; one that somebody else gave, too, joins nothing.

    A number without its prefix is of the country of the store where they joined. It comes off as
    any other evidence does.
    Errors: `MalformedRequestError` without a reason; `PhoneInvalidError`; `IdentifierBlockedError`
    for a number that stands for nobody; `NotFoundError`.
    """
    check_reason(said.reason)
    number = phone_normalized(text, country=_country(session, said.program_id, member_id))
    check_value(PHONE, number)
    at = tools.clock.now()
    known = ensure_identifier(
        session, said.program_id, PHONE, number, at=at, keys=tools.keys, beside=[member_id]
    )
    draft = LinkDraft(
        program_id=said.program_id,
        kind=PHONE,
        a=known.identifier_id,
        b=member_id,
        event=f"staff:{said.act_id}",
        occurred_at=at,
        actor=said.actor,
        reason=said.reason,
    )
    return add_link(session, draft, at=at)


def _country(session: Session, program_id: int, member_id: UUID) -> str:
    member = member_by_id(session, program_id, member_id)
    store = store_by_id(session, program_id, member.store_id) if member is not None else None
    if store is None:
        raise NotFoundError
    return store.country
