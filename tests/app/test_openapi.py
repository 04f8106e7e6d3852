"""The document says what the service does: fuzzed in process, as everybody who may ask."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.problems import STATUS
from loyalty.wire.refusals import Refusal
from tests.support.service import Headers, Service, Shop
from tests.support.sizes import SIZE
from tests.support.takes_orders import offered, order, take_orders

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# A seventh of what one property spends, for each operation and each principal.
EXAMPLES: Final = max(8, SIZE.examples // 7)
AT: Final = "2026-03-02T09:00:00Z"
REAL: Final = {
    "currency": "EUR",
    "sold_at": AT,
    "scanned_at": AT,
    "refunded_at": AT,
    "handed_at": AT,
    "total_minor": 1240,
    "amount_minor": 3,
}
PRINCIPALS: Final[dict[str, Callable[[Shop], Headers]]] = {
    "anyone": lambda _shop: {},
    "till": lambda shop: shop.as_till(),
    "till page": lambda shop: shop.as_till_browser(),
    "owner": lambda shop: shop.as_staff("owner"),
    "manager": lambda shop: shop.as_staff("manager"),
    "cashier": lambda shop: shop.as_staff("cashier"),
    "courier": lambda shop: shop.as_staff("courier"),
    "shopper": lambda shop: shop.as_shopper(),
}


def document(service: Service) -> dict[str, Any]:
    told: dict[str, Any] = service.get("/api/v1/openapi.json").get_json()
    return told


def real_texts(case: Any, real: Mapping[str, object], draw: Callable[..., Any]) -> None:  # noqa: ANN401
    """Put a real card, sale, order or store into what was made up, so that acts get further."""
    body, path = case.body, case.path_parameters
    for told in (body, path):
        for field in sorted(real.keys() & told.keys()) if isinstance(told, dict) else ():
            if draw(st.booleans()):
                told[field] = real[field]


def real_values(service: Service, shop: Shop) -> dict[str, object]:
    """Know a sale, an order, a time and a basket of this shop."""
    known = {"sale_id": "known", "total_minor": 1240, "currency": "EUR", "sold_at": AT}
    service.post("/api/v1/sales", shop.as_till(), json={**known, "code": shop.card_text})
    goods = take_orders(service, shop)
    return REAL | {
        "code": shop.card_text,
        "store": shop.slug,
        "sale_id": "known",
        "order_id": str(order(service, shop, {goods["BREAD"]: 1000}).order_id),
        "slot_starts_at": offered(service, shop)[1].isoformat(),
        "lines": [{"product_ref": "BREAD", "quantity_milli": 1000}],
        "contact": {"name": "Noelia"},
    }


@pytest.mark.prove
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_whatever_is_sent_is_answered_as_the_document_says(
    service: Service, shop: Shop, principal: str
) -> None:
    headers = PRINCIPALS[principal](shop)
    real = real_values(service, shop)
    schema = schemathesis.openapi.from_dict(document(service))
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if operation.path == "/api/v1/till/session" and operation.method.upper() == "DELETE":
            continue  # it would end the till's part in the test; test_auth.py proves it
        fuzz(service, real, operation, headers)


def fuzz(
    service: Service,
    real: Mapping[str, object],
    operation: Any,  # noqa: ANN401
    headers: Headers,
) -> None:
    """Ask one operation many times, with what it takes and with what it does not."""

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(
        data=st.data(),
        mode=st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]),
    )
    def answered(data: Any, mode: Any) -> None:  # noqa: ANN401
        case = data.draw(operation.as_strategy(generation_mode=mode))
        real_texts(case, real, data.draw)
        told = dict(headers)
        name, _, value = told.pop("Cookie", "").partition("=")
        cookies = {name: value} if name else None
        response = case.call(app=service.app, headers=told, cookies=cookies)
        case.validate_response(response, checks=CHECKS)

    answered()


def test_the_document_is_openapi_3_1(service: Service) -> None:
    told = document(service)
    assert told["openapi"] == "3.1.0"
    assert told["info"]["title"] == "Enlaza"
    for path, operations in told["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in operations.values():
            assert operation["summary"]


def test_nothing_in_it_names_a_schema_twice(service: Service) -> None:
    told = json.dumps(document(service))
    for name in document(service)["components"]["schemas"]:
        assert "." not in name
        assert "<" not in name
    assert "class '" not in told


def test_every_call_says_what_it_refuses(service: Service) -> None:
    for operations in document(service)["paths"].values():
        for operation in operations.values():
            refusals = [Refusal(code) for code in operation["x-refusals"]]
            assert Refusal.STORAGE_UNAVAILABLE in refusals
            for refusal in refusals:
                answer = operation["responses"][str(int(STATUS[refusal]))]
                assert f"`{refusal}`" in answer["description"]
                assert "application/problem+json" in answer["content"]


def test_every_answer_is_complete(service: Service) -> None:
    """Every field of an answer is required, so that a till never has to guess."""
    schemas = document(service)["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Out"):
            assert set(schema["properties"]) == set(schema["required"]), name


def test_every_message_refuses_what_it_does_not_know(service: Service) -> None:
    schemas = document(service)["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("In"):
            assert schema["additionalProperties"] is False, name


def test_the_reference_page_shows_every_call_and_runs_no_script(service: Service) -> None:
    page = service.get("/api/docs")
    assert page.status_code == HTTPStatus.OK
    for path, operations in document(service)["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}" in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text
