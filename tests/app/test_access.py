"""Who may do what: each route against each kind of caller. A new route needs a row."""

from typing import Final

import pytest

from tests.support.principals import address, calls, own_values, principals
from tests.support.service import ROLES, Service, Shop

ALL: Final = frozenset({"anyone"})
SHOPPERS: Final = frozenset({"shopper", "stranger shopper"})
TILLS: Final = frozenset({"till", "till page", "stranger till"})
INTEGRATORS: Final = frozenset({"integrator"})
OWNERS: Final = frozenset({"owner", "stranger owner"})
MANAGERS: Final = OWNERS | {"manager"}
WORKERS: Final = MANAGERS | {"cashier"}
STAFF: Final = OWNERS | set(ROLES)

# Strangers may ask too; what they name of ours does not exist for them (see below).
MATRIX: Final[dict[str, frozenset[str]]] = {
    "GET /": ALL,
    "GET /Q/<text>": ALL,
    "POST /Q/claim": ALL,
    "POST /Q/receipt": ALL,
    "GET /S/<slug>": ALL,
    "GET /S/<slug>/cart": ALL,
    "POST /S/<slug>/cart": ALL,
    "POST /S/<slug>/cart/line": ALL,
    "POST /S/<slug>/join": ALL,
    "POST /S/<slug>/note": ALL,
    "GET /S/<slug>/save": ALL,
    "POST /S/<slug>/save": ALL,
    "GET /S/<slug>/save/code": ALL,
    "POST /S/<slug>/save/code": ALL,
    "POST /S/<slug>/save/join": ALL,
    "GET /S/<slug>/shop": ALL,
    "POST /S/<slug>/shop": ALL,
    "GET /accent/<int:program_id>-<uuid:store_id>.css": ALL,
    "GET /admin": WORKERS,  # a cashier is led to the board
    "GET /admin/cards": MANAGERS,
    "POST /admin/cards": MANAGERS,
    "POST /admin/cards/<person_id>/<card_id>/own": OWNERS,
    "POST /admin/cards/<person_id>/<card_id>/reissue": MANAGERS,
    "POST /admin/cards/<person_id>/<card_id>/void": MANAGERS,
    "GET /admin/cards/print": MANAGERS,
    "GET /admin/health": OWNERS,
    "GET /admin/networks": OWNERS,
    "POST /admin/networks/<uuid:connection_id>/end": OWNERS,
    "POST /admin/networks/<uuid:connection_id>/retry": OWNERS,
    "POST /admin/networks/account": OWNERS,
    "GET /admin/networks/back": OWNERS,
    "GET /admin/networks/go": OWNERS,
    "POST /admin/networks/site": OWNERS,
    "GET /admin/notes": MANAGERS,
    "POST /admin/notes/<uuid:note_id>/read": MANAGERS,
    "POST /admin/notes/<uuid:note_id>/unread": MANAGERS,
    "GET /admin/orders": WORKERS,
    "GET /admin/orders/<uuid:store_id>": WORKERS,
    "GET /admin/orders/<uuid:store_id>/live": WORKERS,
    "POST /admin/orders/<uuid:store_id>/pause": MANAGERS,
    "GET /admin/orders/<uuid:store_id>/<uuid:order_id>": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/accept": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/cancel": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/hand-over": WORKERS,
    "GET /admin/orders/<uuid:store_id>/<uuid:order_id>/live": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/pick": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/ready": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/seen": WORKERS,
    "GET /admin/orders/<uuid:store_id>/<uuid:order_id>/slip": WORKERS,
    "GET /admin/orders/<uuid:store_id>/<uuid:order_id>/time": WORKERS,
    "POST /admin/orders/<uuid:store_id>/<uuid:order_id>/time": WORKERS,
    "GET /admin/people": MANAGERS,
    "GET /admin/people/<person_id>": WORKERS,  # a cashier in short
    "POST /admin/people/<person_id>/apart": MANAGERS,
    "POST /admin/people/<person_id>/block": MANAGERS,
    "POST /admin/people/<person_id>/phone": MANAGERS,
    "POST /admin/people/<person_id>/unblock": MANAGERS,
    "GET /admin/people/<person_id>/join": MANAGERS,
    "POST /admin/people/<person_id>/join": MANAGERS,
    "POST /admin/people/<person_id>/one-again": MANAGERS,
    "GET /admin/people/<person_id>/why/<uuid:identifier_id>": MANAGERS,
    "GET /admin/reviews": MANAGERS,
    "POST /admin/reviews/<link_id>/leave": MANAGERS,
    "POST /admin/reviews/<link_id>/no": MANAGERS,
    "POST /admin/reviews/<link_id>/yes": MANAGERS,
    "POST /admin/reviews/undo": MANAGERS,
    "GET /admin/people/<person_id>/points": MANAGERS,
    "POST /admin/people/<person_id>/adjust": MANAGERS,
    "POST /admin/people/<person_id>/adjust/undo": MANAGERS,
    "POST /admin/people/<person_id>/forgive": MANAGERS,
    "POST /admin/people/<person_id>/name": MANAGERS,
    "POST /admin/people/<person_id>/separate": MANAGERS,
    "POST /admin/people/<person_id>/together": MANAGERS,
    "GET /admin/poster/<uuid:store_id>": MANAGERS,
    "GET /admin/pickup": MANAGERS,
    "GET /admin/pickup/<uuid:store_id>": MANAGERS,
    "POST /admin/pickup/<uuid:store_id>/policy": MANAGERS,
    "POST /admin/pickup/<uuid:store_id>/pause": MANAGERS,
    "POST /admin/pickup/<uuid:store_id>/days": MANAGERS,
    "POST /admin/pickup/<uuid:store_id>/days/forget": MANAGERS,
    "POST /admin/pickup/<uuid:store_id>/holidays": MANAGERS,
    "GET /admin/points": OWNERS,
    "GET /admin/points/openings": OWNERS,
    "POST /admin/points/openings": OWNERS,
    "GET /admin/points/openings/<uuid:list_id>": OWNERS,
    "POST /admin/points/openings/<uuid:list_id>": OWNERS,
    "GET /admin/points/openings/<uuid:list_id>/report.csv": OWNERS,
    "GET /admin/points/openings/example.csv": OWNERS,
    "GET /admin/points/policy": OWNERS,
    "POST /admin/points/policy": OWNERS,
    "GET /admin/points/rewards": OWNERS,
    "GET /admin/points/rewards/<uuid:reward_id>": OWNERS,
    "POST /admin/points/rewards/<uuid:reward_id>": OWNERS,
    "POST /admin/points/rewards/<uuid:reward_id>/restore": OWNERS,
    "POST /admin/points/rewards/<uuid:reward_id>/retire": OWNERS,
    "GET /admin/points/rewards/new/<kind>": OWNERS,
    "POST /admin/points/rewards/new/<kind>": OWNERS,
    "GET /admin/points/rules/<rule_id>": OWNERS,
    "POST /admin/points/rules/<rule_id>": OWNERS,
    "POST /admin/points/rules/<rule_id>/remove": OWNERS,
    "POST /admin/points/rules/<rule_id>/try": OWNERS,
    "GET /admin/points/rules/new": OWNERS,
    "GET /admin/points/settlement": OWNERS,
    "GET /admin/points/settlement/entries": OWNERS,
    "GET /admin/points/settlement/list.csv": OWNERS,
    "GET /admin/points/tiers": OWNERS,
    "POST /admin/points/tiers": OWNERS,
    "GET /admin/points/tills": OWNERS,
    "POST /admin/points/versions/<int:version>/again": OWNERS,
    "GET /admin/products": MANAGERS,
    "GET /admin/products/<uuid:store_id>": MANAGERS,
    "POST /admin/products/<uuid:store_id>": MANAGERS,
    "GET /admin/products/<uuid:store_id>/<uuid:product_id>": MANAGERS,
    "POST /admin/products/<uuid:store_id>/<uuid:product_id>": MANAGERS,
    "POST /admin/products/<uuid:store_id>/<uuid:product_id>/count": MANAGERS,
    "POST /admin/products/<uuid:store_id>/<uuid:product_id>/sale": MANAGERS,
    "GET /admin/products/<uuid:store_id>/import": MANAGERS,
    "POST /admin/products/<uuid:store_id>/import": MANAGERS,
    "GET /admin/products/<uuid:store_id>/import/<uuid:list_id>": MANAGERS,
    "POST /admin/products/<uuid:store_id>/import/<uuid:list_id>": MANAGERS,
    "GET /admin/products/<uuid:store_id>/list.csv": MANAGERS,
    "GET /admin/products/example.csv": MANAGERS,
    "GET /admin/products/<uuid:store_id>/new": MANAGERS,
    "GET /admin/sessions": MANAGERS,
    "POST /admin/sessions/<uuid:session_id>/revoke": STAFF,
    "GET /admin/store/<uuid:store_id>": OWNERS,
    "POST /admin/store/<uuid:store_id>/contact": OWNERS,
    "POST /admin/store/<uuid:store_id>/hours": OWNERS,
    "POST /admin/store/<uuid:store_id>/look": OWNERS,
    "POST /admin/store/<uuid:store_id>/more": OWNERS,
    "GET /admin/store/accent": OWNERS,
    "GET /admin/team": OWNERS,
    "GET /admin/team/pairing": OWNERS,
    "GET /admin/team/pairing/done": OWNERS,
    "GET /admin/team/pairing/state": OWNERS,
    "POST /admin/team/pairings": OWNERS,
    "POST /admin/team/staff": OWNERS,
    "POST /admin/team/staff/<uuid:staff_id>/pin": OWNERS,
    "POST /admin/team/staff/<uuid:staff_id>/remove": OWNERS,
    "POST /admin/team/staff/<uuid:staff_id>/role": OWNERS,
    "POST /admin/team/staff/<uuid:staff_id>/take-back": OWNERS,
    "POST /admin/team/tills/<uuid:till_id>/restore": OWNERS,
    "POST /admin/team/tills/<uuid:till_id>/revoke": OWNERS,
    "GET /api/docs": ALL,
    "GET /api/v1/openapi.json": ALL,
    "POST /api/v1/orders": TILLS,
    "GET /api/v1/orders/<uuid:order_id>": TILLS,
    "POST /api/v1/identity/blocks": MANAGERS,
    "POST /api/v1/identity/cannot-links": MANAGERS,
    "POST /api/v1/identity/links": MANAGERS,
    "GET /api/v1/identity/links/<link_id>/split": MANAGERS,
    "POST /api/v1/identity/retractions": MANAGERS,
    "GET /api/v1/identity/reviews": MANAGERS,
    "POST /api/v1/identity/reviews/<link_id>/approve": MANAGERS,
    "POST /api/v1/identity/reviews/<link_id>/dismiss": MANAGERS,
    "GET /api/v1/feed": INTEGRATORS,
    "GET /api/v1/card/points": SHOPPERS,
    "GET /api/v1/persons/<person:person_id>": MANAGERS,
    "GET /api/v1/points/days": MANAGERS,
    "GET /api/v1/persons/<person:person_id>/explain": MANAGERS,
    "GET /api/v1/persons/<person:person_id>/points": MANAGERS,
    "POST /api/v1/handoffs": TILLS,
    "POST /api/v1/holds": TILLS,
    "POST /api/v1/holds/<id:hold_id>/post": TILLS,
    "POST /api/v1/holds/<id:hold_id>/void": TILLS,
    "POST /api/v1/sales": TILLS,
    "POST /api/v1/sales/<id:sale_id>/reassignments": TILLS,
    "POST /api/v1/sales/<id:sale_id>/refunds": TILLS,
    "POST /api/v1/scans": TILLS,
    "GET /api/v1/scans/<uuid:scan_id>/points": TILLS,
    "GET /api/v1/settlements": MANAGERS,
    "GET /api/v1/settlements/entries": MANAGERS,
    "GET /api/v1/slots": TILLS,
    "POST /api/v1/sync": TILLS,
    "GET /api/v1/till/actions": TILLS,
    "GET /api/v1/till/actions/<id:sale_id>": TILLS,
    "GET /api/v1/till/orders": TILLS,
    "POST /api/v1/till/cashier": TILLS,
    "POST /api/v1/till/claims": TILLS,
    "POST /api/v1/till/claims/<id:claim_id>/mails": TILLS,
    "DELETE /api/v1/till/cashier": TILLS,
    "POST /api/v1/till/pairings": ALL,
    "GET /api/v1/till/persons/<person:person_id>": TILLS,
    "GET /api/v1/till/session": TILLS,
    "DELETE /api/v1/till/session": TILLS,
    "GET /api/v1/till/trust": TILLS,
    "GET /api/v1/time": ALL,
    "POST /api/v1/visits": ALL,
    "GET /card": SHOPPERS,
    "GET /card/codes.json": SHOPPERS,
    "POST /card/consents": SHOPPERS,
    "GET /card/history": SHOPPERS,
    "POST /card/history/undo-join": SHOPPERS,
    "POST /card/leave": ALL,
    "GET /card/live": SHOPPERS,
    "GET /card/manifest.webmanifest": SHOPPERS,
    "POST /card/receipt/undo": SHOPPERS,
    "GET /card/networks": SHOPPERS,
    "POST /card/networks": SHOPPERS,
    "GET /card/networks/back": SHOPPERS,
    "GET /card/networks/code": SHOPPERS,
    "POST /card/networks/code": SHOPPERS,
    "GET /card/networks/go": SHOPPERS,
    "GET /card/points": SHOPPERS,
    "GET /card/privacy": SHOPPERS,
    "POST /card/privacy/accept": SHOPPERS,
    "POST /card/privacy/name": SHOPPERS,
    "POST /card/privacy/relink": SHOPPERS,
    "POST /card/privacy/unlink": SHOPPERS,
    "POST /card/privacy/withdraw": SHOPPERS,
    "POST /card/save/link": ALL,
    "GET /card/save/link/<token>": ALL,
    "GET /card/settings": SHOPPERS,
    "POST /card/settings/birthday": SHOPPERS,
    "POST /card/settings/pin": SHOPPERS,
    "POST /card/settings/pin/remove": SHOPPERS,
    "GET /card/state.json": SHOPPERS,
    "GET /card/sw.js": ALL,
    "GET /card/welcome": SHOPPERS,
    "GET /collect/<token>": ALL,  # whoever has the link: test_order_page.py
    "GET /enlaza.js": ALL,
    "GET /healthz": ALL,
    "POST /hooks/webmention/<endpoint>": ALL,
    "GET /metrics": ALL,  # from this computer or with the token: test_health.py
    "GET /order/<token>": ALL,  # whoever has the link: test_order_page.py
    "POST /order/<token>/cancel": ALL,
    "POST /order/<token>/delegates": ALL,
    "POST /order/<token>/delegates/revoke": ALL,
    "GET /order/<token>/pickup.ics": ALL,
    "GET /order/<token>/state.json": ALL,
    "POST /order/<token>/time": ALL,
    "GET /outbox": ALL,  # the demo only: test_health.py
    "GET /problems/<code>": ALL,
    "GET /readyz": ALL,
    "GET /sign-in": ALL,
    "POST /sign-in": ALL,
    "GET /sign-in/<int:program_id>": ALL,
    "POST /sign-in/<int:program_id>": ALL,
    "GET /sign-in/<int:program_id>/code": ALL,
    "POST /sign-in/<int:program_id>/code": ALL,
    "POST /sign-in/<int:program_id>/link": ALL,
    "GET /sign-in/<int:program_id>/link/<token>": ALL,
    "POST /sign-out": STAFF,
    "POST /start/owner": ALL,  # the demo only: test_health.py
    "POST /start/till": ALL,
    "GET /static/<path:filename>": ALL,
    "GET /till": ALL,
    "GET /till/join/<slug>.svg": ALL,
    "GET /till/shell/<language>": ALL,
    "GET /till/sw.js": ALL,
}
# What ends somebody's part is proved on its own, in the tests of its page.
ENDS: Final = (
    "POST /admin/cards/<person_id>/<card_id>/void",
    "POST /admin/team/staff/<uuid:staff_id>/remove",
    "POST /admin/team/tills/<uuid:till_id>/revoke",
    "POST /card/leave",
    "POST /sign-out",
    "DELETE /api/v1/till/session",
)
NOTHING: Final = {"person_id": "0" * 32, "card_id": "0" * 16, "sale_id": "nothing"}
DENIED: Final = frozenset({401, 403, 404})
# A page of ours names one of these; another program's owner must not learn that they exist.
OURS: Final = ("store_id", "person_id", "card_id", "staff_id", "till_id", "sale_id")


