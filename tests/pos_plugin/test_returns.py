"""Goods that come back at the agent: chosen with the line, told without it, sent once."""

from uuid import uuid4

from loyalty.wire.messages import moment_text
from tests.pos_plugin.test_gateway import sale
from tests.support.agent_page import AgentPage


def test_goods_come_back_by_their_lines_with_a_line_and_without_one(page: AgentPage) -> None:
    lines = [
        {"description": "Café", "quantity_milli": 2000, "total_minor": 280},
        {"description": "Pan", "quantity_milli": 1000, "total_minor": 220},
    ]
    sent = {**sale(page, 500), "lines": lines}
    page.api("POST", "/sales", sent)
    left = f"/till/actions/{sent['sale_id']}"
    assert [(line["name"], line["pieces"], line["left_minor"]) for line in _left(page, left)] == [
        ("Café", 2, 280),
        ("Pan", 1, 220),
    ]
    assert page.api("GET", "/till/actions").body["actions"][0]["parts"] == 3
    page.cut()
    assert page.api("GET", left).code == "storage_unavailable"
    now = moment_text(page.agent.clock.now())
    back = [{"line": 1, "quantity_milli": 1000, "amount_minor": 140}]
    told = {"refund_id": str(uuid4()), "amount_minor": 140, "refunded_at": now, "lines": back}
    kept = page.api("POST", f"/sales/{sent['sale_id']}/refunds", told)
    assert (kept.status, kept.body["display"]["title"]) == (202, "Devuelto: 1,40\xa0€")
    row = page.api("GET", "/till/actions").body["actions"][0]
    assert (row["state"], row["left_minor"], row["parts"]) == ("part_refunded", 360, 0)
    page.mend()
    page.wait_until_sent()
    assert [(line["pieces"], line["left_minor"]) for line in _left(page, left)] == [
        (1, 140),
        (1, 220),
    ]


def _left(page: AgentPage, path: str) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = page.api("GET", path).body["lines"]
    return lines
