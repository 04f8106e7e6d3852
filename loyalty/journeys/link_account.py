"""A shopper links an account of theirs, with a proof and a consent for this purpose alone."""

from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.consents import SOCIAL, Wording, live_consent, record_answer
from loyalty.identity.identifiers import ensure_identifier, forget_value, mark_verified
from loyalty.identity.links import LinkDraft, LinkResult, add_link
from loyalty.identity.queries import links_at, person_of_identifier
from loyalty.journeys.card_owner import CardOwner, owner_of
from loyalty.journeys.take_engagement import KIND, account_value
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id
from loyalty.kernel.keys import ServerKeys, derived_key, keyed_hash
from loyalty.programs.sessions import BrowserFacts
from loyalty.social.accounts import AccountFacts, all_account_ids, forget_account, keep_account
from loyalty.social.errors import AccountTakenError

CODE_LASTS: Final = timedelta(hours=1)
# As long as a shopper may undo an unlinking and find everything as it was.
UNLINKED_KEPT: Final = timedelta(days=1)
_CODE_PURPOSE: Final = "profile-code"
_CODE_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class ProvedAccount:
    """An account whose owner was there a moment ago, and how that was proved."""

    network: str
    actor_id: str
    display: str
    url: str
    proved_by: Literal["oauth", "code", "rel_me"]


def profile_code(
    owner: CardOwner, network: str, actor_id: str, *, at: datetime, keys: ServerKeys
) -> str:
    """Give the code a shopper puts into their public profile: of this card, account and hour."""
    return _code(owner, network, actor_id, _hour(at), keys=keys)


def profile_codes_in_force(
    owner: CardOwner, network: str, actor_id: str, *, at: datetime, keys: ServerKeys
) -> tuple[str, ...]:
    """Give the codes that prove an account now: of this hour and of the one before."""
    return tuple(
        _code(owner, network, actor_id, hour, keys=keys) for hour in (_hour(at), _hour(at) - 1)
    )


def link_account(
    session: Session,
    shopper: BrowserFacts,
    proved: ProvedAccount,
    *,
    wording: Wording,
    tools: Tools,
) -> LinkResult:
    """Join a proved account to the shopper's person; the yes is kept with the words it had.

    What the account did before was counted and stays so: a consent does not reach back.
    Errors: `AccountTakenError` when somebody else's card has it.
    """
    owner = owner_of(session, shopper)
    at = tools.clock.now()
    value = account_value(proved.network, proved.actor_id)
    known = ensure_identifier(
        session,
        owner.program_id,
        KIND,
        value,
        at=at,
        keys=tools.keys,
        beside=[owner.member_id],
    )
    holder = person_of_identifier(session, owner.program_id, known.identifier_id)
    assert holder is not None, "an identifier is somebody's"
    is_other = holder.cluster_id != owner.person.cluster_id
    if is_other and holder.open_member_id is not None:
        raise AccountTakenError
    consent_id = _consent(session, owner, wording, at=at)
    result = add_link(
        session,
        LinkDraft(
            program_id=owner.program_id,
            kind=KIND,
            a=owner.member_id,
            b=known.identifier_id,
            event=f"{proved.proved_by}:{new_id(at)}",
            occurred_at=at,
            actor="shopper",
            consent_id=consent_id,
        ),
        at=at,
    )
    if result.refused_rule is not None:
        raise AccountTakenError
    mark_verified(session, owner.program_id, known.identifier_id, at=at)
    shown = AccountFacts(
        identifier_id=known.identifier_id,
        network=proved.network,
        display=proved.display or proved.actor_id,
        url=proved.url,
        proved_by=proved.proved_by,
        linked_at=at,
    )
    keep_account(session, owner.program_id, shown)
    return result


def forget_unlinked_accounts(
    session: Session, program_id: int, *, tools: Tools, kept: timedelta = UNLINKED_KEPT
) -> int:
    """Forget the accounts nobody is linked to any more, and what they did; say how many."""
    over = tools.clock.now() - kept
    gone = [
        identifier_id
        for identifier_id in all_account_ids(session, program_id)
        if _unlinked_before(session, program_id, identifier_id, over)
    ]
    forget_accounts(session, program_id, gone)
    return len(gone)


def forget_accounts(session: Session, program_id: int, identifier_ids: Collection[UUID]) -> None:
    """Forget how accounts are shown, their readable names and what they did."""
    for identifier_id in identifier_ids:
        forget_account(session, program_id, identifier_id)
        forget_value(session, program_id, identifier_id)


def _unlinked_before(
    session: Session, program_id: int, identifier_id: UUID, over: datetime
) -> bool:
    links = links_at(session, program_id, identifier_id, kind=KIND)
    return all(
        not link.active and link.retracted_at is not None and link.retracted_at <= over
        for link in links
    )


def _consent(session: Session, owner: CardOwner, wording: Wording, *, at: datetime) -> UUID:
    living = live_consent(session, owner.program_id, owner.member_ids, SOCIAL)
    if living is not None:
        return living.consent_id
    return record_answer(
        session,
        owner.program_id,
        owner.member_id,
        purpose=SOCIAL,
        accepted=True,
        wording=wording,
        at=at,
    )


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // int(CODE_LASTS.total_seconds())


def _code(owner: CardOwner, network: str, actor_id: str, hour: int, *, keys: ServerKeys) -> str:
    key = derived_key(keys, _CODE_PURPOSE, owner.program_id)
    hashed = keyed_hash(key, owner.card_id, network, actor_id, str(hour))
    return b32encode(bytes.fromhex(hashed)[:_CODE_BYTES]).decode()
