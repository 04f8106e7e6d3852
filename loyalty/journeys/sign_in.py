"""An owner or manager signs in: an address, a code or a link by mail, a browser that is known."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.journeys.tools import Tools
from loyalty.kernel.addresses import email_normalized
from loyalty.kernel.errors import NotFoundError
from loyalty.outbox.post import post_mail
from loyalty.outbox.rules import Topic
from loyalty.programs.challenges import ChallengeWrong, answer_challenge, open_challenge
from loyalty.programs.queries import program_by_id, staff_by_email, staff_by_id
from loyalty.programs.sessions import STAFF_TTL, open_session, revoke_session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody signed in; the secret goes into a cookie and is kept nowhere."""

    staff_id: UUID
    display_name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrongCode:
    """The code did not fit; at 0 tries left it is used up, used, or too old: ask for another."""

    tries_left: int


def ask_staff_sign_in(session: Session, program_id: int, email: str, *, tools: Tools) -> UUID:
    """Send a code and a link to a member of staff; says which challenge they answer.

    The answer is the same whoever has the address, and a mail goes out only when somebody has
    it. How often one client may ask is the caller's to guard.

    Raises `EmailInvalidError` for what is no address.
    """
    now = tools.clock.now()
    address = email_normalized(email)
    person = staff_by_email(session, program_id, address)
    challenge, code = open_challenge(
        session,
        program_id,
        purpose="staff",
        email=address,
        subject="" if person is None else str(person.staff_id),
        store_id=None,
        at=now,
        keys=tools.keys,
    )
    if person is not None:
        program = program_by_id(session, program_id)
        post_mail(
            session,
            program_id,
            topic=Topic.SIGN_IN,
            language=person.language,
            recipient=address,
            facts={
                "code": code,
                "challenge_id": str(challenge.challenge_id),
                "store_name": "" if program is None else program.name,
            },
            subject_kind="staff",
            subject_id=str(person.staff_id),
            at=now,
        )
    return challenge.challenge_id


def confirm_staff_sign_in(
    session: Session, program_id: int, challenge_id: UUID, *, code: str | None, tools: Tools
) -> SignedIn | WrongCode:
    """Sign a browser in with the code of the mail, or without one when its link was opened.

    A wrong code is returned, not raised, so that the try it took is kept. What a person may do
    is not written into the session: their roles are read with every request.
    """
    now = tools.clock.now()
    answer = answer_challenge(
        session,
        program_id,
        challenge_id,
        purpose="staff",
        code=code,
        at=now,
        keys=tools.keys,
    )
    if isinstance(answer, ChallengeWrong):
        return WrongCode(tries_left=answer.tries_left)
    person = staff_by_id(session, program_id, UUID(answer.subject))
    if person is None or person.left_at is not None:
        return WrongCode(tries_left=0)
    _, secret = open_session(
        session,
        program_id,
        kind="staff",
        subject=str(person.staff_id),
        at=now,
        ttl=STAFF_TTL,
    )
    return SignedIn(staff_id=person.staff_id, display_name=person.display_name, secret=secret)


def owner_sign_in_link(session: Session, program_id: int, email: str, *, tools: Tools) -> UUID:
    """Open a challenge for a person at the server's own keyboard; its link is not mailed.

    For the first sign-in, and for when mail is down. Raises `NotFoundError` when nobody of the
    program has the address.
    """
    address = email_normalized(email)
    person = staff_by_email(session, program_id, address)
    if person is None:
        raise NotFoundError(email=address)
    challenge, _ = open_challenge(
        session,
        program_id,
        purpose="staff",
        email=address,
        subject=str(person.staff_id),
        store_id=None,
        at=tools.clock.now(),
        keys=tools.keys,
    )
    return challenge.challenge_id


def sign_out(session: Session, program_id: int, session_id: UUID, *, tools: Tools) -> None:
    """Sign a browser out, here and not only in its cookie; doing it twice changes nothing."""
    revoke_session(session, program_id, session_id, at=tools.clock.now())
