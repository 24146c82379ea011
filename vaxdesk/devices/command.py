"""The command ``vaxdesk scan``: says what a scanner delivered or a picture holds, with fields and warnings."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from vaxdesk import clock
from vaxdesk.devices import picture
from vaxdesk.domain.cards import KIND_WORDS, Scan, read_scan
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate

#: Enough for any scan; a picture has its own limit.
_LIMIT = picture.MAX_FILE_BYTES + 1


def add_parser(subparsers: Any) -> None:
    """Add ``scan`` to the command line; :func:`run` is its ``run``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "scan", help=translate(N_("Say what a scan or a picture holds"))
    )
    parser.add_argument(
        "source",
        nargs="?",
        default="-",
        metavar="FILE",
        help=translate(N_("a picture, or a file with a scanner's raw bytes; - or nothing: standard input")),
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print each scan; 0 when all are recognised, 1 when one is not.

    :raises InputError: the file cannot be read.
    """
    today = clock.today(clock.SystemClock())
    scans = scans_of(_read(args.source), today)
    if args.json:
        first, *others = [as_json(scan) for scan in scans]
        _say(json.dumps({**first, "others": others}, ensure_ascii=False, indent=2), sys.stdout)
    else:
        _say("\n\n".join(_in_words(scan) for scan in scans), sys.stdout)
    return 0 if all(scan.kind != "unknown" for scan in scans) else 1


def scans_of(data: bytes, today: date) -> list[Scan]:
    """What the bytes hold: each code of a picture, or one scan; at least one."""
    if not picture.is_picture(data):
        return [read_scan(data, today)]
    codes = picture.read_codes(data)
    if not codes:
        raise InputError("No code was found in the picture. Take it again: straight, sharp, without glare.")
    return [read_scan(code.content, today) for code in codes]


def as_json(scan: Scan) -> dict[str, Any]:
    """A scan as plain JSON values."""
    return {
        "kind": scan.kind,
        "fields": dict(scan.fields),
        "warnings": [{"field": w.field, "code": w.code, "message": w.words()} for w in scan.warnings],
        "extras": list(scan.extras),
        "raw": scan.raw,
    }


def _in_words(scan: Scan) -> str:
    lines = [translate(KIND_WORDS[scan.kind])]
    lines += [f"  {name}: {value}" for name, value in scan.fields.items() if value]
    lines += [f"  + {extra}" for extra in scan.extras if extra]
    lines += [f"  ! {warning.words()}" for warning in scan.warnings]
    if scan.kind == "hc1":
        lines.append("  " + translate(N_("Whether it is genuine says “vaxdesk verify”.")))
    return "\n".join(lines)


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(_LIMIT)
    try:
        with Path(source).open("rb") as file:
            return file.read(_LIMIT)
    except (OSError, ValueError) as error:
        raise InputError("The file {path} cannot be read.", path=source) from error


def _say(text: str, stream: TextIO) -> None:
    stream.write(text + "\n")
