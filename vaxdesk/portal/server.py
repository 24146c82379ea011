"""Runs a portal as a process: binds first, says where, stops when told."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from vaxdesk.errors import InputError


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. :raises InputError: the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's delay off; without it each answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        words = "The portal cannot listen on {host}:{port}: {reason}."
        raise InputError(words, host=host, port=port, reason=error.strerror or type(error).__name__) from error
    return listener


def serve(
    app: Starlette,
    listener: socket.socket,
    certificate: Path | None = None,
    key: Path | None = None,
    with_parent: bool = False,
) -> None:
    """Serve on a bound socket until SIGTERM or SIGINT; the socket is closed then.

    :param with_parent: also stop when standard input ends, which it does when the process that holds it has ended,
        in whichever way.

    A line of JSON on standard output says ``{"ready": true, "host", "port", "url"}`` once requests are taken.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_graceful_shutdown=4,
        timeout_keep_alive=60,
        h11_max_incomplete_event_size=65_536,
        limit_concurrency=1000,
    )
    server = _Server(config, "https" if certificate else "http")
    # uvicorn stops in order at a signal and raises it again at the end; that second time has nothing left to do.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    if with_parent:
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    with listener, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    server.should_exit = True


class _Server(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config, scheme: str) -> None:
        super().__init__(config)
        self._scheme = scheme

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            line = {"ready": True, "host": host, "port": port, "url": f"{self._scheme}://{shown}:{port}"}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
