"""The command ``vaxdesk verify``: judge codes from texts, files, pictures and PDFs without a network."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vaxdesk.certificates import hc1
from vaxdesk.certificates.inputs import verify_input
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verification
from vaxdesk.clock import SystemClock
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate

_FRACTION = re.compile(r"\.(\d+)")
_ZONE = re.compile(r"([+-]\d\d)(\d\d)$")


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment as an aware time; without a zone it is UTC; finer than a microsecond is cut off.

    Raises InputError.
    """
    content = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text.strip())
    try:
        moment = datetime.fromisoformat(_ZONE.sub(r"\1:\2", content))
    except ValueError:
        words = N_("{text} is not a moment; write for example 2026-11-21T08:00:00+07:00.")
        raise InputError(words, text=text) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def verifications(inputs: Sequence[str], trust_path: Path, at: datetime) -> list[Verification]:
    """Verify each input: an ``HC1:`` text, else a file if there is one of that name, else a text as it stands.

    Raises InputError where the trust path or a file cannot be read.
    """
    trust = Trust.load(trust_path)
    answers: list[Verification] = []
    for given in inputs:
        path = _as_file(given)
        answers += verify_input(path if path is not None else given, trust, at, label=given)
    return answers


def _as_file(given: str) -> Path | None:
    if given.startswith(hc1.PREFIX) or "\n" in given:
        return None
    path = Path(given)
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):  # a long text is no possible file name
        return None


def verify_command(inputs: Sequence[str], trust_path: Path | str, at: datetime) -> list[dict[str, Any]]:
    """The answers of :func:`verifications` as plain JSON values."""
    return [answer.as_json() for answer in verifications(inputs, Path(trust_path), at)]


def add_parser(subparsers: Any) -> None:
    """Add ``verify`` to the command line; :func:`run` is its ``run``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help=translate(N_("Check certificates: pictures, PDF files or HC1 texts")),
        description=translate(N_("Judge vaccination codes without a network. Exit code 0 only if all are valid.")),
    )
    parser.add_argument(
        "inputs", nargs="+", metavar="INPUT", help=translate(N_("HC1: text, text file, picture or PDF"))
    )
    parser.add_argument(
        "--trust",
        required=True,
        metavar="PATH",
        help=translate(
            N_("certificate, folder of certificates and signed lists, signed list, or EU trust list (JSON)")
        ),
    )
    parser.add_argument(
        "--at", metavar="TIME", help=translate(N_("moment to judge by, for example 2026-11-21T08:00+07:00; else now"))
    )
    parser.add_argument("--json", action="store_true", help=translate(N_("answer as JSON")))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the answers; 0 if every code is valid, 1 if one is not."""
    at = parse_moment(args.at) if args.at else SystemClock().now()
    answers = verifications(args.inputs, Path(args.trust), at)
    if args.json:
        lines = [json.dumps([answer.as_json() for answer in answers], ensure_ascii=False, indent=1)]
    else:
        lines = [f"{answer.input[:60]}: {answer.verdict.value}: {answer.words()}" for answer in answers]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(answer.valid for answer in answers) else 1
