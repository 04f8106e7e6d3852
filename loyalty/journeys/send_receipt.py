"""A sale without a card: the code of its receipt goes to an address that the shopper gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.codes.claims import claim_by_id, claim_text
from loyalty.identity.identifiers import check_value
from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.errors import NotFoundError
from loyalty.outbox.post import post_mail
from loyalty.outbox.queries import messages_about
from loyalty.outbox.rules import Topic
from loyalty.programs.queries import StoreFacts

# Whom a message about a receipt is about, until somebody claims it.
ABOUT: Final = "claim"


@dataclass(frozen=True, slots=True)
class ReceiptMail:
    """Which receipt goes where: named by the till it was printed at."""

    till_id: UUID
    claim_id: str
    email: str
    language: str


def send_receipt(
    session: Session,
    store: StoreFacts,
    mail: ReceiptMail,
    *,
    write_address: Callable[[str], str],
    tools: Tools,
) -> bool:
    """Mail a receipt's code, once to each address; say whether a mail goes out now.

    The address is kept with the mail alone and linked with nobody. `write_address` puts the
    signed text behind the service's own name.
    Errors: `NotFoundError` for a code that is not this till's, `EmailInvalidError`,
    `IdentifierBlockedError` for an address nobody reads.
    """
    program_id, at = store.program_id, tools.clock.now()
    address = email_normalized(mail.email)
    check_value("email", address)
    claim = claim_by_id(session, program_id, mail.claim_id)
    if claim is None or claim.till_id != mail.till_id:
        raise NotFoundError
    sent = messages_about(session, program_id, ABOUT, mail.claim_id)
    if any(each.recipient == address for each in sent):
        return False
    text = claim_text(session, program_id, claim, keys=tools.keys)
    post_mail(
        session,
        program_id,
        topic=Topic.RECEIPT,
        language=mail.language,
        recipient=address,
        facts={"address": write_address(text), "store_name": store.name},
        subject_kind=ABOUT,
        subject_id=mail.claim_id,
        at=at,
    )
    return True
