"""Starts the portal as a process of its own, as a station meets it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vaxdesk.clock import SystemClock
from vaxdesk.portal import stations
from vaxdesk.portal.store import Store


@dataclass
class PortalProcess:
    """A running portal. ``url`` is its address without a path; ``fhir`` its FHIR base."""

    url: str
    database: str
    practice: bool
    process: subprocess.Popen[str]
    authority: Path | None = None
    extra: list[str] = field(default_factory=list)
    #: The same database, opened beside the running portal when it is first needed.
    store: Store | None = None

    @property
    def fhir(self) -> str:
        """The FHIR base address."""
        return f"{self.url}/fhir"

    def admin(self, *arguments: str) -> dict[str, Any]:
        """Run an administrator's act beside the running portal and read its answer."""
        command = [*_command(self.database, self.practice, self.authority), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))

    def station(self, code: str, name: str = "Trạm Y tế xã Mường Lạn") -> str:
        """Register a station beside the running portal; its sync token."""
        if self.store is None:
            self.store = Store(self.database, SystemClock(), self.practice)
        stations.register(self.store, stations.StationFacts(code, name, "Sơn La", "Xã Mường Lạn"))
        return stations.new_token(self.store, code)

    def stop(self) -> int:
        """Ask it to stop and wait; its exit code."""
        if self.store is not None:
            self.store.close()
            self.store = None
        self.process.terminate()
        code = self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()
        return code

    def kill(self) -> None:
        """Take its power away."""
        self.process.kill()
        self.stop()


def _command(database: str, practice: bool, authority: Path | None) -> list[str]:
    command = [sys.executable, "-m", "vaxdesk.portal", "--json", "--database", database]
    if practice:
        command.append("--practice")
    if authority:
        command += ["--authority", str(authority)]
    return command


def start_portal(
    folder: Path,
    *extra: str,
    port: int = 0,
    database: str | None = None,
    practice: bool = False,
    authority: Path | None = None,
) -> PortalProcess:
    """Start a portal whose database lies in ``folder`` and wait until it takes requests.

    ``extra`` are further options of ``vaxdesk portal``, for example ``"--rate", "2"``.
    """
    address = database or f"sqlite:///{folder / 'portal.db'}"
    command = [*_command(address, practice, authority), "--port", str(port), *extra]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
    )
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
    finally:
        watchdog.cancel()
    if not line:
        with process:
            words = process.stderr.read() if process.stderr else ""
        raise RuntimeError(f"The portal did not start: {words}")
    return PortalProcess(json.loads(line)["url"], address, practice, process, authority, list(extra))


@contextlib.contextmanager
def running_portal(folder: Path, *extra: str, **options: Any) -> Iterator[PortalProcess]:
    """:func:`start_portal` for a ``with`` block."""
    portal = start_portal(folder, *extra, **options)
    try:
        yield portal
    finally:
        portal.stop()
