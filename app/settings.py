"""What an operator may choose: one frozen value, read from `ENLAZA_*` variables once, at start.

`docs/reference/settings.md` lists every setting; a test holds it against this file.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})
PORT_MAX = 65535
PROXY_HOPS_MAX = 8
PROCESSES_MAX = 64


class SettingsError(Exception):
    """A setting is missing or cannot be right; the service does not start."""


# A value of a dataclass field, so its type is the field's own.
def _setting(env: str, default: Any, help_line: str) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"env": env, "help": help_line})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator may choose; whoever holds one holds settings that can be right.

    Errors: `SettingsError` for a combination that would be unsafe or cannot work.
    """

    home: Path = _setting(  # noqa: RUF009  makes a field
        "ENLAZA_HOME", Path("var"), "Folder of the keys and the SQLite file."
    )
    database_url: str = _setting(
        "DATABASE_URL", "", "SQLAlchemy address of the database; empty: SQLite in ENLAZA_HOME."
    )
    admin_database_url: str = _setting(
        "ENLAZA_ADMIN_DATABASE_URL",
        "",
        "PostgreSQL only: address of the owner of the tables, for migrations and backups.",
    )
    pg_bin: str = _setting(
        "ENLAZA_PG_BIN",
        "",
        "PostgreSQL only: folder of pg_dump and pg_restore; empty: found by the server's version.",
    )
    demo: bool = _setting(
        "ENLAZA_DEMO", default=False, help_line="Serve the demo: sample shops, mail on a page."
    )
    lan: bool = _setting(
        "ENLAZA_LAN",
        default=False,
        help_line="Let the demo listen beyond this computer, for a phone at hand.",
    )
    host: str = _setting("HOST", "127.0.0.1", "Address to listen on.")
    port: int = _setting("PORT", 8000, "Port to listen on.")
    processes: int | None = _setting(
        "ENLAZA_PROCESSES",
        None,
        "PostgreSQL only: how many processes serve; empty: one for each processor, at most 4.",
    )
    public_url: str = _setting(
        "ENLAZA_PUBLIC_URL", "", "How phones reach the service; required outside the demo."
    )
    proxy_hops: int | None = _setting(
        "ENLAZA_PROXY_HOPS",
        None,
        "How many reverse proxies stand in front (0 to 8); required outside the demo.",
    )
    mail_url: str = _setting(
        "ENLAZA_MAIL_URL",
        "",
        "smtp:// or smtps:// address of the mail server; empty: none goes out.",
    )
    mail_from: str = _setting(
        "ENLAZA_MAIL_FROM", "Enlaza <no-reply@localhost>", "Sender of the mail."
    )
    metrics_token: str = _setting(
        "ENLAZA_METRICS_TOKEN", "", "Bearer token for /metrics; empty: only from this computer."
    )
    log_format: str = _setting("ENLAZA_LOG_FORMAT", "console", "console or json.")
    log_level: str = _setting("ENLAZA_LOG_LEVEL", "info", "debug, info, warning or error.")
    slow_statement_ms: int = _setting(
        "ENLAZA_SLOW_STATEMENT_MS",
        200,
        "Statements at least this slow, in milliseconds, are logged; 0: none.",
    )
    rate_limit: str = _setting(
        "ENLAZA_RATE_LIMIT",
        "3000 per minute",
        "General limit of requests of each kind per client address.",
    )

    def __post_init__(self) -> None:
        """Refuse what would be unsafe or cannot work."""
        _check_values(self)
        if self.demo:
            _check_demo(self)
        else:
            _check_service(self)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from the environment; what is absent keeps its default."""
        environ = os.environ if environ is None else environ
        chosen: dict[str, object] = {}
        for one in fields(cls):
            text = environ.get(one.metadata["env"])
            if text is not None and text.strip():
                chosen[one.name] = _read(one.metadata["env"], one.type, text.strip())
        return cls(**chosen)  # type: ignore[arg-type]

    @property
    def database(self) -> str:
        """Say where the database is: the one chosen, or the SQLite file at home."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'enlaza.db'}"

    @property
    def base_url(self) -> str:
        """Say the address people reach us at, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.lan else "http"
        return f"{scheme}://{self.host}:{self.port}"

    @property
    def is_https(self) -> bool:
        """Say whether people reach us over https."""
        return self.base_url.startswith("https://")


def is_loopback(host: str) -> bool:
    """Say whether `host` is this computer only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read(env: str, kind: object, text: str) -> object:
    if kind is Path:
        return Path(text).expanduser()
    if kind is bool:
        if text.lower() not in YES | NO:
            message = f"{env} must be 1 or 0, not {text!r}"
            raise SettingsError(message)
        return text.lower() in YES
    if kind is int or kind == int | None:
        if not text.isascii() or not text.isdigit():
            message = f"{env} must be a whole number, not {text!r}"
            raise SettingsError(message)
        return int(text)
    return text


def _check_values(settings: Settings) -> None:
    if not 0 <= settings.port <= PORT_MAX:
        message = f"PORT must be 0 to {PORT_MAX}"
        raise SettingsError(message)
    if settings.proxy_hops is not None and not 0 <= settings.proxy_hops <= PROXY_HOPS_MAX:
        message = f"ENLAZA_PROXY_HOPS must be 0 to {PROXY_HOPS_MAX}"
        raise SettingsError(message)
    if settings.processes is not None and not 1 <= settings.processes <= PROCESSES_MAX:
        message = f"ENLAZA_PROCESSES must be 1 to {PROCESSES_MAX}"
        raise SettingsError(message)
    if settings.log_format not in {"console", "json"}:
        message = "ENLAZA_LOG_FORMAT must be console or json"
        raise SettingsError(message)
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        message = "ENLAZA_LOG_LEVEL must be debug, info, warning or error"
        raise SettingsError(message)
    if settings.public_url:
        _check_public_url(settings.public_url)
    if settings.mail_url and urlsplit(settings.mail_url).scheme not in {"smtp", "smtps"}:
        message = "ENLAZA_MAIL_URL must begin with smtp:// or smtps://"
        raise SettingsError(message)


def _check_public_url(public_url: str) -> None:
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "ENLAZA_PUBLIC_URL must be a whole address such as https://card.example"
        raise SettingsError(message)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        message = "ENLAZA_PUBLIC_URL must have no path, query, fragment or user"
        raise SettingsError(message)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        message = "ENLAZA_PUBLIC_URL must be https: phones open the camera only there"
        raise SettingsError(message)


def _check_demo(settings: Settings) -> None:
    if settings.lan:
        return
    shown = urlsplit(settings.base_url).hostname or ""
    if not is_loopback(settings.host) or not is_loopback(shown):
        message = (
            "the demo holds sample people and shows its mail to everybody, so it listens on this "
            "computer only; LAN=1 (ENLAZA_LAN=1) asks for more on purpose"
        )
        raise SettingsError(message)


def _check_service(settings: Settings) -> None:
    if settings.lan:
        message = "ENLAZA_LAN belongs to the demo; a service says ENLAZA_PUBLIC_URL"
        raise SettingsError(message)
    if not settings.public_url:
        message = "ENLAZA_PUBLIC_URL is required: it is printed in codes and sent in mails"
        raise SettingsError(message)
    if settings.proxy_hops is None:
        message = (
            "ENLAZA_PROXY_HOPS is required: 0 when clients reach this process directly, 1 behind "
            "one reverse proxy; a wrong number lets a client choose its own address"
        )
        raise SettingsError(message)
