"""Web pages on a port of this machine, good ones and hostile ones."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at a path; `drips` never ends."""

    body: bytes = b""
    status: int = 200
    kind: str = HTML
    location: str = ""
    drips: bool = False


@dataclass(slots=True)
class Site:
    """The pages of somebody, by path."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def address(self, path: str) -> str:
        """Say where a page is."""
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, text: str) -> str:
        """Write a page, and say where it is."""
        self.pages[path] = Page(text.encode())
        return self.address(path)


def drip(handler: BaseHTTPRequestHandler, over: threading.Event, kind: str) -> None:
    """Answer a letter at a time, for as long as anybody listens."""
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.end_headers()
    with suppress(OSError):
        while not over.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()


@contextmanager
def web_pages() -> Iterator[Site]:
    """Serve pages until the end of the block."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path, Page(status=404))
            if page.drips:
                drip(self, site.over, page.kind)
                return
            self.send_response(page.status)
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", str(len(page.body)))
            if page.location:
                self.send_header("Location", page.location)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(page.body)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    site.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.over.set()
        http.shutdown()
        http.server_close()
        thread.join(10)
