"""A till itself: paired, opened for work, told what it did, and let go."""

from functools import partial
from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Response, make_response

from app import auth
from app.addresses import join_address
from app.api.doors import by_anyone, by_till, store_here
from app.api.hold_wording import offline_out
from app.language import language, prefer_language
from app.money import money_pattern
from app.schemas.till import (
    CashierIn,
    CashierOut,
    CashierSessionOut,
    EarningOut,
    MoneyOut,
    MoneyPatternOut,
    PairedOut,
    PairingIn,
    StoreOut,
    TillNameOut,
    TillSessionOut,
    TillSettingsOut,
    TrustOut,
)
from app.wiring import client_network, services
from loyalty.codes.trust import signed_trust
from loyalty.journeys.cashier import CashierSession, WrongPin, cashier_sign_in, check_cashier
from loyalty.journeys.pair_till import PairedTill, pair_till, revoke_till
from loyalty.journeys.redeem_offline import rewards_without_line
from loyalty.points.earning.rulesets import rate_of_amounts
from loyalty.programs.errors import PinWrongError
from loyalty.programs.queries import StoreFacts, cashiers_of
from loyalty.programs.sessions import CASHIER_TTL, revoke_session
from loyalty.wire.refusals import Refusal

bp = APIBlueprint("tills", __name__, url_prefix="/api/v1/till", tag="Till")


@bp.post("/pairings")
@by_anyone(Refusal.PAIRING_CODE_WRONG, Refusal.TOO_MANY_TRIES, Refusal.FOREIGN_ORIGIN)
@bp.input(PairingIn)
@bp.output(PairedOut, HTTPStatus.CREATED)
def pair(json_data: PairingIn) -> Response:
    """Pair a device with the eight letters from the owner's page.

    A browser gets its key as a cookie; an agent sends the SHA-256 of a key it made.
    """
    if json_data.kind == "browser":
        auth.check_cookie_call()
    parts = services()
    paired = pair_till(
        parts.database,
        json_data.code,
        client_address=client_network(),
        kind=json_data.kind,
        key_sha256=json_data.key_sha256,
        tools=parts.tools,
    )
    prefer_language(paired.store.language)
    told = _paired_out(paired, shows_key=json_data.kind == "agent")
    response = make_response(told.model_dump(mode="json"), HTTPStatus.CREATED)
    if json_data.kind == "browser" and paired.key is not None:
        credential = f"{paired.program_id}.{paired.till_id}.{paired.key}"
        auth.set_cookie(response, "till", credential)
    return response


@bp.get("/session")
@by_till()
@bp.output(TillSessionOut)
def get_session() -> TillSessionOut:
    """Give a till what it needs to begin: its store, its money, who works at it."""
    principal, store, parts = auth.till(), store_here(), services()
    with parts.database.reading(principal.program_id) as session:
        people = cashiers_of(session, principal.program_id, principal.store_id)
        rate = rate_of_amounts(
            session, principal.program_id, currency=store.currency, at=parts.tools.clock.now()
        )
        alone = rewards_without_line(session, principal.program_id, at=parts.tools.clock.now())
    staff = [CashierOut(staff_id=one.staff_id, display_name=one.display_name) for one in people]
    return TillSessionOut(
        till=TillNameOut(till_id=principal.till_id, name=principal.name),
        store=_store_out(store),
        server_time=parts.tools.clock.now(),
        language=language(),
        money=_money_out(store),
        earning=EarningOut(points=rate.points, per_minor=rate.per_minor) if rate else None,
        offline=offline_out(alone),
        staff=staff,
        cashier=next((one for one in staff if one.staff_id == principal.staff_id), None),
        pin_needed=bool(staff),
    )


@bp.delete("/session")
@by_till()
@bp.output({}, HTTPStatus.NO_CONTENT)
def unpair() -> Response:
    """Unpair this till; its key opens nothing any more."""
    principal, parts = auth.till(), services()
    with parts.database.unit_of_work(principal.program_id) as session:
        revoke_till(session, principal.program_id, principal.till_id, tools=parts.tools)
    response = Response(status=HTTPStatus.NO_CONTENT)
    auth.drop_cookie(response, "till")
    auth.drop_cookie(response, "cashier")
    return response


@bp.post("/cashier")
@by_till(Refusal.PIN_WRONG)
@bp.input(CashierIn)
@bp.output(CashierSessionOut)
def sign_in(json_data: CashierIn) -> Response:
    """Sign a cashier in with a PIN; five wrong ones lock it until the owner sets another.

    A browser gets a cookie. An agent is told who it is, and keeps that by itself.
    """
    principal, parts = auth.till(), services()
    sign_in_here = partial(cashier_sign_in, tools=parts.tools)
    with parts.database.unit_of_work(principal.program_id) as session:
        check = sign_in_here if principal.by_cookie else check_cashier
        found = check(session, principal, json_data.staff_id, json_data.pin)
    if isinstance(found, WrongPin):
        # Raised after the commit, because the try has to stay counted.
        raise PinWrongError(tries_left=found.tries_left)
    told = CashierSessionOut(
        cashier=CashierOut(staff_id=found.staff_id, display_name=found.display_name)
    )
    response = make_response(told.model_dump(mode="json"))
    if isinstance(found, CashierSession):
        text = f"{principal.program_id}.{found.secret}"
        auth.set_cookie(response, "cashier", text, max_age_s=int(CASHIER_TTL.total_seconds()))
    return response


@bp.delete("/cashier")
@by_till()
@bp.output({}, HTTPStatus.NO_CONTENT)
def sign_out() -> Response:
    """Sign the cashier out; doing it twice changes nothing."""
    principal, parts = auth.till(), services()
    if principal.cashier_session_id is not None:
        with parts.database.unit_of_work(principal.program_id) as session:
            revoke_session(
                session,
                principal.program_id,
                principal.cashier_session_id,
                at=parts.tools.clock.now(),
            )
    response = Response(status=HTTPStatus.NO_CONTENT)
    auth.drop_cookie(response, "cashier")
    return response


@bp.get("/trust")
@by_till()
@bp.output(TrustOut)
def get_trust() -> TrustOut:
    """Give the program's public keys and revocations, signed by the root key."""
    principal, parts = auth.till(), services()
    with parts.database.reading(principal.program_id) as session:
        signed = signed_trust(
            session, principal.program_id, keys=parts.tools.keys, at=parts.tools.clock.now()
        )
    return TrustOut(payload=signed.payload, signature=signed.signature)


def _paired_out(paired: PairedTill, *, shows_key: bool) -> PairedOut:
    return PairedOut(
        program_id=paired.program_id,
        till_id=paired.till_id,
        till_name=paired.till_name,
        key=paired.key if shows_key else None,
        root_public=paired.root_public,
        store=_store_out(paired.store),
        settings=TillSettingsOut(
            language=language(),
            money=_money_out(paired.store),
            server_time=services().tools.clock.now(),
        ),
    )


def _store_out(store: StoreFacts) -> StoreOut:
    return StoreOut(
        store_id=store.store_id,
        name=store.name,
        currency=store.currency,
        language=store.language,
        time_zone=store.time_zone,
        join_url=join_address(services().settings.base_url, store.slug),
    )


def _money_out(store: StoreFacts) -> MoneyOut:
    pattern = money_pattern(store.currency, language(), store.country)
    return MoneyOut(
        currency=store.currency,
        decimals=pattern.decimals,
        pattern=MoneyPatternOut(
            decimal=pattern.decimal,
            group=pattern.group,
            group_from=pattern.group_from,
            prefix=pattern.prefix,
            suffix=pattern.suffix,
        ),
    )
