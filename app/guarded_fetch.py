"""Fetch what strangers name: the one way out to addresses that the shop did not choose.

A name is resolved once, every address it has is checked, and the connection goes to the address
that was checked; so a name server that answers otherwise the next time changes nothing. Each
redirect starts from the beginning. Source: docs/decisions/0028-likes-are-signals.md
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from loyalty.connectors.base import Answer, Request, web_address
from loyalty.connectors.errors import NetworkTroubleError
from loyalty.kernel.errors import LoyaltyError
from loyalty.wire.refusals import Refusal

REDIRECTS_MAX: Final = 3
FETCH_S_MAX: Final = 5.0
PORTS: Final = {"http": 80, "https": 443}
ADDRESSES_MAX: Final = 3
CHUNK: Final = 64 * 1024
USER_AGENT: Final = "Enlaza (+https://enlaza.example/)"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
# Addresses that carry another inside: NAT64 (RFC 6052), 6to4 and Teredo know themselves.
_NAT64: Final = IPv6Network("64:ff9b::/96")

Resolve = Callable[[str, int], list[str]]


class AddressRefusedError(LoyaltyError):
    """A stranger named an address this service does not go to; `reason` says why."""

    code = Refusal.ADDRESS_REFUSED


@dataclass(frozen=True, slots=True)
class Guard:
    """How far a fetch may go; `allows_loopback` is for tests with servers of their own."""

    seconds: float = FETCH_S_MAX
    redirects: int = REDIRECTS_MAX
    allows_loopback: bool = False


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet, whatever form it is written in."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(ip)
    if inner is not None:
        return is_public(str(inner))
    if isinstance(ip, IPv6Address) and ip.is_site_local:
        return False
    return ip.is_global and not (
        ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    )


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Find the IPv4 address that an IPv6 one stands for."""
    if isinstance(ip, IPv4Address):
        return None
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def resolve_name(host: str, port: int) -> list[str]:
    """Ask the system for every address of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def fetch(
    request: Request, *, guard: Guard | None = None, resolve: Resolve = resolve_name
) -> Answer:
    """Send a described request and read the answer, within every limit.

    Errors: `AddressRefusedError` before anything is sent to a place we do not go;
    `NetworkTroubleError` ("down", "too_big", "too_slow", "not_understood", "too_many_redirects").
    """
    limits = guard or Guard()
    ends_at = time.monotonic() + limits.seconds
    url, headers = request.url, dict(request.headers)
    for _ in range(limits.redirects + 1):
        answer, leads_to = _fetch_once(request, url, headers, limits, ends_at, resolve)
        if not leads_to:
            return answer
        if request.method != "GET":
            raise NetworkTroubleError(reason="not_understood")
        if _origin(leads_to) != _origin(url):
            headers.pop("Authorization", None)
        url = leads_to
    raise NetworkTroubleError(reason="too_many_redirects")


def _fetch_once(
    request: Request,
    url: str,
    headers: dict[str, str],
    limits: Guard,
    ends_at: float,
    resolve: Resolve,
) -> tuple[Answer, str]:
    parts = _checked_url(url, limits)
    addresses = _checked_addresses(parts, limits, _in_time(resolve, ends_at))
    try:
        with closing(_connected(parts, addresses, ends_at)) as connection:
            return _asked(connection, request, parts, headers, ends_at)
    except TimeoutError as error:
        raise NetworkTroubleError(reason="too_slow") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = "too_slow" if time.monotonic() >= ends_at else "down"
        raise NetworkTroubleError(reason=reason) from error


def _checked_url(url: str, limits: Guard) -> SplitResult:
    parts = urlsplit(web_address(url))
    if not parts.hostname:
        raise AddressRefusedError(reason="not_an_address")
    port = parts.port or PORTS[parts.scheme]
    if port not in PORTS.values() and not limits.allows_loopback:
        raise AddressRefusedError(reason="port")
    return parts


def _in_time(resolve: Resolve, ends_at: float) -> Resolve:
    """Resolve within the time that is left: strangers run name servers too, and let them drip."""

    def resolve_soon(host: str, port: int) -> list[str]:
        told: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                told.put(resolve(host, port))
            except (OSError, UnicodeError) as error:
                told.put(error)

        # The system gives up by itself, only later than we do.
        threading.Thread(target=ask, daemon=True).start()
        try:
            found = told.get(timeout=_left(ends_at))
        except (queue.Empty, TimeoutError) as error:
            raise NetworkTroubleError(reason="too_slow") from error
        if isinstance(found, Exception):
            raise found
        return found

    return resolve_soon


def _checked_addresses(parts: SplitResult, limits: Guard, resolve: Resolve) -> list[str]:
    """Resolve a name, once; one address we do not go to is enough to go to none of them."""
    assert parts.hostname is not None
    try:
        found = resolve(parts.hostname, parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError) as error:
        raise NetworkTroubleError(reason="down") from error
    if not found:
        raise NetworkTroubleError(reason="down")
    for address in found:
        is_here = limits.allows_loopback and ip_address(address.partition("%")[0]).is_loopback
        if not is_here and not is_public(address):
            raise AddressRefusedError(reason="not_public")
    return list(dict.fromkeys(found))[:ADDRESSES_MAX]


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@cache
def tls_context() -> ssl.SSLContext:
    """Give what checks certificates; to read the authorities takes longer than to connect."""
    return ssl.create_default_context()


def _first_reached(addresses: list[str], port: int, ends_at: float) -> socket.socket:
    """Connect to the first address that answers; each has its part of the time that is left."""
    for number, address in enumerate(addresses):
        rest = len(addresses) - number
        try:
            sock = socket.create_connection((address, port), timeout=_left(ends_at) / rest)
        except OSError:
            if rest == 1:
                raise
        else:
            sock.settimeout(_left(ends_at))
            return sock
    raise TimeoutError


def _connected(parts: SplitResult, addresses: list[str], ends_at: float) -> HTTPConnection:
    """Connect to an address that was checked; TLS and Host carry the name."""
    assert parts.hostname is not None
    port = parts.port or PORTS[parts.scheme]
    plain = _first_reached(addresses, port, ends_at)
    try:
        if parts.scheme == "https":
            plain = tls_context().wrap_socket(plain, server_hostname=parts.hostname)
    except BaseException:
        plain.close()
        raise
    connection = HTTPConnection(parts.hostname, port, timeout=_left(ends_at))
    connection.sock = plain
    connection.auto_open = 0  # it never connects by itself, to an address nobody checked
    return connection


def _asked(
    connection: HTTPConnection,
    request: Request,
    parts: SplitResult,
    headers: dict[str, str],
    ends_at: float,
) -> tuple[Answer, str]:
    """Ask and read; a watch cuts the line at the end, however slowly the other side drips."""
    sock = connection.sock
    watch = threading.Timer(_left(ends_at), _cut, [sock])
    watch.daemon = True
    watch.start()
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = urlencode(request.form) if request.form is not None else None
        sent = {
            "Host": parts.netloc,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            "Accept": ", ".join(request.accepts),
            **headers,
        }
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(request.method, path, body, sent)
        with connection.getresponse() as response:
            return _read(response, request, parts.geturl(), ends_at)
    finally:
        watch.cancel()


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _read(response: HTTPResponse, request: Request, url: str, ends_at: float) -> tuple[Answer, str]:
    headers = {name.lower(): value for name, value in response.getheaders()}
    if response.status in _REDIRECTS:
        leads_to = web_address(urljoin(url, headers.get("location", "")))
        if not leads_to:
            raise NetworkTroubleError(reason="not_understood")
        return Answer(response.status, headers, b"", url), leads_to
    if headers.get("content-encoding", "identity") != "identity":
        raise NetworkTroubleError(reason="not_understood")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status == _OK and kind not in request.accepts:
        raise NetworkTroubleError(reason="not_understood")
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:12]) > request.bytes_max:
        raise NetworkTroubleError(reason="too_big")
    body = bytearray()
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > request.bytes_max:
            raise NetworkTroubleError(reason="too_big")
        _left(ends_at)
    if time.monotonic() >= ends_at:
        raise TimeoutError  # what was cut looks like an end
    return Answer(response.status, headers, bytes(body), url), ""


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
