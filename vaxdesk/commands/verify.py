"""``vaxdesk verify``: with ``--trust`` on any computer; without it by the station's lists and records."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from vaxdesk.certificates import command
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verification
from vaxdesk.commands.options import add_station_options
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    add_station_options(command.add_parser(subparsers))


def run(args: argparse.Namespace) -> int:
    """Print the answers; 0 if every code is valid, 1 if one is not."""
    return command.judge(args, lambda at: _held(args, at))


def _held(args: argparse.Namespace, at: datetime) -> list[Verification]:
    """The answers by what the station trusts (nothing before its enrolment) and by what it issued itself.

    :raises InputError: there is no station here, or its file does not open.
    """
    # The station's own parts take four times as long to load as a check with --trust takes: only this needs them.
    from vaxdesk.commands.common import paths_of, station
    from vaxdesk.services import signing, verifying

    if not paths_of(args).key_slots.exists():
        raise InputError(N_("There is no station here: say whom to trust with --trust PATH."))
    with station(args) as ctx:
        found = command.verifications(args.inputs, signing.trust(ctx) or Trust(), at)
        return [verifying.by_own_records(ctx, one)[0] for one in found]
