"""A scene in which evidence is told and taken back, beside what it should make of everybody."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from loyalty.db.session import NO_PROGRAM, Database
from loyalty.identity.attach import attach
from loyalty.identity.audit import audit_persons
from loyalty.identity.cannot_link import (
    NotTheSame,
    declare_not_the_same,
    take_back_not_the_same,
)
from loyalty.identity.consents import Wording, record_answer, withdraw
from loyalty.identity.errors import ConsentNeededError
from loyalty.identity.identifiers import ensure_identifier, ensure_identifiers, value_hmac_of
from loyalty.identity.links import (
    LinkDraft,
    LinkResult,
    add_link,
    links_of_consent,
    restore_link,
    retract_link,
    retract_links,
)
from loyalty.identity.models import (
    Block,
    CannotLink,
    Cluster,
    Identifier,
    IdentityLog,
    Link,
    Member,
    PersonalData,
    PersonAlias,
)
from loyalty.identity.rules import person_id_of
from loyalty.identity.states import block_identifier
from loyalty.identity.values import own_identifier_id
from loyalty.journeys.tools import Tools
from loyalty.kernel.ids import new_id, random_program_id
from loyalty.outbox.models import OutboxMessage
from loyalty.programs.models import Program
from tests.support.slow_who import Evidence, Name, Told, work_out
from tests.support.town import add_store
from tests.support.who_acts import ENDS, PURPOSES, START, Act, State, read_state


@dataclass
class _Kept:
    """A link as the scene remembers it."""

    told: Told
    purpose: str | None
    consent_id: UUID | None
    active: bool = True


@dataclass
class Scene:
    """One program at a time, and the evidence that was told in it."""

    database: Database
    tools: Tools
    program_id: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    is_new: bool = False
    _links: dict[str, _Kept] = field(default_factory=dict)
    _by_act: dict[tuple[object, ...], str] = field(default_factory=dict)
    _consents: dict[str, UUID] = field(default_factory=dict)
    _session: Session | None = None

    def begin(self) -> None:
        """Open another program."""
        self.program_id = random_program_id()
        at = self.tools.clock.now()
        with self.database.unit_of_work(NO_PROGRAM) as session:
            session.execute(
                insert(Program).values(
                    program_id=self.program_id,
                    name="Calle Mayor",
                    language="es",
                    is_demo=False,
                    created_at=at,
                )
            )
        store_id, self._member = new_id(at), new_id(at)
        with self.database.unit_of_work(self.program_id) as session:
            add_store(session, self.program_id, store_id, slug=f"SOL-{self.program_id}", at=at)
            session.execute(
                insert(Member).values(
                    program_id=self.program_id,
                    member_id=self._member,
                    store_id=store_id,
                    display_name=None,
                    language="es",
                    joined_at=at,
                )
            )
        self._forget()

    def start_over(self) -> None:
        """Forget all evidence of this program, so that the same can be told in another order."""
        with self._open() as session:
            for model in (
                Link,
                CannotLink,
                IdentityLog,
                PersonAlias,
                PersonalData,
                Identifier,
                Cluster,
                Block,
                OutboxMessage,
            ):
                session.execute(delete(model).where(model.program_id == self.program_id))
        self._forget()

    def _forget(self) -> None:
        self.evidence = Evidence()
        self._links.clear()
        self._by_act.clear()
        self._consents.clear()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Do several acts in one transaction."""
        with self.database.unit_of_work(self.program_id) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    @contextmanager
    def _open(self) -> Iterator[Session]:
        if self._session is not None:
            yield self._session
            return
        with self.database.unit_of_work(self.program_id) as session:
            yield session

    def name(self, kind: str, value: str) -> Name:
        """Give what an identifier is called."""
        return kind, value_hmac_of(self.program_id, kind, value, keys=self.tools.keys)

    def do(self, act: Act) -> bool:
        """Do one act, here and in what is expected; say whether there was anything to do."""
        with self._open() as session:
            return bool(getattr(self, f"_{act.what}")(session, act))

    def identifier(self, session: Session, value: tuple[str, str]) -> UUID:
        """Make sure of an identifier, known since the first day."""
        return self._sight(session, value, START)

    def see(self, act: Act) -> None:
        """Make sure that the two ends of some evidence are known since the first day."""
        with self._open() as session:
            for value in act.values:
                self._sight(session, value, START)

    def _sight(self, session: Session, value: tuple[str, str], at: datetime) -> UUID:
        known = ensure_identifier(session, self.program_id, *value, at=at, keys=self.tools.keys)
        self._note(value, at)
        return known.identifier_id

    def see_at(
        self, session: Session, values: Sequence[tuple[str, str]], at: datetime
    ) -> list[UUID]:
        """Make sure of identifiers that are seen at a moment."""
        known = ensure_identifiers(session, self.program_id, values, at=at, keys=self.tools.keys)
        for value in values:
            self._note(value, at)
        return [each.identifier_id for each in known]

    def _own(self, value: tuple[str, str], at: datetime) -> UUID:
        """Name what we made ourselves; telling its evidence makes sure that it is there."""
        own = own_identifier_id(*value)
        assert own is not None
        self._note(value, at)
        return own

    def _note(self, value: tuple[str, str], at: datetime) -> None:
        name = self.name(*value)
        before = self.evidence.first_at.get(name, at)
        self.evidence.first_at[name] = min(before, at)

    def tell(self, session: Session, act: Act) -> LinkResult:
        """Tell evidence, and expect nothing of it."""
        a, b = act.values
        kind = ENDS[act.kind][0]
        if act.kind == "session":
            ids = [self._own(value, act.at) for value in (a, b)]
        else:
            ids = self.see_at(session, (a, b), act.at)
        draft = LinkDraft(
            program_id=self.program_id,
            kind=kind,
            a=ids[0],
            b=ids[1],
            event=f"event:{act.turn}",
            occurred_at=act.at,
            actor="shopper",
            consent_id=self._consent(session, PURPOSES.get(kind)),
            stays=ids[act.turn % 2] if kind == "join" else None,
        )
        at = self.tools.clock.now()
        if act.kind == "session":  # as a sale tells it
            return attach(session, draft, a, b, at=at, keys=self.tools.keys)
        return add_link(session, draft, at=at)

    def _tell(self, session: Session, act: Act) -> bool:
        a, b = act.values
        if a == b:
            return False
        result = self.tell(session, act)
        self.is_new = result.is_new
        kind = ENDS[act.kind][0]
        names = self.name(*a), self.name(*b)
        kept = self._links.get(result.link_id)
        assert (kept is None) == result.is_new
        if kept is None:
            stays = names[act.turn % 2] if kind == "join" else None
            told = Told(result.link_id, kind, *names, act.at, stays)
            purpose = PURPOSES.get(kind)
            consent_id = self._consents[purpose] if purpose else None
            kept = self._links[result.link_id] = _Kept(told, purpose, consent_id)
            self._by_act[self._key(act)] = result.link_id
        kept.told = replace(kept.told, at=min(kept.told.at, act.at))
        self._gather()
        return True

    def _key(self, act: Act) -> tuple[object, ...]:
        return ENDS[act.kind][0], *act.values, act.turn

    def _gather(self) -> None:
        self.evidence.links = {
            link_id: kept.told for link_id, kept in self._links.items() if kept.active
        }

    def _retract(self, session: Session, act: Act) -> bool:
        link_id = self._by_act[self._key(act)]
        at = self.tools.clock.now()
        was_active = retract_link(session, self.program_id, link_id, actor="shopper", at=at)
        assert was_active == self._links[link_id].active
        self._links[link_id].active = False
        self._gather()
        return was_active

    def _restore(self, session: Session, act: Act) -> bool:
        link_id = self._by_act[self._key(act)]
        kept = self._links[link_id]
        at = self.tools.clock.now()
        try:
            restored = restore_link(session, self.program_id, link_id, actor="shopper", at=at)
        except ConsentNeededError:
            assert kept.purpose is not None
            assert self._consents.get(kept.purpose) != kept.consent_id
            return False
        assert restored == (not kept.active)
        kept.active = True
        self._gather()
        return restored

    def _ends(self, session: Session, act: Act) -> tuple[UUID, UUID] | None:
        a, b = act.values
        if a == b:
            return None
        one, other = (self._sight(session, value, act.at) for value in (a, b))
        return one, other

    def _pair(self, act: Act) -> frozenset[Name]:
        return frozenset(self.name(*value) for value in act.values)

    def _apart(self, session: Session, act: Act) -> bool:
        ends = self._ends(session, act)
        if ends is None:
            return False
        said = NotTheSame(self.program_id, *ends, actor="staff:1", reason="hermanas")
        is_new = declare_not_the_same(session, said, at=self.tools.clock.now())
        assert is_new == (self._pair(act) not in self.evidence.apart)
        self.evidence.apart.add(self._pair(act))
        return is_new

    def _together(self, session: Session, act: Act) -> bool:
        ends = self._ends(session, act)
        if ends is None:
            return False
        at = self.tools.clock.now()
        is_new = take_back_not_the_same(session, self.program_id, *ends, actor="staff:1", at=at)
        assert is_new == (self._pair(act) in self.evidence.apart)
        self.evidence.apart.discard(self._pair(act))
        return is_new

    def _block(self, session: Session, act: Act) -> bool:
        return self._set_blocked(session, act, blocked=True)

    def _unblock(self, session: Session, act: Act) -> bool:
        return self._set_blocked(session, act, blocked=False)

    def _set_blocked(self, session: Session, act: Act, *, blocked: bool) -> bool:
        value = act.values[0]
        own = self._sight(session, value, act.at)
        at = self.tools.clock.now()
        is_new = block_identifier(
            session, self.program_id, own, blocked=blocked, actor="staff:1", at=at
        )
        name = self.name(*value)
        assert is_new == ((name in self.evidence.blocked) != blocked)
        (self.evidence.blocked.add if blocked else self.evidence.blocked.discard)(name)
        return is_new

    def _older(self, session: Session, act: Act) -> bool:
        self._sight(session, act.values[0], START - timedelta(days=act.day))
        return True

    def _withdraw(self, session: Session, _: Act) -> bool:
        at = self.tools.clock.now()
        for consent_id in self._consents.values():
            withdraw(session, self.program_id, consent_id, at=at)
            resting = links_of_consent(session, self.program_id, consent_id)
            retract_links(session, self.program_id, resting, actor="shopper", at=at)
        for kept in self._links.values():
            kept.active = kept.active and kept.consent_id is None
        self._consents.clear()
        self._gather()
        return True

    def consent(self) -> None:
        """Say yes to every purpose, if it was not said."""
        with self._open() as session:
            for purpose in PURPOSES.values():
                self._consent(session, purpose)

    def _consent(self, session: Session, purpose: str | None) -> UUID | None:
        if purpose is None:
            return None
        if purpose not in self._consents:
            self._consents[purpose] = record_answer(
                session,
                self.program_id,
                self._member,
                purpose=purpose,
                accepted=True,
                wording=Wording("Unir mis visitas", "es"),
                at=self.tools.clock.now(),
            )
        return self._consents[purpose]

    def dump(self) -> State:
        """Read who is who from the database."""
        if self._session is not None:
            return read_state(self._session, self.program_id)
        with self.database.reading(self.program_id) as session:
            return read_state(session, self.program_id)

    def worked_out(self) -> State:
        """Work out from the evidence who should be who."""
        found = work_out(self.evidence)
        return State(
            {
                person_id_of(self.program_id, *first): person
                for first, person in found.persons.items()
            },
            {
                link_id: (kept.active, found.refused.get(link_id))
                for link_id, kept in self._links.items()
            },
            dict.fromkeys(found.generic, "generic")
            | dict.fromkeys(self.evidence.blocked, "blocked"),
        )

    def check(self) -> None:
        """Hold everything that is stored against a recomputation: rows, former ids and the log."""
        with self.database.reading(self.program_id) as session:
            assert audit_persons(session, self.program_id) == ()
