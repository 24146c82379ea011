"""``vaxdesk setup``, ``enrol``, ``certificate`` and ``sync``."""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from vaxdesk.clock import local_date
from vaxdesk.commands.common import add_secret_option, add_station_options, answer, paths_of, secret, station
from vaxdesk.db import keyslots
from vaxdesk.domain import personal_code, units
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate
from vaxdesk.queries import people as people_query
from vaxdesk.services import certificates, enrolment, key_renewal, listed_papers, packs, setup
from vaxdesk.services.accounts import NewUser
from vaxdesk.services.context import ROLES


def add_parser(subparsers: Any) -> None:
    """Add the commands."""
    make = subparsers.add_parser("setup", help=translate(N_("Set a station up from a file")))
    make.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE.toml")
    make.add_argument("--practice", action="store_true", help=translate(N_("the practice file")))
    make.add_argument(
        "--recovery-to",
        type=Path,
        metavar="FILE",
        help=translate(N_("where the recovery code is written once, for example a pipe to the printer")),
    )
    add_secret_option(make)
    make.set_defaults(act=_setup)

    enrol = subparsers.add_parser("enrol", help=translate(N_("Import the authority's answer or a newer signed list")))
    what = enrol.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, metavar="FILE", nargs="?")
    what.add_argument(
        "--request",
        action="store_true",
        help=translate(N_("write the request file where a new key is due or has no certificate yet")),
    )
    enrol.add_argument(
        "--fingerprint", default="", help=translate(N_("the authority's fingerprint, compared by telephone"))
    )
    add_station_options(enrol)
    enrol.set_defaults(act=_enrol)

    paper = subparsers.add_parser("certificate", help=translate(N_("Write a person's certificate as a PDF")))
    paper.add_argument("--person", required=True, metavar="CODE")
    paper.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    paper.add_argument("--size", choices=["A4", "A5", "card"], default="A5")
    add_station_options(paper)
    paper.set_defaults(act=_certificate)

    sync = subparsers.add_parser("sync", help=translate(N_("Exchange with the portal")))
    sync.add_argument("--once", action="store_true", required=True)
    add_station_options(sync)
    sync.set_defaults(act=_sync)


def run(args: argparse.Namespace) -> int:
    """Run the chosen one."""
    return int(args.act(args))


