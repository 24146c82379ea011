"""``vaxdesk portal``: run the portal, and its administrator's acts beside it.

``portal`` alone serves; ``portal authority …`` keeps the district's keys and lists; ``portal station …`` enrols and
closes stations; ``portal pack …`` signs and publishes campaign files. Options for the database and the authority may
stand before or after the act.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from vaxdesk.clock import SystemClock
from vaxdesk.errors import InputError, KnownError
from vaxdesk.i18n import N_, translate
from vaxdesk.paths import default_data_dir
from vaxdesk.portal.settings import Limits, PortalSettings, require_protected


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``portal`` and its sub-actions to the program's commands."""
    parser: argparse.ArgumentParser = subparsers.add_parser("portal", help=translate(N_("Run the reference portal")))
    _add_places(parser, None)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443, help=translate(N_("0 takes a free port")))
    parser.add_argument("--with-parent", action="store_true", help=translate(N_("stop when standard input ends")))
    parser.add_argument("--tls-cert", type=Path, metavar="FILE")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    for name, default, words in (
        ("--rate", Limits.station_rate, N_("requests a second and station")),
        ("--public-rate", float(Limits.address_per_minute), N_("look-ups a minute and address on the public page")),
    ):
        parser.add_argument(name, type=float, default=default, metavar="N", help=translate(words))
    parser.add_argument(
        "--max-body", type=int, default=Limits.body_bytes, metavar="BYTES", help=translate(N_("largest request"))
    )
    acts = parser.add_subparsers(dest="room", metavar="authority|station|pack")
    _authority(acts.add_parser("authority", help=translate(N_("the district's keys and signed lists"))))
    _station(acts.add_parser("station", help=translate(N_("enrol and close stations"))))
    _pack(acts.add_parser("pack", help=translate(N_("sign, publish and withdraw campaign files"))))
    return parser


def _add_places(parser: argparse.ArgumentParser, default: Any) -> None:
    options = parser.add_argument_group(translate(N_("where the portal keeps things")))
    options.add_argument(
        "--database",
        default=default,
        metavar="URL",
        help=translate(N_("sqlite:///FILE or postgresql://…; by default a file in the data folder")),
    )
    options.add_argument(
        "--authority", type=Path, default=default, metavar="DIR", help=translate(N_("folder of the authority's keys"))
    )
    options.add_argument(
        "--secret-file",
        type=Path,
        default=default,
        metavar="FILE",
        help=translate(N_("a file whose first line is the authority's passphrase")),
    )
    options.add_argument(
        "--practice",
        action="store_true",
        default=False if default is None else default,
        help=translate(N_("invented people only")),
    )


def _act(acts: Any, name: str, words: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=translate(words))
    _add_places(parser, argparse.SUPPRESS)
    for argument in arguments:
        parser.add_argument(argument)
    return parser


