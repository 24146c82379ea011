"""``vaxdesk campaign check|import|list|apply``: packs as folders, and the versions that a station holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vaxdesk import i18n
from vaxdesk.campaigns import command as packs_command
from vaxdesk.commands.common import add_station_options, answer, station
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_, translate
from vaxdesk.services import pack_list, packs
from vaxdesk.services.pack_list import Version
from vaxdesk.services.packs import ImportedPack


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    actions = packs_command.add_campaign(subparsers)
    take = actions.add_parser("import", help=translate(N_("take a campaign file that the authority signed into force")))
    take.add_argument("file", type=Path, metavar="FILE.vaxpack")
    add_station_options(take)
    take.set_defaults(act=_import)
    held = actions.add_parser("list", help=translate(N_("the versions of the rules that the station knows")))
    add_station_options(held)
    held.set_defaults(act=_list)
    apply = actions.add_parser("apply", help=translate(N_("bring a version that came by sync into force")))
    apply.add_argument("code")
    apply.add_argument("version")
    add_station_options(apply)
    apply.set_defaults(act=_apply)


def run(args: argparse.Namespace) -> int:
    """Run the chosen action."""
    return int(args.act(args)) if hasattr(args, "act") else packs_command.run(args)


def _import(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        done = packs.import_pack(ctx, args.file)
    _tell(args, done)
    return 0


def _apply(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        ctx.require("manage")
        wanted = (args.code, args.version)
        found = [one for one in pack_list.versions(ctx) if one.state == "waiting" and (one.code, one.version) == wanted]
        if not found:
            words = N_("Version {version} of the campaign {code} does not wait here.")
            raise InputError(words, version=args.version, code=args.code)
        done = packs.bring_into_force(ctx, found[0].digest)
    _tell(args, done)
    return 0


def _tell(args: argparse.Namespace, done: ImportedPack) -> None:
    text = translate(N_("{code} {version} is in force from {day} on, signed by {signer}."))
    data = {
        "code": done.code,
        "version": done.version,
        "valid_from": done.valid_from.isoformat(),
        "signer": done.signer,
    }
    words = text.format(code=done.code, version=done.version, day=format_date(done.valid_from), signer=done.signer)
    answer(args, data, words)


def _list(args: argparse.Namespace) -> int:
    with station(args) as ctx:
        found = pack_list.versions(ctx)
    answer(args, {"versions": [_as_json(one) for one in found]}, "\n".join(_line(one) for one in found))
    return 0


def _as_json(one: Version) -> dict[str, Any]:
    return {
        "code": one.code,
        "version": one.version,
        "name": one.name.text(i18n.language()),
        "state": one.state,
        "origin": one.origin,
        "signer": one.signer,
        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
        "until": one.until.isoformat() if one.until else None,
        "replaces": one.replaces or None,
        "received_at": one.received_at.isoformat() if one.received_at else None,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "decided_by": one.decided_by or None,
        "withdrawn_at": one.withdrawn_at.isoformat() if one.withdrawn_at else None,
        "problem": one.problem.words() if one.problem else None,
        "sha256": one.digest or None,
    }


def _line(one: Version) -> str:
    said = [*pack_list.state_words(one), *pack_list.origin_words(one)]
    return " · ".join([f"{one.code} {one.version}", *said])
