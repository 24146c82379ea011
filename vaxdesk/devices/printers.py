"""Hands finished PDF pages to a printer: through CUPS (``lp``), Windows' own way, or into a folder.

On CUPS the page goes to the spooler through a pipe and never lies in a file of ours.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vaxdesk.clock import VIET_NAM
from vaxdesk.devices import printed_files
from vaxdesk.errors import KnownError
from vaxdesk.i18n import N_

_SECONDS = 30
_NO_PRINTING = N_("This computer has no printing system. Save the pages to a folder and print them elsewhere.")
_FAILED = N_("The printer did not take the page: {reason}. Check that it is on and has paper, then print again.")
_STOPPED = N_("The printer {name} is stopped: {reason}. Start it in the system's printer settings, then print again.")
#: Codes are measured: a page is printed in its own size, never fitted to the paper.
_OPTIONS = ("-o", "print-scaling=none")
#: A4 in points. Smaller pages go onto whatever paper lies in the printer.
_A4, _TOLERANCE = (595.3, 841.9), 3.0
_MEDIA_BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+(\d+(?:\.\d+)?)\s+(\d+(?:\.\d+)?)\s*\]")


@dataclass(frozen=True)
class Printer:
    """A printer of the system. ``folder`` is set for the virtual printer that saves instead."""

    name: str
    is_default: bool = False
    folder: Path | None = None


@dataclass(frozen=True)
class Printed:
    """Where the page went: the spooler's job, or the file."""

    job: str = ""
    path: Path | None = None


def folder_printer(folder: Path) -> Printer:
    """The virtual printer that saves each page as a file in ``folder``."""
    return Printer(str(folder), folder=folder)


def list_printers() -> list[Printer]:
    """The system's printers, the default one first; empty where there is none."""
    if sys.platform == "win32":
        names = _windows_printers()
        return [Printer(name, is_default=place == 0) for place, name in enumerate(names)]
    lpstat = shutil.which("lpstat")
    if lpstat is None:
        return []
    names = [line.split()[0] for line in _output([lpstat, "-e"]).splitlines() if line.strip()]
    default = _default_name(lpstat)
    printers = [Printer(name, name == default) for name in names]
    return sorted(printers, key=lambda printer: not printer.is_default)


def _default_name(lpstat: str) -> str:
    match = re.search(r":\s*(\S+)\s*$", _output([lpstat, "-d"]))
    return match[1] if match else ""


def print_pdf(pdf: bytes | Path, printer: Printer | None = None, title: str = "VaxDesk", copies: int = 1) -> Printed:
    """Print a PDF in its own size on ``printer`` (the system's default one when None).

    :param pdf: the document, or the file that holds it. :param title: shown in the queue; give no personal data.
    :raises KnownError: there is no printing system, the printer is stopped, or it did not take the page.
    """
    if printer is not None and printer.folder is not None:
        return Printed(path=_save(_content(pdf), printer.folder, title))
    if sys.platform == "win32":
        return _print_windows(_content(pdf), printer, copies)
    lp = shutil.which("lp")
    if lp is None:
        raise KnownError(_NO_PRINTING)
    content = _content(pdf)
    _check_running(printer)
    command = [lp, "-t", title, "-n", str(copies), *_OPTIONS, *_paper(content)]
    command += ["-d", printer.name] if printer else []
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list, no shell
            [*command, "--", "-"], input=content, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise KnownError(_FAILED, reason="…") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().removeprefix("lp:").strip()
        raise KnownError(_FAILED, reason=reason or done.returncode)
    job = re.search(r"\S+-\d+", done.stdout.decode("utf-8", "replace"))
    return Printed(job=job[0] if job else "")


def _check_running(printer: Printer | None) -> None:
    """A stopped queue takes pages and keeps them: somebody would wait, and print them again.

    :raises KnownError: it is stopped; with the reason that the system gives.
    """
    lpstat = shutil.which("lpstat")
    if lpstat is None:
        return
    name = printer.name if printer else _default_name(lpstat)
    if not name:
        return
    first, _newline, rest = _output([lpstat, "-p", name]).strip().partition("\n")
    if re.match(rf"printer {re.escape(name)} disabled\b", first):
        raise KnownError(_STOPPED, name=name, reason=rest.partition("\n")[0].strip() or "?")


def _paper(content: bytes) -> tuple[str, ...]:
    """An A4 page asks for A4 paper, whatever the queue's own size is; the first page speaks for all."""
    found = _MEDIA_BOX.search(content)
    if found is None:
        return ()
    size = sorted(float(side) for side in found.groups())
    same = all(abs(side - wanted) <= _TOLERANCE for side, wanted in zip(size, _A4, strict=True))
    return ("-o", "media=A4") if same else ()


def _content(pdf: bytes | Path) -> bytes:
    if isinstance(pdf, bytes):
        return pdf
    try:
        return pdf.read_bytes()
    except OSError as error:
        raise KnownError("The file {path} cannot be read.", path=str(pdf)) from error


def _save(content: bytes, folder: Path, title: str) -> Path:
    """A new file of the folder, never over another: the title, the time, and a number if need be."""
    stem = re.sub(r"[^\w-]+", "-", title).strip("-") or "VaxDesk"
    moment = datetime.now(VIET_NAM).strftime("%Y%m%d-%H%M%S")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            path = folder / (f"{stem}-{moment}.pdf" if number == 1 else f"{stem}-{moment}-{number}.pdf")
            try:
                with path.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                continue
            return path
    except OSError as error:
        message = N_("The page cannot be saved in {folder}: {reason}. Choose another folder.")
        raise KnownError(message, folder=str(folder), reason=error.strerror or "") from error
    raise KnownError("The page cannot be saved in {folder}: too many files of this minute.", folder=str(folder))


def _output(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list, no shell
            command, capture_output=True, timeout=_SECONDS, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _windows_printers() -> list[str]:
    """The names of the installed printers, the default one first."""
    powershell = shutil.which("powershell")
    if powershell is None:
        return []
    order = "Get-CimInstance Win32_Printer | Sort-Object -Descending Default | ForEach-Object { $_.Name }"
    return [
        line.strip() for line in _output([powershell, "-NoProfile", "-Command", order]).splitlines() if line.strip()
    ]


def _print_windows(content: bytes, printer: Printer | None, copies: int) -> Printed:
    """Through the program that is registered for PDF files; it reads the page from a file of the user's own."""
    start = getattr(os, "startfile", None)
    if start is None:
        raise KnownError(_NO_PRINTING)
    path = printed_files.keep(content)
    try:
        for _copy in range(copies):
            if printer is None:
                start(str(path), "print")
            else:
                start(str(path), "printto", f'"{printer.name}"')
    except OSError as error:
        path.unlink(missing_ok=True)
        raise KnownError(_FAILED, reason=error.strerror or "") from error
    return Printed(job=printer.name if printer else "")