@pytest.fixture(autouse=True)
def without_form_tokens(service: Service) -> None:
    """The tokens have a test of their own; here it is about who asks."""
    service.app.config["WTF_CSRF_ENABLED"] = False


def named(method: str, rule: object) -> str:
    return f"{method} {rule}"


def test_every_route_has_a_row_and_every_row_a_route(service: Service) -> None:
    routes = {named(method, rule.rule) for method, rule in calls(service)}
    assert routes - set(MATRIX) == set(), "a new route says who may use it in MATRIX"
    assert set(MATRIX) - routes == set(), "a row without a route"


def body(method: str, path: str) -> dict[str, object]:
    return {"json": {}} if method == "POST" and path.startswith("/api/") else {}


def test_whoever_may_not_is_kept_out(service: Service, shop: Shop, other_shop: Shop) -> None:
    values = own_values(service, shop)
    for method, rule in calls(service):
        allowed = MATRIX[named(method, rule.rule)]
        if allowed == ALL:
            continue
        path = address(rule, values)
        for name, headers in principals(shop, other_shop).items():
            if name not in allowed:
                answer = service.call(method, path, headers, **body(method, path))
                to_the_door = answer.headers.get("Location", "").startswith("/sign-in")
                is_kept_out = answer.status_code in DENIED or to_the_door
                assert is_kept_out, (name, method, path, answer.status_code)
                cookies = answer.headers.getlist("Set-Cookie")
                # A browser sent to sign in may keep where it wanted to go, in its form cookie.
                assert all("enlaza-form=" in one for one in cookies), (name, method, path)


