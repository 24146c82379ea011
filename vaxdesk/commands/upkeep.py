"""``vaxdesk backup``, ``restore``, ``check`` and ``audit verify``."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vaxdesk.commands.common import add_secret_option, add_station_options, answer, paths_of, secret, station
from vaxdesk.i18n import N_, translate
from vaxdesk.services import upkeep


def add_parser(subparsers: Any) -> None:
    """Add the commands."""
    backup = subparsers.add_parser("backup", help=translate(N_("Copy the station's file while it is in use")))
    backup.add_argument("file", type=Path, metavar="FILE")
    add_station_options(backup)
    backup.set_defaults(act=_backup)
    restore = subparsers.add_parser("restore", help=translate(N_("Put a backup back")))
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--user", metavar="NAME", default="", help=translate(N_("the user's short name")))
    add_secret_option(restore)
    restore.set_defaults(act=_restore)
    check = subparsers.add_parser("check", help=translate(N_("Check the station's file and its audit chain")))
    add_station_options(check)
    check.set_defaults(act=_check)
    audit = subparsers.add_parser("audit", help=translate(N_("Check the audit chain")))
    audit.add_argument("action", choices=["verify"])
    add_station_options(audit)
    audit.set_defaults(act=_audit)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    return int(args.act(args))


def _backup(args: argparse.Namespace) -> int:
    def progress(left: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{total - left}/{total}", end="", file=sys.stderr)

    with station(args) as ctx:
        upkeep.back_up(ctx, args.file, progress)
    answer(args, {"file": str(args.file)}, translate(N_("The backup {name} was written.")).format(name=args.file.name))
    return 0


def _restore(args: argparse.Namespace) -> int:
    # The passphrase lets the backup be tried before anything is moved; a program without one may still restore.
    asked = args.secret_file is not None or sys.stdin.isatty()
    upkeep.restore(paths_of(args), args.file, args.user, secret(args) if asked else "")
    answer(args, {"restored": True}, translate(N_("The backup was put back. Sign in; ask for a new certificate.")))
    return 0


def _check(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        found = upkeep.check(ctx)
    text = "\n".join(found) if found else translate(N_("Nothing wrong was found."))
    answer(args, {"faults": found}, text)
    return 1 if found else 0


def _audit(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        faults = upkeep.check_audit(ctx)
    text = "\n".join(upkeep.fault_words(fault) for fault in faults) or translate(N_("The audit chain holds."))
    answer(args, {"faults": [asdict(fault) for fault in faults]}, text)
    return 1 if faults else 0
