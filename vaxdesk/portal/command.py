"""``vaxdesk portal``: run the portal, and its administrator's acts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from vaxdesk.clock import SystemClock
from vaxdesk.errors import InputError
from vaxdesk.portal import stations
from vaxdesk.portal.app import create_app
from vaxdesk.portal.server import serve
from vaxdesk.portal.settings import Limits, PortalSettings, require_protected
from vaxdesk.portal.store import Store


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``portal`` and its sub-actions to the program's commands."""
    parser: argparse.ArgumentParser = subparsers.add_parser("portal", help="run the reference portal, or administer it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free port")
    parser.add_argument("--database", required=True, help="sqlite:///FILE or postgresql://…", metavar="URL")
    parser.add_argument("--authority", type=Path, help="folder with the district authority's keys", metavar="DIR")
    parser.add_argument("--practice", action="store_true", help="invented people only")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--rate", type=float, default=Limits.station_rate, help="requests a second and station")
    parser.add_argument("--max-body", type=int, default=Limits.body_bytes, help="largest body in bytes")
    actions = parser.add_subparsers(dest="portal_action")
    station = actions.add_parser("station", help="enrol or revoke a station").add_subparsers(dest="act", required=True)
    add = station.add_parser("add", help="register a station without a request file")
    add.add_argument("code")
    add.add_argument("--name", required=True)
    add.add_argument("--province", default="")
    add.add_argument("--commune", default="")
    for name, words in (
        ("code", "make a one-time enrolment code"),
        ("token", "make a sync token"),
        ("revoke", "close a station and withdraw its tokens"),
    ):
        station.add_parser(name, help=words).add_argument("code")
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask; the exit code.

    :raises KnownError: the world is not as it should be; the command line words it.
    """
    if args.portal_action == "station":
        return _station(args)
    require_protected(args.host, args.tls_cert, args.tls_key)
    settings = PortalSettings(
        database_url=args.database,
        authority_dir=args.authority,
        practice=args.practice,
        limits=Limits(station_rate=args.rate, station_burst=max(1, int(args.rate * 4)), body_bytes=args.max_body),
        secure=args.tls_cert is not None,
    )
    serve(create_app(settings), args.host, args.port, args.tls_cert, args.tls_key)
    return 0


def _station(args: argparse.Namespace) -> int:
    store = Store(args.database, SystemClock(), args.practice)
    try:
        done: dict[str, Any] = {"station_id": args.code}
        if args.act == "add":
            stations.register(store, stations.StationFacts(args.code, args.name, args.province, args.commune))
        elif args.act == "code":
            done["code"] = stations.new_code(store, args.code)
        elif args.act == "token":
            done["token"] = stations.new_token(store, args.code)
        elif args.act == "revoke":
            done["revoked_tokens"] = stations.revoke(store, args.code)
        else:
            raise InputError("This act is not known.")
    finally:
        store.close()
    sys.stdout.write(json.dumps(done, ensure_ascii=False) + "\n")
    return 0
