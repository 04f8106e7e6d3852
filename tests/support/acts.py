"""Acts as a cashier confirms them."""

from typing import Any

from pos_plugin.acts import Act

MADE_AT = "2026-11-21T10:00:00Z"


def sale_act(sale_id: str = "s1", *, total_minor: int = 1240, **more: Any) -> Act:  # noqa: ANN401
    """A sale; `more` goes into what is sent."""
    body = {
        "sale_id": sale_id,
        "total_minor": total_minor,
        "currency": "EUR",
        "sold_at": MADE_AT,
        "clock": "sure",
        **more,
    }
    return Act(sale_id, "sale", sale_id, body, None, MADE_AT, {"total_text": "12,40 €"})


def refund_act(refund_id: str, *, sale_id: str = "s1", amount_minor: int = 1240) -> Act:
    """Money given back."""
    body = {
        "refund_id": refund_id,
        "amount_minor": amount_minor,
        "refunded_at": MADE_AT,
        "reason": "",
    }
    return Act(refund_id, "refund", sale_id, body, None, MADE_AT, {})