def test_whoever_may_is_let_in(service: Service, shop: Shop, other_shop: Shop) -> None:
    values = own_values(service, shop)
    callers = principals(shop, other_shop)
    by_name = {named(method, rule.rule): (method, rule) for method, rule in calls(service)}
    for name_of_call in [name for name in by_name if name not in ENDS]:
        method, rule = by_name[name_of_call]
        for name in sorted(MATRIX[name_of_call] & set(callers)):
            if name.startswith("stranger"):
                continue
            path = address(rule, values)
            answer = service.call(method, path, callers[name], **body(method, path))
            assert answer.status_code not in {401, 403}, (name, method, path)
            assert answer.status_code < 500, (name, method, path)


def test_what_is_ours_does_not_exist_for_another_program(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    values = own_values(service, shop)
    for method, rule in calls(service):
        allowed = MATRIX[named(method, rule.rule)]
        if allowed == ALL or not any(f"{place}>" in rule.rule for place in OURS):
            continue
        for name in sorted(name for name in allowed if name.startswith("stranger")):
            headers = principals(shop, other_shop)[name]
            path = address(rule, values)
            theirs = service.call(method, path, headers, **body(method, path))
            nobodys = service.call(method, address(rule, NOTHING), headers, **body(method, path))
            assert theirs.status_code == nobodys.status_code, (name, method, path)
            assert not theirs.status_code < 300, (name, method, path)


def test_a_form_without_its_token_changes_nothing(
    service: Service, shop: Shop, other_shop: Shop
) -> None:
    service.app.config["WTF_CSRF_ENABLED"] = True
    values = own_values(service, shop)
    for method, rule in calls(service):
        path = address(rule, values)
        if method == "GET" or path.startswith("/api/"):
            continue
        for name, headers in principals(shop, other_shop).items():
            answer = service.call(method, path, headers)
            assert answer.status_code == 400, (name, path)
