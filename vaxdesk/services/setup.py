"""Sets a station up: its folder, file, first manager, recovery code, signing key and key request."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from vaxdesk import settings
from vaxdesk.certificates import uvci
from vaxdesk.certificates.keys import StationKey
from vaxdesk.clock import Clock, SystemClock
from vaxdesk.db import keyslots, migrate
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Station, User
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.paths import StationPaths
from vaxdesk.services import signing
from vaxdesk.services.accounts import CampaignLoader, NewUser, check_new_user, tidy_user
from vaxdesk.services.context import Context, actor_of, see_time, station_info, store_setting
from vaxdesk.services.rules import Rules


@dataclass(frozen=True)
class SetUp:
    """What set-up asks. The portal's address is optional: everything but sync works without it."""

    code: str
    name: str
    province_code: str
    commune_code: str
    province_name: str
    commune_name: str
    manager: NewUser
    authority_line: str = ""
    phone: str = ""
    referral_name: str = ""
    referral_phone: str = ""
    desk: str = "01"
    portal_url: str = ""
    language: str = "vi"
    practice: bool = False
    campaign: str = "covid19"


def check(set_up: SetUp) -> None:
    """Check the fields before anything is written.

    :raises FieldError: names the first field that does not fit. :raises InputError: the manager does not.
    """
    if not set_up.code or not set_up.code.isascii() or not set_up.code.isalnum() or len(set_up.code) > 12:
        raise FieldError("code", "Enter the station's code: up to 12 letters and digits, without accents.")
    if set_up.code.upper() == uvci.NATIONAL:
        raise FieldError("code", "The code {code} is the Ministry's: enter the station's own.", code=set_up.code)
    if not set_up.name.strip():
        raise FieldError("name", "Enter the station's name.")
    if not set_up.province_code or not set_up.commune_code:
        raise FieldError("commune", "Choose the province and the commune.")
    if not (set_up.desk.isascii() and set_up.desk.isalnum() and len(set_up.desk) <= 4):
        raise FieldError("desk", "The desk's number has up to 4 letters or digits.")
    if set_up.portal_url:
        check_portal_url(set_up.portal_url)
    check_new_user(set_up.manager)


def check_portal_url(url: str) -> None:
    """A portal is reached by https; plain http only on this PC itself.

    :raises FieldError: the address is another.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not local):
        raise FieldError("portal_url", "Enter the portal's address; it begins with https://")


def set_up_station(
    paths: StationPaths, command: SetUp, load_campaign: CampaignLoader, clock: Clock | None = None
) -> tuple[Context, str]:
    """Make the station and return it open, with the recovery code that must now be printed.

    The key slots are written last: until they lie there, no station was set up and set-up can run again.

    :raises KnownError: a station was already set up here, a station's file lies here whose key file is lost, or the
        folder cannot be written.
    """
    check(command)
    command = replace(command, manager=tidy_user(command.manager))
    clock = clock or SystemClock()
    if paths.key_slots.exists():
        raise KnownError("A station was already set up in this folder. Sign in, or choose another folder.")
    _clear(paths)
    key = keyslots.new_key()
    database = Database(paths.database, key)
    migrate.upgrade(database)
    with UnitOfWork(database, clock, desk=command.desk, user_id="") as uow:
        station = uow.add(
            Station(
                **{
                    name: getattr(command, name)
                    for name in SetUp.__dataclass_fields__
                    if name not in ("manager", "portal_url", "language")
                },
                created_at=uow.now,
            )
        )
        manager = uow.add(
            User(
                name=command.manager.name,
                full_name=command.manager.full_name,
                roles=sorted(command.manager.roles),
                created_at=uow.now,
            )
        )
        uow.user_id = manager.id
        store_setting(uow, settings.LANGUAGE, command.language)
        store_setting(uow, settings.PORTAL_URL, command.portal_url)
        see_time(uow)
        uow.audit("set-up", "station", station.id, {"code": command.code, "desk": command.desk})
        uow.send("Organization", station.id, at_once=True)
        uow.send("Practitioner", manager.id, at_once=True)
        info, actor = station_info(station), actor_of(manager)
        uow.commit()

    if isinstance(load_campaign, Rules):
        load_campaign.open(database)
    context = Context(database, paths, clock, info, actor, load_campaign)
    write_key_request(context, signing.add_key(context))
    recovery = keyslots.new_recovery_code()
    keyslots.write(
        paths.key_slots,
        [
            keyslots.wrap(key, actor.id, actor.name, command.manager.passphrase),
            keyslots.wrap(key, keyslots.RECOVERY, keyslots.RECOVERY, recovery),
        ],
    )
    paths.unfinished.unlink(missing_ok=True)
    return context, recovery


def _clear(paths: StationPaths) -> None:
    """Make the folder and remove what an interrupted set-up left, and only that: a file without its key file may be
    a station whose key file was lost."""
    if paths.database.exists() and not paths.unfinished.exists():
        raise KnownError(
            "This folder holds a station's file without its key file {name}. Copy the key file from the last backup, "
            "or choose another folder.",
            name=paths.key_slots.name,
        )
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyslots.write_atomically(paths.unfinished, b"")
        leftovers = [*paths.data_dir.glob(paths.database.name + "*"), paths.signing_key, paths.key_request]
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise KnownError("The folder {name} cannot be written.", name=paths.data_dir.name) from error


def confirm_recovery(recovery: str, group: int, typed: str) -> bool:
    """True when ``typed`` is the given group (1 to 7) of the sheet that was printed."""
    parts = recovery.split("-")
    return 1 <= group <= len(parts) and typed.strip().upper() == parts[group - 1]


def write_key_request(ctx: Context, key: StationKey) -> None:
    """Write the file that goes to the authority: public key, station, and proof of possession; nothing secret."""
    text = json.dumps(signing.request_of(ctx, key), ensure_ascii=False, indent=1)
    keyslots.write_atomically(ctx.paths.key_request, text.encode(), mode=0o644)
