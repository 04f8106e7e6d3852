"""A street of evidence: members, cards, numbers, browsers, and the links between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy.orm import Session

from loyalty.identity.audit import audit_persons
from loyalty.identity.consents import SOCIAL, WEB_VISITS, Wording, record_answer
from loyalty.identity.identifiers import ensure_identifier
from loyalty.identity.links import LinkDraft, LinkResult, add_link, retract_link
from loyalty.identity.members import create_member
from loyalty.identity.policy import LINKS
from loyalty.identity.queries import PersonFacts, person_of_identifier
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id


@dataclass
class Who:
    """Tells evidence to one program inside one act; each piece happens a minute after the last."""

    session: Session
    program_id: int
    store_id: UUID
    tools: Tools

    def __post_init__(self) -> None:
        self._turns = count(1)
        self._cards = count(1)
        self._consents: dict[tuple[UUID, str], UUID] = {}

    @property
    def at(self) -> datetime:
        """The moment by our clock."""
        return self.tools.clock.now()

    def member(self) -> UUID:
        """Make a membership."""
        made = create_member(
            self.session,
            self.program_id,
            store_id=self.store_id,
            language="es",
            at=self.at,
            keys=self.tools.keys,
        )
        return made.member_id

    def identifier(self, kind: str, value: str, *, at: datetime | None = None) -> UUID:
        """Make sure of an identifier."""
        known = ensure_identifier(
            self.session, self.program_id, kind, value, at=at or self.at, keys=self.tools.keys
        )
        return known.identifier_id

    def card(self, member_id: UUID) -> UUID:
        """Give a member a card."""
        value = f"{(next(self._cards) << 16) + self.program_id:016x}"
        card = self.identifier("card", value)
        self.link("card", card, member_id)
        return card

    def shopper(self) -> tuple[UUID, UUID]:
        """Make a member with a card; give both."""
        member_id = self.member()
        return member_id, self.card(member_id)

    def web_session(self) -> UUID:
        """Make a web session."""
        return self.identifier("session", str(new_id(self.at)))

    def consent(self, member_id: UUID, purpose: str = WEB_VISITS) -> UUID:
        """Say yes to a purpose, for a member."""
        key = (member_id, purpose)
        if key not in self._consents:
            self._consents[key] = record_answer(
                self.session,
                self.program_id,
                member_id,
                purpose=purpose,
                accepted=True,
                wording=Wording("Unir mis visitas", "es"),
                at=self.at,
            )
        return self._consents[key]

    def link(
        self,
        kind: str,
        a: UUID,
        b: UUID,
        *,
        by: UUID | None = None,
        event: str | None = None,
        at: datetime | None = None,
        actor: str = "shopper",
    ) -> LinkResult:
        """Tell a piece of evidence; `by` is the member whose consent it rests on."""
        turn = next(self._turns)
        purpose = SOCIAL if kind == "social" else WEB_VISITS
        rests = LINKS[kind].consent is True
        draft = LinkDraft(
            program_id=self.program_id,
            kind=kind,
            a=a,
            b=b,
            event=event or f"event:{turn}",
            occurred_at=at or self.at + timedelta(minutes=turn),
            actor=actor,
            consent_id=self.consent(by, purpose) if rests and by is not None else None,
            stays=a if kind == "join" else None,
        )
        return add_link(self.session, draft, at=self.at)

    def retract(self, link: LinkResult) -> bool:
        """Take a piece of evidence back."""
        return retract_link(
            self.session, self.program_id, link.link_id, actor="shopper", at=self.at
        )

    def person(self, identifier_id: UUID) -> PersonFacts:
        """Find whose an identifier is."""
        found = person_of_identifier(self.session, self.program_id, identifier_id)
        assert found is not None
        return found

    def are_one(self, *identifier_ids: UUID) -> bool:
        """Say whether identifiers are one person."""
        return len({self.person(each).person_id for each in identifier_ids}) == 1

    def check(self) -> None:
        """Hold the stored persons against a full recomputation."""
        assert audit_persons(self.session, self.program_id) == ()
