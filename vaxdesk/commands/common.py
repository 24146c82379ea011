"""What the station's commands share: opening the station as a user, reading secrets, answering."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vaxdesk.commands.options import add_secret_option as add_secret_option
from vaxdesk.commands.options import add_station_options as add_station_options
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate
from vaxdesk.paths import StationPaths, default_data_dir
from vaxdesk.services import accounts, packs
from vaxdesk.services.context import Context


def paths_of(args: argparse.Namespace) -> StationPaths:
    """The station's files: ``--data-dir``, else the user's own folder."""
    practice = getattr(args, "practice", False)
    return StationPaths(args.data_dir or default_data_dir(practice))


def secret(args: argparse.Namespace, prompt: str = "") -> str:
    """The passphrase, from the file or the prompt.

    :raises InputError: the file cannot be read, or nobody can be asked.
    """
    if args.secret_file is not None:
        path: Path = args.secret_file
        try:
            return path.read_text(encoding="utf-8-sig").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise InputError("The file with the passphrase cannot be read.") from error
    if not sys.stdin.isatty():
        raise InputError("No passphrase: give --secret-file FILE, or run the command in a terminal.")
    return getpass.getpass((prompt or translate(N_("Passphrase"))) + ": ")


@contextmanager
def station(args: argparse.Namespace) -> Iterator[Context]:
    """The station's file, open as ``--user`` (the only user when not given)."""
    paths = paths_of(args)
    names = accounts.names(paths)
    user = args.user or (names[0] if len(names) == 1 else "")
    if not user:
        raise InputError("Say who you are with --user NAME. Users: {names}", names=", ".join(names))
    context = accounts.sign_in(paths, user, secret(args), packs.loader(paths.campaigns), practice=args.practice)
    try:
        yield context
    finally:
        context.database.close()


def answer(args: argparse.Namespace, data: Any, text: str) -> None:
    """Print the answer: as JSON where asked, else in words."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str) if args.json else text)
