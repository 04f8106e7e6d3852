"""Receipt codes at the counter: fetched while there is a line, named without one."""

from uuid import uuid4

from loyalty.codes.claims import claim_by_id
from loyalty.wire.messages import moment_text
from tests.browser.till.support import Shop
from tests.support.agent_page import AgentPage


def test_receipt_codes_are_fetched_with_the_line_and_named_without_it(
    shop: Shop, page: AgentPage
) -> None:
    told = page.api("POST", "/till/claims", {"count": 2}).body
    claim_id = told["claims"][0]["claim_id"]
    mail = (f"/till/claims/{claim_id}/mails", {"email": "ana@correo.example"})
    assert page.api("POST", *mail).body == {"posted": True}
    page.cut()
    assert page.api("POST", "/till/claims", {"count": 1}).status == 503
    assert page.api("POST", *mail).status == 503
    assert page.api("GET", f"/till/persons/{'0' * 32}").status == 503
    sent = {
        "sale_id": str(uuid4()),
        "total_minor": 1240,
        "currency": "EUR",
        "sold_at": moment_text(page.agent.clock.now()),
        "clock": "sure",
        "claim_id": claim_id,
    }
    assert page.api("POST", "/sales", sent).status == 202
    page.mend()
    page.wait_until_sent()
    program_id = shop.made.program_id
    with shop.parts.database.reading(program_id) as session:
        claim = claim_by_id(session, program_id, claim_id)
    assert claim is not None
    assert claim.sale_id == sent["sale_id"]
