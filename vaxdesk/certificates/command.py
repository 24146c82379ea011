"""The command ``vaxdesk verify``: judge codes from texts, files, pictures and PDFs without a network."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vaxdesk.certificates import hc1
from vaxdesk.certificates.inputs import MAX_FILE_BYTES, verify_input
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verification
from vaxdesk.clock import SystemClock
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate

_FRACTION = re.compile(r"\.(\d+)")
_FILE_NAME = re.compile(r"\.(png|jpe?g|gif|bmp|tiff?|webp|p[bgpn]m|pdf|txt)$", re.IGNORECASE)
_STANDARD_INPUT = "-"
_ZONE = re.compile(r"([+-]\d\d)(\d\d)$")


def parse_moment(text: str) -> datetime:
    """An ISO 8601 moment as an aware time; without a zone it is UTC; finer than a microsecond is cut off.

    Raises InputError.
    """
    content = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text.strip())
    try:
        moment = datetime.fromisoformat(_ZONE.sub(r"\1:\2", re.sub("z$", "Z", content)))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a zone can push the first or the last day over the calendar's edge
        words = N_("{text} is not a moment; write for example 2026-11-21T08:00:00+07:00.")
        raise InputError(words, text=text) from None


def verifications(inputs: Sequence[str], trust: Trust, at: datetime) -> list[Verification]:
    """Verify each input: an ``HC1:`` text, else a file if there is one of that name, else a text as it stands.

    ``-`` is what comes on the standard input, a text or the bytes of a file. Raises InputError where a file cannot be
    read, or an input is a folder or the name of a file that is not there.
    """
    found = [_as_file(given) for given in inputs]  # all of them before the first is judged
    answers: list[Verification] = []
    for given, path in zip(inputs, found, strict=True):
        content = sys.stdin.buffer.read(MAX_FILE_BYTES) if given == _STANDARD_INPUT else path
        answers += verify_input(given if content is None else content, trust, at, label=given)
    return answers


def _as_file(given: str) -> Path | None:
    """The file that an input names; None where the input is the text itself. Raises InputError."""
    if given.lstrip().startswith(hc1.PREFIX) or "\n" in given or given == _STANDARD_INPUT:
        return None
    path = Path(given)
    try:
        if path.is_file() or path.is_fifo():
            return path
        absent = path.is_dir() if given else False
    except (OSError, ValueError):  # a long text is no possible file name
        return None
    if absent or (_FILE_NAME.search(given) and "://" not in given):
        raise InputError(N_("The file {path} cannot be read."), path=given)
    return None


def verify_command(inputs: Sequence[str], trust_path: Path | str, at: datetime) -> list[dict[str, Any]]:
    """The answers of :func:`verifications` as plain JSON values."""
    return [answer.as_json() for answer in verifications(inputs, Trust.load(Path(trust_path)), at)]


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``verify`` to the command line; who runs it also finds the trust where ``--trust`` is not given."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help=translate(N_("Check certificates: pictures, PDF files or HC1 texts")),
        description=translate(N_("Judge vaccination codes without a network. Exit code 0 only if all are valid.")),
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help=translate(N_("HC1: text, text file, picture or PDF; - reads it from the standard input")),
    )
    parser.add_argument(
        "--trust",
        metavar="PATH",
        help=translate(
            N_(
                "certificate, folder of certificates and signed lists, signed list, or EU trust list (JSON); "
                "else the lists that this station holds"
            )
        ),
    )
    parser.add_argument(
        "--at", metavar="TIME", help=translate(N_("moment to judge by, for example 2026-11-21T08:00+07:00; else now"))
    )
    return parser


def judge(args: argparse.Namespace, held: Callable[[datetime], list[Verification]]) -> int:
    """Print the answers; 0 if every code is valid, 1 if one is not.

    ``held`` gives them where no ``--trust`` is given, for the moment to judge by.
    """
    at = parse_moment(args.at) if args.at is not None else SystemClock().now()
    if args.trust is not None:
        if not args.trust:  # an unset variable in a script must not mean the folder that it happens to run in
            raise InputError(N_("There is no file or folder {path}."), path=repr(args.trust))
        trust = Trust.load(Path(args.trust))
        for sentence in trust.left_out:
            print(sentence.text(), file=sys.stderr)
        answers = verifications(args.inputs, trust, at)
    else:
        answers = held(at)
    if args.json:
        lines = [json.dumps([answer.as_json() for answer in answers], ensure_ascii=False, indent=1)]
    else:
        lines = [f"{answer.input[:60]}: {answer.verdict.value}: {answer.words()}" for answer in answers]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(answer.valid for answer in answers) else 1
