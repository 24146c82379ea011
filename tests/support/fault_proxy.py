"""A proxy on loopback that stands between a station and the portal and breaks the line in chosen ways.

Each request is read whole; ``plan`` then names a fault for it, or None to pass it on. Nothing sleeps: a delay waits
until the client has hung up.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FHIR = "application/fhir+json; charset=utf-8"

#: The request never reaches the portal.
BEFORE = (
    "cut-before", "captive", "redirect", "500", "502", "503", "504", "511",
    "429-seconds", "429-date", "429-none", "413",
)  # fmt: skip
#: The portal does the work, and the answer is lost or spoilt.
AFTER = (
    "cut-after", "truncated", "500-after", "empty-200", "204", "wrong-type", "gzip-plain", "bom", "twice", "delay",
)  # fmt: skip
#: The answer to a Bundle is valid FHIR but does not fit.
LISTS = ("shorter", "longer", "reordered")


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def pushes(self) -> bool:
        """Whether it is a Bundle."""
        return self.method == "POST" and self.path.rstrip("/") == "/fhir"

    @property
    def pulls(self) -> bool:
        """Whether it asks for changes."""
        return self.method == "GET" and "_sort" in self.path


@dataclass
class FaultProxy:
    """The running proxy. ``seen`` holds what came, ``broken`` the faults that were done."""

    url: str
    upstream: str
    plan: Callable[[Seen], str | None] = lambda _seen: None
    seen: list[Seen] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    late: list[Seen] = field(default_factory=list)

    def once(self, fault: str, when: Callable[[Seen], bool], times: int = 1) -> None:
        """Break the next ``times`` requests of a kind."""
        left = [times]

        def plan(seen: Seen) -> str | None:
            if left[0] and when(seen):
                left[0] -= 1
                return fault
            return None

        self.plan = plan

    def off(self) -> None:
        """Pass everything on."""
        self.plan = lambda _seen: None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultProxy

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        seen = Seen(self.command, self.path, body, dict(self.headers.items()))
        fault = self.proxy.plan(seen)
        self.proxy.seen.append(seen)
        if fault is None:
            self._answer(*self._forward(seen))
            for old in self.proxy.late:
                self._forward(old)
            if seen.pushes:
                self.proxy.late.clear()
            return
        self.proxy.broken.append(fault)
        self._break(seen, fault)

    def _break(self, seen: Seen, fault: str) -> None:
        if fault == "late":
            self.proxy.late.append(seen)
        if fault in ("cut-before", "late"):
            self._cut()
        elif fault == "captive":
            self._answer(200, {"Content-Type": "text/html"}, "<html>Mời đăng nhập Wi-Fi</html>".encode())
        elif fault == "redirect":
            self._answer(302, {"Location": "http://127.0.0.1:9/login", "Content-Type": FHIR}, b"{}")
        elif fault.startswith("429"):
            moment = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
            told = {"429-seconds": {"Retry-After": "3"}, "429-date": {"Retry-After": moment}}.get(fault, {})
            self._answer(429, {"Content-Type": FHIR, **told}, b'{"resourceType":"OperationOutcome","issue":[]}')
        elif fault.isdigit() and fault != "204":
            self._answer(int(fault), {"Content-Type": "text/html"}, b"<html>no</html>")
        else:
            self._spoil(seen, fault)

    def _spoil(self, seen: Seen, fault: str) -> None:
        status, headers, body = self._forward(seen)
        if fault == "twice":
            self._answer(*self._forward(seen))
        elif fault == "cut-after":
            self._cut()
        elif fault == "truncated":
            self._head(status, headers, len(body))
            self.wfile.write(body[: len(body) // 2])
            self._cut()
        elif fault == "500-after":
            self._answer(500, {"Content-Type": "text/html"}, b"<html>no</html>")
        elif fault == "empty-200":
            self._answer(200, headers, b"")
        elif fault == "204":
            self._answer(204, {}, b"")
        elif fault == "wrong-type":
            self._answer(status, {**headers, "Content-Type": "text/plain"}, body)
        elif fault == "gzip-plain":
            self._answer(status, {**headers, "Content-Encoding": "gzip"}, body)
        elif fault == "bom":
            self._answer(status, headers, b"\xef\xbb\xbf" + body)
        elif fault == "delay":
            # The client hangs up when its time is over; ten seconds bound a client that does not.
            self.connection.settimeout(10)
            with contextlib.suppress(OSError):
                self.connection.recv(1)
            self._cut()
        else:
            self._answer(status, headers, _another_list(body, fault))

    def _forward(self, seen: Seen) -> tuple[int, dict[str, str], bytes]:
        there = urlsplit(self.proxy.upstream)
        connection = http.client.HTTPConnection(there.hostname or "", there.port or 80, timeout=30)
        headers = {name: value for name, value in seen.headers.items() if name.lower() != "accept-encoding"}
        connection.request(seen.method, seen.path, seen.body or None, {**headers, "Accept-Encoding": "identity"})
        answer = connection.getresponse()
        body = answer.read()
        # One spelling of each name, so that a fault replaces a header and does not stand beside it.
        kept = {name.title(): value for name, value in answer.getheaders() if name.lower() not in _OWN}
        connection.close()
        return answer.status, kept, body

    def _head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError):
            self._head(status, headers, len(body))
            self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


_OWN = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


def _another_list(body: bytes, fault: str) -> bytes:
    bundle = json.loads(body)
    entries = bundle.get("entry", [])
    if fault == "shorter":
        entries = entries[:-1]
    elif fault == "longer":
        entries = [*entries, *entries[-1:]]
    else:
        entries = entries[::-1]
    return json.dumps({**bundle, "entry": entries}).encode()


@contextlib.contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A proxy in front of ``upstream`` for a ``with`` block."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy = FaultProxy(f"http://127.0.0.1:{server.server_address[1]}", upstream)
    handler.proxy = proxy
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
