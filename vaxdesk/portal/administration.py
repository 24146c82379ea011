"""The administrator's acts: the authority's folder, stations, and campaign files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from vaxdesk.certificates import lists
from vaxdesk.certificates.authority import Authority
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.portal import packs, stations
from vaxdesk.portal.authority_desk import AuthorityDesk
from vaxdesk.portal.settings import PortalSettings
from vaxdesk.portal.store import Store, instant


def authority_act(args: argparse.Namespace, settings: PortalSettings) -> dict[str, Any]:
    """``portal authority create|show|life|list|revoke|trust-others``; what is to be told."""
    folder = settings.authority_dir
    if folder is None:
        raise InputError("Say where the authority's keys lie: --authority DIR.")
    if args.act == "create":
        made = Authority.create(
            folder,
            args.name,
            settings.practice,
            settings.authority_passphrase,
            code_life_days=args.code_life,
            station_days=args.station_days,
        )
        return {
            "authority": made.name,
            "fingerprint": _fingerprint(made),
            "practice": made.practice,
            "code_life_days": made.code_life_days,
        }
    store = open_store(settings)
    try:
        desk = AuthorityDesk(store, folder, settings.practice, settings.authority_passphrase)
        if args.act == "list":
            data = desk.signed_list(args.kind)
            _write(args.out, data)
            return {"file": str(args.out), "number": lists.open_list(data).head.number}
        if args.act == "revoke":
            with desk.working() as (authority, _write_transaction):
                authority.revoke_code(args.identifier)
            return {"revoked": args.identifier}
        if args.act == "trust-others":
            with desk.working() as (authority, _write_transaction):
                return {"signers": authority.trust_others(args.path, at=settings.clock.now())}
        if args.act == "life":
            with desk.working() as (authority, _write_transaction):
                authority.set_code_life(args.days)
        numbers = {kind: lists.open_list(desk.signed_list(kind)).head.number for kind in ("trust", "revocation")}
        with desk.working() as (authority, _write_transaction):
            return {
                "authority": authority.name,
                "fingerprint": _fingerprint(authority),
                "practice": authority.practice,
                "code_life_days": authority.code_life_days,
                "stations": len({station.code for station in authority.stations() if station.revoked_at is None}),
                "revoked_codes": len(authority.revocations()),
                **{f"{kind}_list": number for kind, number in numbers.items()},
            }
    finally:
        store.close()


def station_act(args: argparse.Namespace, settings: PortalSettings) -> dict[str, Any]:
    """``portal station answer|add|code|token|revoke``; what is to be told."""
    store = open_store(settings)
    try:
        if args.act == "answer":
            return _answer(args, settings, store)
        if args.act == "add":
            stations.register(store, stations.StationFacts(args.code, args.name, args.province, args.commune))
            return {"station_id": args.code}
        station = stations.find(store, args.code)
        done: dict[str, Any] = {"station_id": station.id}
        if args.act == "code":
            done["code"] = stations.new_code(store, station.id)
        elif args.act == "token":
            done["token"] = stations.new_token(store, station.id)
        else:
            done["revoked_tokens"] = stations.revoke(store, station.id)
            if args.certificate:
                desk = _desk(settings, store)
                with desk.working() as (authority, _write_transaction):
                    done["revoked_certificates"] = authority.revoke_station(station.facility)
        return done
    finally:
        store.close()


def pack_act(args: argparse.Namespace, settings: PortalSettings) -> dict[str, Any]:
    """``portal pack sign|publish|list|withdraw``; what is to be told."""
    if args.act == "sign":
        return {"file": str(args.out), "bytes": packs.sign(args.folder, args.out, _authority(settings))}
    store = open_store(settings)
    try:
        if args.act == "list":
            with store.reading() as connection:
                return {"packs": [_told(one) for one in packs.listed(connection)]}
        if args.act == "publish":
            return _told(packs.publish(store, _authority(settings), args.file))
        return _told(packs.withdraw(store, args.code, args.version))
    finally:
        store.close()


def _told(one: packs.Published) -> dict[str, Any]:
    return {
        "code": one.code,
        "version": one.version,
        "valid_from": one.valid_from,
        "status": "offered" if one.withdrawn is None else "withdrawn",
        "since": instant(one.changed),
        "bytes": one.size,
        "publisher": one.publisher,
        "sha256": one.digest,
    }


def _authority(settings: PortalSettings) -> Authority:
    """The authority whose signature counts. :raises KnownError: it is not there, or of the other mode."""
    if settings.authority_dir is None:
        raise InputError("Say where the authority's keys lie: --authority DIR.")
    authority = Authority.open(settings.authority_dir, settings.authority_passphrase)
    if authority.practice != settings.practice:
        raise RefusedError("The authority in {path} belongs to the other mode.", path=str(settings.authority_dir))
    return authority


def open_store(settings: PortalSettings) -> Store:
    """The portal's database. :raises KnownError: it cannot be opened, or is of the other mode."""
    return Store(settings.database_url, settings.clock, settings.practice)


def _desk(settings: PortalSettings, store: Store) -> AuthorityDesk:
    if settings.authority_dir is None:
        raise InputError("Say where the authority's keys lie: --authority DIR.")
    return AuthorityDesk(store, settings.authority_dir, settings.practice, settings.authority_passphrase)


def _answer(args: argparse.Namespace, settings: PortalSettings, store: Store) -> dict[str, Any]:
    try:
        request = json.loads(args.request.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("The request file {path} cannot be read.", path=args.request) from error
    if not isinstance(request, dict):
        raise InputError("The request file {path} cannot be read.", path=args.request)
    desk = _desk(settings, store)
    other = desk.same_code(request)
    answer = desk.answer(request, args.url)
    _write(args.out, json.dumps(answer, ensure_ascii=False, indent=1).encode(), secret=True)
    told = {
        "file": str(args.out),
        "station_id": answer["sync"]["station_id"],
        "authority": desk.root_fingerprint,
    }
    if other:
        words = translate(N_("{name} is at work under the same code: papers of both carry the same numbers."))
        told["warning"] = words.format(name=other)
    return told


def _write(path: Path, data: bytes, secret: bool = False) -> None:
    try:
        path.touch(mode=0o600 if secret else 0o644)
        path.write_bytes(data)
    except OSError as error:
        raise KnownError("The file {path} cannot be written.", path=path) from error


def _fingerprint(authority: Authority) -> str:
    from vaxdesk.certificates import enrolment

    return enrolment.fingerprint(authority.root.der)
