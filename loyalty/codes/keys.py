"""The key ring of a program: one key signs, retired ones still verify, withdrawn ones revoke."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from loyalty.codes.models import CodeKey
from loyalty.codes.signing import CODE_SIGNING, new_seed, open_seed, public_of, seal_seed
from loyalty.db.memory import remembered
from loyalty.db.prepared import Prepared
from loyalty.db.writes import insert_new, rows_changed, table_of
from loyalty.kernel.keys import ServerKeys
from loyalty.wire.codes import CodeHeader, encode, header_bytes
from loyalty.wire.trust import KeyState, TrustKey

KEY: Final = table_of(CodeKey)
KEY_IDS: Final = 256
FIRST_KEY_ID: Final = 1


@dataclass(frozen=True, slots=True)
class CodeSigner:
    """The key of a program that signs now; made once per batch, needs no database."""

    program_id: int
    key_id: int
    seed: bytes = field(repr=False)

    def sign(self, header: CodeHeader) -> str:
        """Write a header as a signed text; its key id is set to the one that signs."""
        assert header.program_id == self.program_id, "a ring signs for its own program only"
        signing = replace(header, key_id=self.key_id)
        return encode(signing, CODE_SIGNING.get_signature(self.seed, header_bytes(signing)))


def create_ring(session: Session, program_id: int, *, keys: ServerKeys, at: datetime) -> int:
    """Give a new program its first key and return the key's id."""
    return _add_key(session, program_id, FIRST_KEY_ID, keys=keys, at=at)


def rotate_ring(session: Session, program_id: int, *, keys: ServerKeys, at: datetime) -> int:
    """Let a new key sign from now on and return its id; what the old one signed stays good.

    A rotation that waited for another one, and finds it done, makes no second key.
    """
    retired = rows_changed(
        session,
        update(CodeKey)
        .where(CodeKey.program_id == program_id, CodeKey.state == KeyState.SIGNING)
        .values(state=KeyState.VERIFYING, not_after=at),
    )
    # Read only now: the update waited for whoever was rotating.
    known = list(session.scalars(select(KEY.c.key_id).where(KEY.c.program_id == program_id)))
    if retired == 0 and known:
        return signer(session, program_id, keys=keys).key_id
    return _add_key(session, program_id, _next_key_id(known), keys=keys, at=at)


def withdraw_key(
    session: Session, program_id: int, key_id: int, *, keys: ServerKeys, at: datetime
) -> bool:
    """Stop believing a key that may be in wrong hands; say whether it was believed before.

    Everything it signed is revoked: printed cards of that time must be printed again. If it
    was the one that signs, a new key takes over first.
    """
    if signer(session, program_id, keys=keys).key_id == key_id:
        rotate_ring(session, program_id, keys=keys, at=at)
    withdrawn = rows_changed(
        session,
        update(CodeKey)
        .where(
            CodeKey.program_id == program_id,
            CodeKey.key_id == key_id,
            CodeKey.state != KeyState.WITHDRAWN,
        )
        .values(state=KeyState.WITHDRAWN, not_after=at),
    )
    return withdrawn == 1


_PUBLIC_RING: Final = Prepared(
    select(KEY.c.key_id, KEY.c.public, KEY.c.not_before, KEY.c.not_after, KEY.c.state)
    .where(KEY.c.program_id == bindparam("program"))
    .order_by(KEY.c.not_before.desc(), KEY.c.key_id)
)


def public_ring(session: Session, program_id: int) -> tuple[TrustKey, ...]:
    """Read the public half of every key of a program, the newest first."""

    def read() -> tuple[TrustKey, ...]:
        return tuple(
            TrustKey(key_id, bytes.fromhex(public), not_before, not_after, KeyState(state))
            for key_id, public, not_before, not_after, state in _PUBLIC_RING.rows(
                session, program=program_id
            )
        )

    return remembered(session, program_id, "ring", read)


def signer(session: Session, program_id: int, *, keys: ServerKeys) -> CodeSigner:
    """Take the key that signs for a program now.

    The row is read each time (one key look-up); only the opened private key is kept in the
    process, so a rotation elsewhere is noticed at once.
    """
    row = session.execute(
        select(KEY.c.key_id, KEY.c.public, KEY.c.private_sealed).where(
            KEY.c.program_id == program_id, KEY.c.state == KeyState.SIGNING
        )
    ).one()
    seed = open_seed(keys, program_id, row.key_id, public=row.public, sealed=row.private_sealed)
    return CodeSigner(program_id, row.key_id, seed)


def _add_key(
    session: Session, program_id: int, key_id: int, *, keys: ServerKeys, at: datetime
) -> int:
    seed = new_seed()
    is_new = insert_new(
        session,
        CodeKey,
        {
            "program_id": program_id,
            "key_id": key_id,
            "public": public_of(seed).hex(),
            "private_sealed": seal_seed(keys, program_id, key_id, seed),
            "not_before": at,
            "not_after": None,
            "state": KeyState.SIGNING,
        },
    )
    assert is_new, "the program's ring has this key already"
    return key_id


def _next_key_id(known: Sequence[int]) -> int:
    """Count on from the newest id; a code has one byte for it, good for 255 rotations."""
    key_id = max(known, default=FIRST_KEY_ID - 1) + 1
    assert key_id < KEY_IDS, "every key id of this program was used"
    return key_id