def read_set_up(path: Path, passphrase: str, practice: bool) -> setup.SetUp:
    """The set-up that a TOML file describes: the fields of :class:`SetUp`, and a table ``manager``.

    :raises InputError: the file cannot be read, or a key is unknown, missing, or of the wrong kind.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError("The file {name} cannot be read.", name=path.name) from error
    except ValueError as error:
        raise InputError("The file {name} is not TOML: {problem}", name=path.name, problem=str(error)) from error
    manager = data.pop("manager", None)
    known = {item.name for item in fields(setup.SetUp)} - {"manager", "practice"}
    for key, value in data.items():
        if key not in known:
            raise InputError("{name}: the key {key} is not known.", name=path.name, key=key)
        if not isinstance(value, str):
            raise InputError("{name}: {key} must be a text.", name=path.name, key=key)
    missing = [
        key
        for key in ("code", "name", "province_code", "commune_code", "province_name", "commune_name")
        if key not in data
    ]
    if missing:
        raise InputError("{name}: the key {key} is missing.", name=path.name, key=missing[0])
    commune = units.units().commune(data["commune_code"])
    if commune is None or commune.province_code != data["province_code"]:
        words = N_("{name}: the table of communes has no {commune} in the province {province}.")
        raise InputError(words, name=path.name, commune=data["commune_code"], province=data["province_code"])
    if not isinstance(manager, dict) or not all(isinstance(manager.get(key), str) for key in ("name", "full_name")):
        raise InputError("{name}: the table manager needs name and full_name.", name=path.name)
    roles = manager.get("roles", list(ROLES))
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise InputError("{name}: roles must be a list of texts.", name=path.name)
    user = NewUser(manager["name"], manager["full_name"], frozenset(roles), passphrase)
    return setup.SetUp(manager=user, practice=practice, **data)


def _setup(args: argparse.Namespace) -> int:
    paths = paths_of(args)
    command = read_set_up(args.source, secret(args), args.practice)
    if args.recovery_to is None and not sys.stdout.isatty():
        raise InputError("Say where the recovery code goes: --recovery-to FILE, or run this in a terminal.")
    ctx, recovery = setup.set_up_station(paths, command, packs.loader(paths.campaigns))
    ctx.database.close()
    if args.recovery_to is not None:
        _hand_over(args.recovery_to, recovery)
    else:
        print(translate(N_("Write this recovery code down; it is shown once: {code}")).format(code=recovery))
    answer(
        args,
        {"station": asdict(ctx.station), "request": str(paths.key_request)},
        translate(N_("The station was set up. Send {name} to the authority.")).format(name=paths.key_request.name),
    )
    return 0


def _hand_over(target: Path, recovery: str) -> None:
    """Write the code once: into a pipe or device as it stands, else into a file that only its owner can read.

    :raises InputError: it cannot be written there.
    """
    line = (recovery + "\n").encode()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as pipe:
                pipe.write(line)
        else:
            keyslots.write_atomically(target, line)
    except OSError as error:
        raise InputError("The file {name} cannot be written.", name=target.name) from error


def _enrol(args: argparse.Namespace) -> int:
    if args.request:
        return _request(args)
    content = enrolment.read_any(args.file)
    with station(args) as ctx:
        if isinstance(content, bytes):
            found = enrolment.import_any(ctx, content)
            listed_papers.revoke_listed(ctx)
            answer(args, {"kind": found.kind, "number": found.number, "newer": found.newer}, _list_words(found))
            return 0
        fingerprint = enrolment.look(ctx, content).root_fingerprint
        confirmed = args.fingerprint
        if not confirmed and sys.stdin.isatty():
            print(
                translate(N_("The authority's fingerprint is {fingerprint}. Compare it by telephone.")).format(
                    fingerprint=fingerprint
                )
            )
            confirmed = input(translate(N_("Type it to confirm: ")))
        done = enrolment.import_answer(ctx, content, confirmed)
        listed_papers.revoke_listed(ctx)
    answer(
        args,
        asdict(done),
        translate(N_("Enrolled. The station's key is certified until {day}.")).format(
            day=done.valid_until.strftime("%d/%m/%Y")
        ),
    )
    return 0


def _list_words(found: enrolment.Imported) -> str:
    names = {"trust": N_("trust list"), "revocation": N_("revocation list")}
    words = (
        N_("Imported the {list}, number {number} of {day}.")
        if found.newer
        else N_("The {list}, number {number} of {day}, was held already.")
    )
    day = format_date(local_date(found.issued_at)) if found.issued_at is not None else ""
    return translate(words).format(list=translate(names[found.kind]), number=found.number, day=day)


def _request(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        ctx.require("manage")
        waits = key_renewal.prepare_when_due(ctx)
        name = ctx.paths.key_request.name
    text = N_("Send {name} to the authority.") if waits else N_("The station's key is certified; nothing is due.")
    answer(args, {"request": str(paths_of(args).key_request) if waits else None}, translate(text).format(name=name))
    return 0


def _certificate(args: argparse.Namespace) -> int:
    code = personal_code.parse(args.person)
    with station(args) as ctx:
        with ctx.database.reader() as conn:
            person = people_query.by_code(conn, code)
        if person is None:
            raise InputError("Nobody has the code {code}.", code=code)
        issued = certificates.issue(ctx, person.id)
        data = certificates.pdf(ctx, [issued.certificate_id], args.size)
    try:
        keyslots.write_atomically(args.out, data)
    except OSError as error:
        raise InputError("The file {name} cannot be written.", name=args.out.name) from error
    lines = [issued.number, *issued.no_code_reasons]
    answer(args, asdict(issued), "\n".join(lines))
    return 0


def _sync(args: argparse.Namespace) -> int:
    from vaxdesk.sync.once import sync_once

    with station(args) as ctx:
        result = sync_once(ctx, wait=60.0)
    done = result.status is not None and result.status.all_sent
    text = (
        translate(N_("Everything was sent."))
        if done
        else translate(N_("{n} records wait, {refused} were refused.")).format(
            n=result.status.unsent if result.status else 0, refused=result.status.refused if result.status else 0
        )
    )
    error, new = result.packs.error, result.packs.waiting
    data = asdict(replace(result, packs=replace(result.packs, error=None)))
    data["packs"]["error"] = error.words() if error is not None else None
    lines = [text]
    for pack in new:
        words = translate(N_("New rules have come: {code} {version}, from {day} on. A manager brings them into force."))
        lines.append(words.format(code=pack.code, version=pack.version, day=format_date(pack.valid_from)))
    if result.packs.refused:
        words = translate(N_("Campaign files of the portal that were refused: {n}. See: vaxdesk campaign list"))
        lines.append(words.format(n=result.packs.refused))
    if error is not None:
        lines.append(error.words())
    answer(args, data, "\n".join(lines))
    return 0 if done else 1
