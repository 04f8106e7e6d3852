"""The security headers of every answer: what a page may load, embed, remember and tell."""

import secrets
from functools import lru_cache

from flask import Flask, Response, g, request
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
)

from app.wiring import is_https, services

NONE = "'none'"
SELF = "'self'"
HSTS_S = 2 * 365 * 24 * 60 * 60
# The start page of the demo shows phone and till side by side, in frames of our own origin.
FRAMED_IN_DEMO = ("/S/", "/card", "/till", "/Q/", "/order/", "/collect/")
WORKERS = ("/till/sw.js", "/card/sw.js")
EMBEDDABLE = "/enlaza.js"  # the one file made for other sites
OFF = ("microphone", "geolocation", "payment", "usb", "midi", "display-capture", "browsing-topics")


def csp_nonce() -> str:
    """Give this request's nonce, for the few scripts a template carries itself."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    nonce: str = g.csp_nonce
    return nonce


def init_headers(app: Flask) -> None:
    """Put the headers on every answer and `csp_nonce()` into the templates."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    path, demo = request.path, services().settings.demo
    # A worker lives under the policy of its own file and fetches what the page needs.
    is_page = response.mimetype == "text/html" or path in WORKERS
    framed = demo and path.startswith(FRAMED_IN_DEMO)
    policy = _page_policy(path, framed=framed) if is_page else _data_policy(framed=framed)
    headers = response.headers
    there = {name.lower() for name, _ in headers}
    for name, lowered, value in (
        ("Content-Security-Policy", "content-security-policy", policy),
        *_fixed_headers(
            referrer="no-referrer" if path.startswith("/Q/") else "same-origin",
            resource="cross-origin" if path == EMBEDDABLE else "same-origin",
            # A frame may use the camera only when the page around it may.
            camera=_is_till(path) or (demo and path == "/"),
            hsts=not demo and is_https(),
        ),
    ):
        if lowered in there:
            headers[name] = value
        else:  # to replace a header, each that is there is looked at
            headers.add(name, value)
    if "cache-control" not in there:
        headers.add("Cache-Control", "no-store")
    return response


def _is_till(path: str) -> bool:
    return path == "/till" or path.startswith("/till/")


def _page_policy(path: str, *, framed: bool) -> str:
    policy = (
        ContentSecurityPolicy()
        .default_src(NONE)
        .connect_src(SELF)
        .font_src(SELF)
        .manifest_src(SELF)
        .media_src(SELF)
        .worker_src(SELF)
        .form_action(SELF)
        .base_uri(NONE)
        .object_src(NONE)
        .frame_ancestors(SELF if framed else NONE)
        .frame_src(SELF if path == "/" else NONE)
    )
    if _is_till(path):
        # A static shell with external modules only; its barcode reader is WebAssembly.
        policy.script_src(SELF, "'wasm-unsafe-eval'").style_src(SELF).img_src(
            SELF, "data:", "blob:"
        )
    else:
        nonce = ContentSecurityPolicy.nonce(csp_nonce())
        policy.script_src(SELF, nonce).style_src(SELF, nonce).img_src(SELF, "data:")
    return policy.header_value


@lru_cache(maxsize=2)
def _data_policy(*, framed: bool) -> str:
    policy = ContentSecurityPolicy().default_src(NONE).base_uri(NONE)
    # Documents such as a printed card's SVG or PDF may be shown by the same pages.
    return policy.frame_ancestors(SELF if framed else NONE).header_value


@lru_cache(maxsize=32)
def _fixed_headers(
    *, referrer: str, resource: str, camera: bool, hsts: bool
) -> tuple[tuple[str, str, str], ...]:
    permissions = PermissionsPolicy().camera(*(["self"] if camera else []))
    for feature in OFF:
        permissions = permissions.add_directive(feature)
    headers = Secure(
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().set(resource),
        permissions=permissions,
        referrer=ReferrerPolicy().set(referrer),
        xcto=XContentTypeOptions().nosniff(),
        hsts=StrictTransportSecurity().max_age(HSTS_S) if hsts else None,
    )
    return tuple((name, name.lower(), value) for name, value in headers.header_items())
