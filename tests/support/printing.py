"""A virtual printer on loopback with a printing system of its own; the computer's own printing is left alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

INSTALL = "apt-get install -y --no-install-recommends cups cups-client cups-ipp-utils cups-filters avahi-daemon dbus"
PROGRAMS = ("cupsd", "lpadmin", "lp", "lpstat", "ippeveprinter", "avahi-daemon", "dbus-daemon")
QUEUE = "vaxtest"
_SECONDS = 40
_pause = threading.Event()

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={folder}/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/><allow user="*"/></policy></busconfig>
"""
_AVAHI = """[server]
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
enable-dbus=yes
[wide-area]
enable-wide-area=no
"""
_FILES = """ServerRoot {folder}/root
StateDir {folder}/state
CacheDir {folder}/cache
RequestRoot {folder}/requests
ErrorLog {folder}/error_log
AccessLog {folder}/access_log
PageLog {folder}/page_log
SystemGroup root
"""
_CUPS = """Listen 127.0.0.1:{port}
Browsing Off
WebInterface No
JobRetryInterval 1
<Location />
Order allow,deny
Allow from 127.0.0.1
</Location>
<Location /admin>
Order allow,deny
Allow from 127.0.0.1
</Location>
<Policy default>
<Limit All>
Order deny,allow
Allow all
</Limit>
</Policy>
"""


def missing() -> str:
    """Why the virtual printer cannot run here; empty where it can."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if absent:
        return f"no {', '.join(absent)}: {INSTALL}"
    return "" if os.geteuid() == 0 else "the printing system's own programs run as root only"


@dataclass
class VirtualPrinter:
    """A running queue. ``spool`` is where the printer keeps what arrived."""

    spool: Path
    server: str
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """Run one of the printing system's commands."""
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=self.environment, timeout=30)
        return done.stdout

    def arrived(self, count: int) -> list[bytes]:
        """What the printer has, once ``count`` jobs are through; the oldest first."""
        until(lambda: not self.command("lpstat", "-o", QUEUE).strip() and len(list(self.spool.iterdir())) >= count)
        files = sorted(self.spool.iterdir(), key=lambda path: int(path.name.partition("-")[0]))
        return [path.read_bytes() for path in files]


def until(answer: Callable[[], bool], seconds: float = _SECONDS) -> None:
    """Ask again and again; :raises TimeoutError: it never became true."""
    for _ in range(int(seconds * 10)):
        if answer():
            return
        _pause.wait(0.1)
    raise TimeoutError("the printing system did not get there")


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def virtual_printer() -> Iterator[VirtualPrinter]:
    """Start bus, announcer, printer and printing system in a folder of their own; all of them end with the block."""
    # Not below pytest's own folder: filters run as another user and could not read there.
    with tempfile.TemporaryDirectory(prefix="vaxdesk-printer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _running(folder) as made:
            yield made


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[VirtualPrinter]:
    for name in ("spool", "root", "state", "cache", "requests"):
        (folder / name).mkdir(parents=True)
    printer_port, port = free_port(), free_port()
    for name, text in (("bus.conf", _BUS), ("avahi.conf", _AVAHI), ("files.conf", _FILES), ("cupsd.conf", _CUPS)):
        (folder / name).write_text(text.format(folder=folder, port=port))
    environment = {
        **os.environ,
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus",
        "CUPS_SERVER": f"127.0.0.1:{port}",
        "LC_ALL": "C",
    }
    with contextlib.ExitStack() as running:

        def start(*command: str) -> subprocess.Popen[bytes]:
            with (folder / f"{command[0]}.log").open("ab") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
            running.callback(_end, process)
            return process

        start("dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile")
        until((folder / "bus").exists)
        start("avahi-daemon", "-f", f"{folder}/avahi.conf", "--no-rlimits", "--no-chroot", "--no-drop-root")
        spool = folder / "spool"
        wanted = (
            "-p",
            str(printer_port),
            "-n",
            "localhost",
            "-f",
            "application/pdf",
            "-d",
            str(spool),
            "-k",
            "-s",
            "600",
        )
        printer = start("ippeveprinter", *wanted, "-r", "off", "VaxTest")

        def printing() -> bool:
            nonlocal printer
            if printer.poll() is not None:  # the announcer was not ready yet
                printer = start("ippeveprinter", *wanted, "-r", "off", "VaxTest")
            return listens(printer_port)

        until(printing)
        start("cupsd", "-f", "-c", f"{folder}/cupsd.conf", "-s", f"{folder}/files.conf")
        until(lambda: listens(port))
        made = VirtualPrinter(spool, environment["CUPS_SERVER"], environment)
        address = f"ipp://localhost:{printer_port}/ipp/print"
        made.command("lpadmin", "-p", QUEUE, "-E", "-v", address, "-m", "everywhere")
        until(lambda: QUEUE in made.command("lpstat", "-e"))
        yield made


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
