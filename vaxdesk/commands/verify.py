"""``vaxdesk verify``: with ``--trust`` on any computer; without it by the lists that the station holds."""

from __future__ import annotations

import argparse
from typing import Any

from vaxdesk.certificates import command
from vaxdesk.certificates.trust import Trust
from vaxdesk.commands.common import add_station_options, paths_of, station
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_
from vaxdesk.services import signing


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    add_station_options(command.add_parser(subparsers))


def run(args: argparse.Namespace) -> int:
    """Print the answers; 0 if every code is valid, 1 if one is not."""
    return command.judge(args, lambda: _held(args))


def _held(args: argparse.Namespace) -> Trust:
    """What the station trusts; nothing before its enrolment.

    :raises InputError: there is no station here, or its file does not open.
    """
    if not paths_of(args).key_slots.exists():
        raise InputError(N_("There is no station here: say whom to trust with --trust PATH."))
    with station(args) as ctx:
        return signing.trust(ctx) or Trust()
