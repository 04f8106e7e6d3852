"""Whatever is written into an address, a query, a form or a cookie: never a failure of ours."""

import pytest

from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from tests.support.principals import address, calls, own_values, principals
from tests.support.service import Service, Shop, as_page, make_service, open_shop
from tests.support.sizes import SIZE_NAME

NASTY = (
    "%00",
    "a%00b",
    "%ff%fe",
    "%ED%A0%80",
    "..%2f..%2fetc%2fpasswd",
    "-1",
    "99999999999999999999999999",
    "0",
    "'%20OR%20'1'='1",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%7B%7B7*7%7D%7D",
    "a" * 3000,
    "%E2%80%AE%F0%9F%92%A9",
    "%0d%0aSet-Cookie:%20x=1",
)
FIELDS = (
    "q", "email", "code", "name", "text", "note", "slug", "pin", "color", "hours", "points",
    "per_minor", "kind", "value", "lang", "visit", "v", "next", "store", "store_id", "member",
    "link_id", "purpose", "count", "reply_to", "reply", "token", "row", "month", "page", "role",
    "contact_kind", "contact_value", "till_name", "reason", "utm_source", "join_id", "keep",
    "web_visits", "news", "display_name", "person_id", "challenge", "cards",
)  # fmt: skip


@pytest.fixture
def anywhere(database: Database, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The service on both databases: they refuse different things."""
    home = tmp_path_factory.mktemp("home")
    made = make_service(database, tools, Settings(home=home, demo=True, rate_limit=""))
    made.app.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def there(anywhere: Service) -> Shop:
    return open_shop(anywhere, program_id=7, slug="PANADERIA-SOL")


ASKERS = ("anyone", "shopper", "till", "owner")


def some_of(number: int) -> tuple[str, ...]:
    """Take every nasty text in the long run, every fifth in the short one; each has its turn."""
    return NASTY if SIZE_NAME == "prove" else NASTY[number % 5 :: 5]


def test_no_address_breaks_anything(anywhere: Service, there: Shop) -> None:
    values = own_values(anywhere, there)
    for number, (method, rule) in enumerate(calls(anywhere)):
        if method == "DELETE" or "<" not in rule.rule:
            continue
        for nasty in some_of(number):
            for place in sorted(rule.arguments):
                path = address(rule, {**values, place: nasty})
                for name in ASKERS:
                    headers = principals(there, there)[name]
                    answer = anywhere.call(method, path, headers)
                    assert answer.status_code < 500, (name, method, path)


def test_no_query_and_no_form_breaks_anything(anywhere: Service, there: Shop) -> None:
    values = own_values(anywhere, there)
    for number, (method, rule) in enumerate(calls(anywhere)):
        if method == "DELETE" or rule.rule.startswith("/api/"):
            continue
        path = address(rule, values)
        for nasty in some_of(number):
            told = "&".join(f"{field}={nasty}" for field in FIELDS)
            for name in ASKERS:
                headers = {**principals(there, there)[name]}
                if method == "POST":
                    headers["Content-Type"] = "application/x-www-form-urlencoded"
                    answer = anywhere.post(path, headers, data=told.encode())
                else:
                    answer = anywhere.get(f"{path}?{told}", headers)
                assert answer.status_code < 500, (name, method, path, nasty)
                assert "<script>alert(1)" not in answer.text, (name, method, path)
                assert "\n" not in answer.headers.get("Location", ""), (name, method, path)


@pytest.mark.parametrize(
    "text", ["", ".", "7.", "7.x", "0.x", "99999999999.x", "7.ñ", '"', "7." + "a" * 4000, "x;y"]
)
def test_no_cookie_breaks_anything(anywhere: Service, there: Shop, text: str) -> None:
    del there
    told = text.encode().decode("latin1")
    cookie = "; ".join(f"enlaza-{kind}={told}" for kind in ("till", "staff", "card", "cashier"))
    for path in ("/", "/card", "/admin", "/till", "/api/v1/till/session", "/S/PANADERIA-SOL"):
        headers = as_page(f"{cookie}; lang={told}; enlaza-form={told}")
        assert anywhere.get(path, headers).status_code < 500, path


@pytest.mark.parametrize("language", ["", "*", "zz", "es;q=a", "en" * 2000, "es-ES,en;q=0.5", "ñ"])
def test_no_language_breaks_anything(service: Service, language: str) -> None:
    headers = {"Accept-Language": language.encode().decode("latin1")}
    assert service.get("/problems/not_found", headers).status_code == 200
