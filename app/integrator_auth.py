"""Which program of somebody else asks, read from its key."""

from contextlib import suppress
from uuid import UUID

from flask import g, request

from app.auth import TILL_CREDENTIAL, NotAllowedError, SignInNeededError
from app.wiring import services
from loyalty.kernel.errors import StorageUnavailableError
from loyalty.kernel.ids import PROGRAM_ID_MAX
from loyalty.programs.integrators import (
    SEEN_EVERY,
    IntegratorFacts,
    Scope,
    integrator_of_key,
    touch_integrator,
)


def integrator(scope: Scope) -> IntegratorFacts:
    """Say which program of somebody else asks, by its key; it must have been given `scope`.

    Errors: `SignInNeededError`, `NotAllowedError`.
    """
    if "integrator" not in g:
        g.integrator = _read_integrator()
    known: IntegratorFacts = g.integrator
    if scope not in known.scopes:
        raise NotAllowedError
    return known


def _read_integrator() -> IntegratorFacts:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    named = TILL_CREDENTIAL.fullmatch(text.strip())  # both are program, id, secret
    if scheme.lower() != "bearer" or named is None or int(named[1]) > PROGRAM_ID_MAX:
        raise SignInNeededError
    try:
        integrator_id = UUID(named[2])
    except ValueError:
        raise SignInNeededError from None
    parts, program_id = services(), int(named[1])
    now = parts.tools.clock.now()
    with parts.database.reading(program_id) as session:
        known = integrator_of_key(session, program_id, integrator_id, named[3])
    if known is None:
        raise SignInNeededError
    if known.last_seen_at is None or known.last_seen_at <= now - SEEN_EVERY:
        with suppress(StorageUnavailableError), parts.database.unit_of_work(program_id) as session:
            touch_integrator(session, program_id, integrator_id, at=now)
    return known
