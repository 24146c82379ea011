"""The options that the station's commands share; apart from what opens the station, so that they load at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from vaxdesk.i18n import N_, translate


def add_station_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that opens the station's file."""
    parser.add_argument("--user", metavar="NAME", help=translate(N_("the user's short name")))
    parser.add_argument("--practice", action="store_true", help=translate(N_("the practice file")))
    add_secret_option(parser)


def add_secret_option(parser: argparse.ArgumentParser) -> None:
    """A secret comes from a file or the prompt, never as an argument: arguments can be seen by everybody."""
    parser.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help=translate(N_("a file whose first line is the passphrase; without it you are asked")),
    )
