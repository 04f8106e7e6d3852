"""What the service writes about itself names nobody and opens nothing."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from app.logs import blot, configure_logs
from app.settings import Settings
from tests.support.service import Service, Shop

AT = "2026-03-02T09:00:00Z"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs, as an operator would see it."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logs(Settings(demo=True, log_format="json", log_level="debug"))
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def test_no_secret_reaches_the_log(service: Service, shop: Shop, written: io.StringIO) -> None:
    secrets = [
        shop.card_text,
        shop.till_key,
        shop.shopper.partition(".")[2],
        shop.staff["owner"].partition(".")[2],
        "maria.lopez@correo.example",
        service.services.links.sign("visit", {"program_id": 7}),  # type: ignore[arg-type]
    ]
    for secret in secrets:
        for path in (
            f"/Q/{secret}",
            f"/S/{secret}",
            f"/card/save/link/{secret}",
            f"/sign-in/7/link/{secret}",
            f"/nothing/{secret}?token={secret}",
            f"/api/v1/persons/{secret}",
        ):
            service.get(path, {"Referer": f"http://localhost/Q/{secret}", "User-Agent": secret})
        service.get("/api/v1/till/session", {"Authorization": f"Bearer {secret}"})
        service.post("/api/v1/scans", shop.as_till(), json={"code": secret, "scanned_at": AT})
        logging.getLogger("sqlalchemy.engine").error("parameters: %s", secret)
        structlog.stdlib.get_logger("enlaza").warning("seen", detail=f"<{secret}>")
        logging.getLogger("app").error("failed", exc_info=ValueError(secret))
    told = written.getvalue()
    assert "answered" in told
    assert "failed" in told
    for secret in secrets:
        assert secret not in told
        assert secret[:60] not in told


def test_a_line_tells_the_route_and_not_the_address(service: Service, written: io.StringIO) -> None:
    service.get("/problems/not_found?lang=es")
    assert '"route": "/problems/<code>"' in written.getvalue()


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("code " + "BCDEFGHIJK" * 15 + "BCDE", "code [code]"),
        ("cookie 7.abcdefghijklmnopqrstuvwxyz", "cookie [token]"),
        ("mail to ana@panaderia.example now", "mail to [mail] now"),
        ("sha " + "0123456789abcdef" * 4, "sha [secret]"),
        ("12 sales in 0.5 s, 1.25 €", "12 sales in 0.5 s, 1.25 €"),
    ],
)
def test_blots(text: str, blotted: str) -> None:
    assert blot(text) == blotted


def test_lines_of_different_requests_carry_their_ids(
    service: Service, written: io.StringIO
) -> None:
    ids = {service.get("/api/v1/time").headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(one in written.getvalue() for one in ids)