def _authority(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    create = _act(acts, "create", N_("make an authority in an empty folder"))
    create.add_argument("--name", required=True)
    for name, default, words in (
        ("--code-life", 180, N_("days that a station's code lives (1 to 366)")),
        ("--station-days", 365, N_("days that a station's certificate lives (30 to 730)")),
    ):
        create.add_argument(name, type=int, default=default, metavar="DAYS", help=translate(words))
    _act(acts, "show", N_("its name, fingerprint and lists"))
    life = _act(acts, "life", N_("change how long stations' codes live; it travels with the next trust list"))
    life.add_argument("days", type=int, metavar="DAYS")
    lists = _act(acts, "list", N_("write a signed list to a file"))
    lists.add_argument("kind", choices=("trust", "revocation"))
    lists.add_argument("--out", type=Path, required=True, metavar="FILE")
    _act(acts, "revoke", N_("put a certificate's id on the revocation list"), "identifier")
    others = _act(acts, "trust-others", N_("vouch for the signers of other countries, in place of those before"))
    others.add_argument(
        "path", type=Path, metavar="PATH", help=translate(N_("a certificate, a folder, or a published list"))
    )


def _station(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    answer = _act(acts, "answer", N_("answer a station's request file"))
    answer.add_argument("request", type=Path)
    answer.add_argument("--out", type=Path, required=True, metavar="FILE")
    answer.add_argument("--url", default="", help=translate(N_("the portal's address for the station's sync")))
    add = _act(acts, "add", N_("register a station without a request file"), "code")
    add.add_argument("--name", required=True)
    add.add_argument("--province", default="")
    add.add_argument("--commune", default="")
    _act(acts, "code", N_("make a one-time enrolment code"), "code")
    _act(acts, "token", N_("make a sync token"), "code")
    revoke = _act(acts, "revoke", N_("close a station and withdraw its tokens"), "code")
    revoke.add_argument(
        "--certificate", action="store_true", help=translate(N_("also take its signing keys off the trust list"))
    )


def _pack(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    sign = _act(acts, "sign", N_("check a pack's folder and write it as a signed campaign file"))
    sign.add_argument("folder", type=Path, metavar="DIR")
    sign.add_argument("--out", type=Path, required=True, metavar="FILE.vaxpack")
    publish = _act(acts, "publish", N_("check a signed campaign file and offer it to all stations"))
    publish.add_argument("file", type=Path, metavar="FILE.vaxpack")
    _act(acts, "list", N_("the campaign files that are or were offered"))
    _act(acts, "withdraw", N_("offer a version no longer"), "code", "version")


def run(args: argparse.Namespace) -> int:
    """Do what the arguments ask; the exit code.

    :raises KnownError: the world is not as it should be; the command line words it.
    """
    from vaxdesk.portal import administration

    settings = _settings(args)
    if args.room == "authority":
        return _tell(args, administration.authority_act(args, settings))
    if args.room == "station":
        return _tell(args, administration.station_act(args, settings))
    if args.room == "pack":
        return _tell(args, administration.pack_act(args, settings))
    require_protected(args.host, args.tls_cert, args.tls_key)
    from vaxdesk.portal.app import create_app
    from vaxdesk.portal.server import listen, serve

    with listen(args.host, args.port) as listener:
        serve(create_app(settings), listener, args.tls_cert, args.tls_key, args.with_parent)
    return 0


def _settings(args: argparse.Namespace) -> PortalSettings:
    passphrase = None
    if args.secret_file is not None:
        try:
            passphrase = args.secret_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise InputError("The file with the passphrase cannot be read.") from error
    database = args.database
    if database is None:
        folder = getattr(args, "data_dir", None) or default_data_dir(args.practice)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnownError("The folder {name} cannot be written.", name=folder.name) from error
        database = f"sqlite:///{folder / 'portal.db'}"
    rate, public = args.rate, args.public_rate
    if rate <= 0 or public <= 0 or args.max_body <= 0:
        raise InputError("Rates and sizes are above 0.")
    return PortalSettings(
        database_url=database,
        authority_dir=args.authority,
        authority_passphrase=passphrase,
        practice=args.practice,
        limits=Limits(
            station_rate=rate,
            station_burst=max(1, int(rate * 4)),
            body_bytes=args.max_body,
            address_per_minute=public,
            registrations_per_minute=public,
        ),
        secure=args.tls_cert is not None,
        clock=SystemClock(),
    )


def _tell(args: argparse.Namespace, done: dict[str, Any]) -> int:
    if getattr(args, "json", False):
        text = json.dumps(done, ensure_ascii=False)
    else:
        text = "\n".join(line for name, value in done.items() for line in _lines(name, value))
    sys.stdout.write(text + "\n")
    return 0


def _lines(name: str, value: Any) -> list[str]:
    """One line a value; one line for each row of a list."""
    if not isinstance(value, list):
        return [f"{name}: {value}"]
    return [f"{name}: 0"] if not value else ["  ".join(str(part) for part in row.values()) for row in value]
