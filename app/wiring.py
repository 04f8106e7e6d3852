"""The parts one running service is made of, and how a view reaches them."""

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Final
from uuid import UUID

from flask import current_app, request, url_for

from app.guarded_fetch import Guard
from app.links import LinkSigner
from app.settings import Settings
from loyalty.db.session import Database
from loyalty.journeys.tools import Tools
from loyalty.programs.queries import TillAtStore
from loyalty.wire.trust import TrustKey

EXTENSION: Final = "enlaza"
IPV6_LINE_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a view may need; made once, at start."""

    settings: Settings
    database: Database
    tools: Tools
    links: LinkSigner
    # How far a fetch of what strangers name may go. No setting opens it: only who makes the
    # services by hand, as tests with servers of their own do, can hand over another.
    guard: Guard = field(default_factory=Guard)
    # Key rings, and when (monotonic) each was read; for `app.api.prechecks` alone.
    rings: dict[int, tuple[float, tuple[TrustKey, ...]]] = field(default_factory=dict)
    # Tills by program and id, and when (monotonic) each was looked at; for `app.auth` alone.
    tills: dict[tuple[int, UUID], tuple[float, TillAtStore]] = field(default_factory=dict)


def services() -> Services:
    """Give the parts of the running service."""
    parts = current_app.extensions[EXTENSION]
    assert isinstance(parts, Services)
    return parts


def has_cookies() -> bool:
    """Say whether this request brought cookies; those of a till with its key do not."""
    return "HTTP_COOKIE" in request.environ


def cookie(name: str) -> str | None:
    """Give a cookie of this request, if it brought one."""
    if not has_cookies():
        return None
    jar = request.cookies
    return jar[name] if name in jar else None  # noqa: SIM401  its get makes an error first


def asked_for(name: str) -> str | None:
    """Give what the address of this request says behind its `?`, which most calls do not have."""
    return request.args.get(name) if request.query_string else None


def is_https() -> bool:
    """Say whether this request came over https, at the door or at the proxy before it."""
    return request.is_secure or services().settings.is_https


def client_address() -> str:
    """Give the address of the client, as told by the trusted proxies and nobody else.

    `ProxyFix` in the factory has already looked past exactly `ENLAZA_PROXY_HOPS` proxies.
    """
    return request.remote_addr or "unknown"


def client_network() -> str:
    """Give what tries are counted by: one address, or the /64 that one line of IPv6 owns."""
    return _network_of(client_address())


@lru_cache(maxsize=4096)
def _network_of(address: str) -> str:
    try:
        told = ip_address(address)
    except ValueError:
        return address
    if isinstance(told, IPv4Address):
        return address
    if told.ipv4_mapped is not None:
        return str(told.ipv4_mapped)
    return str(ip_network((told, IPV6_LINE_BITS), strict=False))


def own_origins() -> frozenset[str]:
    """Give the origins that are ours: the public one and the host this request asked for.

    The host is safe to trust here because the factory refuses foreign `Host` headers.
    """
    scheme = "https" if is_https() else "http"
    return frozenset({services().settings.base_url.lower(), f"{scheme}://{request.host}".lower()})


def absolute_url(endpoint: str, **values: Any) -> str:  # noqa: ANN401  whatever the rule converts
    """Build the whole address of a page, for mails, codes and posters."""
    return services().settings.base_url + url_for(endpoint, **values)
