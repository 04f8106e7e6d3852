"""Who may ask for what: every kind of caller, and a value for each place of an address."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from werkzeug.routing import Rule

from tests.support.service import Headers, Service, Shop

AT: Final = "2026-03-02T09:00:00Z"
_PLACE: Final = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
NOBODY: Final = str(UUID(int=0))


def principals(shop: Shop, other: Shop) -> dict[str, Headers]:
    """Give every kind of caller; strangers belong to another program."""
    return {
        "anyone": {},
        "shopper": shop.as_shopper(),
        "till": shop.as_till(),
        "till page": shop.as_till_browser(),
        "integrator": shop.as_integrator(),
        "owner": shop.as_staff("owner"),
        "manager": shop.as_staff("manager"),
        "cashier": shop.as_staff("cashier"),
        "courier": shop.as_staff("courier"),
        "stranger owner": other.as_staff("owner"),
        "stranger till": other.as_till(),
        "stranger shopper": other.as_shopper(),
    }


def own_values(service: Service, shop: Shop) -> dict[str, str]:
    """Give what really exists in a shop, for each place an address can have."""
    scan = {"code": shop.card_text, "scanned_at": AT}
    told = service.post("/api/v1/scans", shop.as_till(), json=scan).get_json()
    return {
        "slug": shop.slug,
        "text": shop.card_text,
        "program_id": str(shop.program_id),
        "store_id": str(shop.program.store_id),
        "person_id": str(told["person"]["person_id"]),
        "card_id": shop.card_id,
        "scan_id": str(told["scan_id"]),
        "staff_id": str(shop.staff_ids["cashier"]),
        "till_id": str(shop.till_id),
        "sale_id": "none",
        "version": "1",
        "language": "es",
        "token": "none",
        "code": "not_found",
        "filename": "css/reference.css",
    }


def address(rule: Rule, values: Mapping[str, str]) -> str:
    """Fill the places of a rule; what is not known stands for nothing."""
    return _PLACE.sub(lambda place: values.get(place[1], NOBODY), rule.rule)


def calls(service: Service) -> list[tuple[str, Rule]]:
    """List every method of every rule of the service."""
    return [
        (method, rule)
        for rule in sorted(service.app.url_map.iter_rules(), key=lambda rule: rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
