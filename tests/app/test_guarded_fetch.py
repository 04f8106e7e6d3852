"""Nothing is fetched from where strangers should not send us, and nothing without an end."""

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.guarded_fetch import AddressRefusedError, Guard, fetch, is_public, tls_context
from loyalty.connectors.base import Request
from loyalty.connectors.errors import NetworkTroubleError

HERE = Guard(seconds=5, allows_loopback=True)
PAGES = ("text/html",)


class Pages(BaseHTTPRequestHandler):
    """A web server with every bad habit."""

    seen: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"], self.headers.get("Authorization", "")))
        what = self.path.strip("/").partition("?")[0]
        if what.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        self.send_response(410 if what == "gone" else 200)
        self.send_header("Content-Type", "application/pdf" if what == "pdf" else "text/html")
        if what == "packed":
            self.send_header("Content-Encoding", "gzip")
        if what == "huge":
            self.send_header("Content-Length", "10000000")
        self.end_headers()
        self._body(what)

    do_POST = do_GET  # noqa: N815

    def _body(self, what: str) -> None:
        try:
            if what in {"endless", "drip"}:
                piece = b"x" * 65536 if what == "endless" else b"x"
                while True:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    if what == "drip":
                        time.sleep(0.05)
            self.wfile.write(b"x" * 10_000_000 if what in {"huge", "big"} else b"<p>pan</p>")
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Pages.seen = []
    made = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def page(server: ThreadingHTTPServer, path: str = "/") -> Request:
    return Request("GET", f"http://127.0.0.1:{server.server_port}{path}", accepts=PAGES)


def reason_of(request: Request, guard: Guard = HERE) -> object:
    with pytest.raises((NetworkTroubleError, AddressRefusedError)) as refused:
        fetch(request, guard=guard)
    return refused.value.facts["reason"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104
        "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
        "2001:0:0:0:0:0:80ff:fffe", "::127.0.0.1", "fec0::1", "not an address", "",
    ],
)  # fmt: skip
def test_these_are_no_addresses_of_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_these_are(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(ip: IPv4Address) -> None:
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + ip.packed)
    nat64 = IPv6Address(IPv6Address("64:ff9b::").packed[:12] + ip.packed)
    assert is_public(str(mapped)) == is_public(str(nat64)) == is_public(str(ip))


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_nothing_is_sent_to_a_name_of_a_private_address(ip: IPv4Address | IPv6Address) -> None:
    with pytest.raises(AddressRefusedError):
        fetch(Request("GET", "https://shop.example/"), resolve=lambda *_: [str(ip)])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/",
        "http://0177.0.0.1/", "http://127.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://127.0.0.1./",
        "http://\u2460\u2461\u2466.0.0.1/", "http://127.0.0.1:8080/", "ftp://shop.example/",
        "file:///etc/passwd", "http://u:p@shop.example/", "http://shop.example:22/",
        "http://shop.example\\@127.0.0.1/", "http:///x", "gopher://127.0.0.1:70/",
    ],
)  # fmt: skip
def test_every_way_to_write_this_machine_is_refused(url: str) -> None:
    with pytest.raises((AddressRefusedError, NetworkTroubleError)) as refused:
        fetch(Request("GET", url))
    assert refused.value.facts["reason"] in {"not_public", "port", "not_an_address", "down"}


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(AddressRefusedError):
        fetch(Request("GET", "http://a.example/"), resolve=lambda *_: ["1.1.1.1", "10.0.0.1"])


def test_a_page_is_fetched_under_its_name_from_the_address_that_was_checked(
    server: ThreadingHTTPServer,
) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    url = f"http://caf\u00e9.example:{server.server_port}/pan?x=1"
    answer = fetch(Request("GET", url, accepts=PAGES), guard=HERE, resolve=rebinding)
    assert (answer.status, answer.body) == (200, b"<p>pan</p>")
    assert asked == ["xn--caf-dma.example"], "a name is resolved once"
    assert Pages.seen == [("/pan?x=1", f"xn--caf-dma.example:{server.server_port}", "")]


def test_a_redirect_starts_from_the_beginning_and_leaves_secrets_behind(
    server: ThreadingHTTPServer,
) -> None:
    other = f"http://other.example:{server.server_port}/"
    request = Request(
        "GET", page(server, f"/to-?{other}").url, {"Authorization": "Bearer t"}, accepts=PAGES
    )
    answer = fetch(request, guard=HERE, resolve=lambda *_: ["127.0.0.1"])
    assert answer.url == other
    assert [seen[2] for seen in Pages.seen] == ["Bearer t", ""]
    assert reason_of(page(server, "/to-?http://10.0.0.1/")) == "not_public"
    assert reason_of(page(server, "/to-?file:///etc/passwd")) == "not_understood"
    assert reason_of(page(server, "/to-?/to-?/to-?/to-?/to-?/")) == "too_many_redirects"
    assert reason_of(Request("POST", page(server, "/to-?/").url)) == "not_understood"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/big", "too_big"), ("/huge", "too_big"), ("/endless", "too_big"), ("/pdf", "not_understood"),
     ("/packed", "not_understood")],
)  # fmt: skip
def test_what_is_too_big_or_something_else_is_not_read(
    server: ThreadingHTTPServer, path: str, reason: str
) -> None:
    assert reason_of(page(server, path)) == reason


def test_a_name_server_that_drips_costs_no_more_than_the_time_there_is() -> None:
    over = threading.Event()

    def drip(_host: str, _port: int) -> list[str]:
        over.wait(60)
        return ["127.0.0.1"]

    slow = Guard(seconds=0.2, allows_loopback=True)
    try:
        with pytest.raises(NetworkTroubleError) as trouble:
            fetch(Request("GET", "http://a.example/"), guard=slow, resolve=drip)
        assert trouble.value.facts == {"reason": "too_slow"}
        assert not over.is_set()
    finally:
        over.set()


def test_of_several_addresses_one_that_answers_is_enough(server: ThreadingHTTPServer) -> None:
    request = Request("GET", f"http://a.example:{server.server_port}/", accepts=PAGES)
    answer = fetch(request, guard=HERE, resolve=lambda *_: ["::1", "127.0.0.1"])
    assert answer.status == 200


def test_a_page_that_never_ends_is_cut(server: ThreadingHTTPServer) -> None:
    slow = Guard(seconds=0.5, allows_loopback=True)
    assert reason_of(page(server, "/drip"), slow) == "too_slow"


def test_a_page_that_is_gone_says_so(server: ThreadingHTTPServer) -> None:
    assert fetch(page(server, "/gone"), guard=HERE).status == 410


def test_nobody_listening_is_trouble(server: ThreadingHTTPServer) -> None:
    request = page(server)
    server.shutdown()
    server.server_close()
    assert reason_of(request) == "down"


def test_tls_asks_for_the_name_and_not_for_the_address(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ana.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("ana.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain = tmp_path / "ana.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    tls_context.cache_clear()

    def ask(host: str) -> int:
        url = f"https://{host}:{server.server_port}/"
        request = Request("GET", url, accepts=PAGES)
        return fetch(request, guard=HERE, resolve=lambda *_: ["127.0.0.1"]).status

    assert ask("ana.example") == 200
    with pytest.raises(NetworkTroubleError):
        ask("eve.example")
    tls_context.cache_clear()
