"""The command line: finds the command's module, runs it, and turns known errors into words and exit codes.

Exit codes: 0 done or yes, 1 refused or a negative verdict, 2 bad input, 3 a fault of the program. A
command's module is imported only when the command is chosen, so that ``vaxdesk --help`` answers at once.

A module of :data:`COMMANDS` offers ``add_parser(subparsers)``, which adds the command (or several that share the
module), and ``run(args) -> int``, which prints its answer (as JSON where ``args.json`` is set) and returns the code.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

import vaxdesk
from vaxdesk import i18n
from vaxdesk.errors import FieldError, InputError, KnownError, report
from vaxdesk.i18n import N_, translate

DONE, REFUSED, BAD_INPUT, FAULT = 0, 1, 2, 3

#: Command → the module that holds it, and its line in the help.
COMMANDS: dict[str, tuple[str, str]] = {
    "verify": ("vaxdesk.commands.verify", N_("Check certificates: pictures, PDF files or HC1 texts")),
    "campaign": ("vaxdesk.commands.campaign", N_("Check, import, list campaign packs and bring them into force")),
    "schedule": ("vaxdesk.campaigns.command", N_("Judge doses and find the next one")),
    "screening": ("vaxdesk.campaigns.screening_command", N_("Judge the answers of a screening form")),
    "scan": ("vaxdesk.devices.command", N_("Say what a scan or a picture holds")),
    "search": ("vaxdesk.commands.people", N_("Find people")),
    "generate": ("vaxdesk.commands.people", N_("Fill a practice file with invented people")),
    "backup": ("vaxdesk.commands.upkeep", N_("Copy the station's file while it is in use")),
    "restore": ("vaxdesk.commands.upkeep", N_("Put a backup back")),
    "check": ("vaxdesk.commands.upkeep", N_("Check the station's file and its audit chain")),
    "audit": ("vaxdesk.commands.upkeep", N_("Check the audit chain")),
    "portal": ("vaxdesk.portal.command", N_("Run the reference portal")),
    "setup": ("vaxdesk.commands.station", N_("Set a station up from a file")),
    "enrol": ("vaxdesk.commands.station", N_("Import the authority's answer or a newer signed list")),
    "certificate": ("vaxdesk.commands.station", N_("Write a person's certificate as a PDF")),
    "sync": ("vaxdesk.commands.station", N_("Exchange with the portal")),
}

#: Options that take a value and may stand before the command.
_WITH_VALUE = ("--language", "--data-dir")


class CommandParser(argparse.ArgumentParser):
    """A parser that knows the options of every command; a command may define one of them anew."""

    #: Whether bad arguments are told as JSON; the parser that fails has not read ``--json`` yet.
    as_json = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("conflict_handler", "resolve")
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)
        common = self.add_argument_group(translate(N_("options of every command")))
        common.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help=translate(N_("answer as JSON"))
        )
        common.add_argument(
            "--data-dir",
            type=Path,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help=translate(N_("the station's folder, instead of the user's own")),
        )
        common.add_argument(
            "--language",
            choices=i18n.LANGUAGES,
            default=argparse.SUPPRESS,
            help=translate(N_("language of the answers (also: VAXDESK_LANGUAGE)")),
        )

    def error(self, message: str) -> NoReturn:
        """Tell bad arguments; as JSON where that was asked. Exit code 2."""
        if self.as_json:
            _print_json({"error": message}, sys.stdout)
            sys.exit(BAD_INPUT)
        super().error(message)


def build_parser(command: str | None = None) -> tuple[argparse.ArgumentParser, Any]:
    """The parser, and the module of ``command`` (None: only the list of commands, nothing imported)."""
    parser = CommandParser(prog="vaxdesk", description=translate(N_("VaxDesk without its window.")))
    parser.add_argument("--version", action="version", version=f"vaxdesk {vaxdesk.__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    if command is None:
        for name, (_module, line) in COMMANDS.items():
            subparsers.add_parser(name, help=translate(line))
        return parser, None
    module = importlib.import_module(COMMANDS[command][0])
    module.add_parser(subparsers)
    return parser, module


def chosen(argv: Sequence[str]) -> str | None:
    """The command that the arguments name, if any."""
    value_of_option = False
    for text in argv:
        if value_of_option:
            value_of_option = False
        elif text in _WITH_VALUE:
            value_of_option = True
        elif not text.startswith("-"):
            return text if text in COMMANDS else None
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)  # whatever is written is its owner's alone
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        _speak_utf8(stream)
    i18n.set_language(_language(arguments))
    CommandParser.as_json = "--json" in arguments
    parser, module = build_parser(chosen(arguments))
    args = parser.parse_args(arguments)
    args.json = getattr(args, "json", False)
    args.data_dir = getattr(args, "data_dir", None)
    args.language = i18n.language()
    try:
        return int(module.run(args))
    except KnownError as error:
        return tell(error, args.json)
    except BrokenPipeError:
        # The reader of a pipe went away (``| head``): nothing is left to say, not even by the closing flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except KeyboardInterrupt:
        return REFUSED
    except Exception as error:  # noqa: BLE001 - the process's boundary: a traceback would show messages and values
        return tell_fault(error, args.json)


def tell(error: KnownError, as_json: bool) -> int:
    """Say what went wrong, in the user's words, and return the exit code for it."""
    if as_json:
        answer = {"error": error.words(), "id": error.message_id}
        if isinstance(error, FieldError):
            answer["field"] = error.field
        _print_json(answer, sys.stdout)
    else:
        print(error.words(), file=sys.stderr)
    return BAD_INPUT if isinstance(error, InputError) else REFUSED


def tell_fault(error: Exception, as_json: bool) -> int:
    """Say that the program made a mistake, with types, files and lines, and return the exit code for it."""
    words = translate(
        N_(
            "The program made a mistake. What was confirmed before is saved. "
            "The report below names no person; give it to whoever looks after the program."
        )
    )
    if as_json:
        _print_json({"error": words, "fault": report(error)}, sys.stdout)
    else:
        print(words, report(error), sep="\n", file=sys.stderr)
    return FAULT


def _print_json(answer: dict[str, str], stream: TextIO) -> None:
    print(json.dumps(answer, ensure_ascii=False), file=stream)


def _language(arguments: Sequence[str]) -> str:
    """The language asked for, before the parser is built in it; a wrong one is the parser's to refuse."""
    wanted = os.environ.get("VAXDESK_LANGUAGE", "")
    for index, text in enumerate(arguments):
        if text == "--language" and index + 1 < len(arguments):
            wanted = arguments[index + 1]
        elif text.startswith("--language="):
            wanted = text.partition("=")[2]
    return wanted if wanted in i18n.LANGUAGES else i18n.LANGUAGES[0]


def _speak_utf8(stream: TextIO) -> None:
    """Windows pipes and old locales would refuse Vietnamese letters; file names may hold bytes that are no letters."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
