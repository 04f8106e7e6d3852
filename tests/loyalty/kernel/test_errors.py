"""A refusal carries a stable code and facts that may be shown."""

from loyalty.kernel.errors import MalformedRequestError, StorageUnavailableError
from loyalty.wire.refusals import Refusal


def test_a_refusal_says_its_code_and_its_facts() -> None:
    refusal = MalformedRequestError(field="total_minor", given=-1)
    assert refusal.code is Refusal.MALFORMED_REQUEST
    assert refusal.facts == {"field": "total_minor", "given": -1}
    assert str(refusal) == "malformed_request: field=total_minor, given=-1"
    assert str(MalformedRequestError()) == "malformed_request"


def test_only_what_may_succeed_later_is_retryable() -> None:
    assert StorageUnavailableError().retryable
    assert not MalformedRequestError().retryable
