"""Sign-in, users, PINs, and the key slots that go with them (DESIGN.md section 6)."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vaxdesk.clock import VIET_NAM, Clock, SystemClock
from vaxdesk.db import keyslots, migrate
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Station, User
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.names import tidy
from vaxdesk.errors import BugError, InputError, KnownError, RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.services.context import PROGRAM, ROLES, Actor, Context, actor_of, see_time, station_info
from vaxdesk.services.rules import Rules

CampaignLoader = Callable[[str, date], Campaign]
MAX_PIN_TRIES = 5


def names(paths: StationPaths) -> list[str]:
    """The user names that can sign in, in the order of their slots (they are not secret)."""
    return [slot.name for slot in keyslots.read(paths.key_slots) if slot.holder != keyslots.RECOVERY]


def sign_in(
    paths: StationPaths,
    name: str,
    passphrase: str,
    load_campaign: CampaignLoader,
    clock: Clock | None = None,
    practice: bool = False,
) -> Context:
    """Open the station's file with a user's passphrase.

    The answer to an unknown name and to a wrong passphrase is the same. Takes about 0.1 s (argon2id).

    :raises RefusedError: name and passphrase do not fit, or the user was removed, or practice does not match.
    :raises KnownError: the file cannot be opened, or is newer than the program.
    """
    slots = keyslots.read(paths.key_slots)
    slot = _slot_of(slots, name)
    probe = slot or keyslots.wrap(keyslots.new_key(), "nobody", "nobody", secrets.token_hex())
    keys = keyslots.unwrap(probe, passphrase)
    if slot is None or keys is None:
        raise RefusedError("Name and passphrase do not fit. Check the keyboard language and type them again.")
    return open_station(paths, keys, slot.holder, load_campaign, clock, practice)


def _slot_of(slots: list[keyslots.Slot], name: str) -> keyslots.Slot | None:
    """The slot of the user with this name, however its accents were composed."""
    wanted = tidy(name)
    return next((slot for slot in slots if slot.name == wanted and slot.holder != keyslots.RECOVERY), None)


def open_station(
    paths: StationPaths,
    keys: list[bytes],
    user_id: str,
    load_campaign: CampaignLoader,
    clock: Clock | None = None,
    practice: bool = False,
) -> Context:
    """Open the file, migrate it when due, and act as ``user_id``.

    :raises RefusedError: the user was removed, or a practice file and a real start do not match.
    """
    clock = clock or SystemClock()
    database = _open(paths, keys)
    try:
        _upgrade(paths, database, clock)
        if len(keys) > 1 and database.key == keys[-1]:
            # A re-keying was cut off after the file's turn, and the file opened: the old key is forgotten now.
            database.checkpoint()
            slots = [keyslots.settle(slot, keys[0], keys[-1]) for slot in keyslots.read(paths.key_slots)]
            keyslots.write(paths.key_slots, slots)
        with UnitOfWork(database, clock, desk="", user_id=user_id) as uow:
            station = uow.first(Station)
            user = uow.get(User, user_id)
            if station is None:
                raise KnownError("The station's file holds no station: set-up was interrupted. Run set-up again.")
            if station.practice != practice:
                raise RefusedError(
                    "This is a practice file: start VaxDesk with --practice."
                    if station.practice
                    else "This is a real station's file: it does not open in practice mode."
                )
            if user is None or not user.active:
                raise RefusedError("This user was removed. Ask the manager.")
            uow.desk = station.desk
            uow.audit("sign-in", "user", user_id)
            see_time(uow)
            uow.commit()
            paths.unfinished.unlink(missing_ok=True)
            if isinstance(load_campaign, Rules):
                load_campaign.open(database)
            return Context(database, paths, clock, station_info(station), actor_of(user), load_campaign)
    except BaseException:
        database.close()
        raise


def _upgrade(paths: StationPaths, database: Database, clock: Clock) -> None:
    """Migrate when due; the copy made before is a whole backup, with its key slots."""
    copy = paths.backups / f"before-update-{clock.now().astimezone(VIET_NAM):%Y%m%d-%H%M%S}.db"
    if migrate.upgrade(database, copy) and copy.exists():
        keyslots.write_atomically(keyslots.beside(copy), paths.key_slots.read_bytes())


def _open(paths: StationPaths, keys: list[bytes]) -> Database:
    """Open with the present key, or with the coming one when a re-keying was interrupted after the file's turn."""
    if not paths.database.exists():
        raise KnownError("The station's file {name} is not there. Restore a backup.", name=paths.database.name)
    for key in keys[:-1]:
        database = Database(paths.database, key)
        try:
            migrate.current(database)
        except KnownError:
            database.close()
        else:
            return database
    return Database(paths.database, keys[-1])


def unlock(ctx: Context, name: str, passphrase: str) -> Context:
    """The same open station with the user whose passphrase was typed: ends the window's lock, or changes the user.

    :raises RefusedError: name and passphrase do not fit, or the user was removed.
    """
    slots = keyslots.read(ctx.paths.key_slots)
    slot = _slot_of(slots, name)
    probe = slot or keyslots.wrap(keyslots.new_key(), "nobody", "nobody", secrets.token_hex())
    if ctx.database.key not in (keyslots.unwrap(probe, passphrase) or ()) or slot is None:
        # Also where the slot was put there by somebody else: the open file's own key is not in it.
        raise RefusedError("Name and passphrase do not fit. Check the keyboard language and type them again.")
    with ctx.write() as uow:
        row = uow.get(User, slot.holder)
        if row is None or not row.active:
            raise RefusedError("This user was removed. Ask the manager.")
        actor = actor_of(row)
        uow.user_id = row.id  # whoever unlocked, not whoever was there before
        uow.audit("unlock", "user", row.id)
        uow.commit()
    return Context(ctx.database, ctx.paths, ctx.clock, ctx.station, actor, ctx.load_campaign)


def as_program(ctx: Context) -> Context:
    """The same open station, acting as the program itself: for sync and automatic backup."""
    return Context(ctx.database, ctx.paths, ctx.clock, ctx.station, PROGRAM, ctx.load_campaign)


@dataclass(frozen=True)
class NewUser:
    """A user to add: a unique short name, the full name, roles, and a passphrase."""

    name: str
    full_name: str
    roles: frozenset[str]
    passphrase: str


def check_new_user(user: NewUser) -> None:
    """Check a new user's fields.

    :raises InputError: a field is missing or a role unknown.
    """
    if not user.name.strip() or not user.full_name.strip():
        raise InputError("Enter the user's short name and full name.")
    if not user.roles or not user.roles <= set(ROLES):
        raise InputError("Choose at least one role.")
    keyslots.check_passphrase(user.passphrase)


def tidy_user(user: NewUser) -> NewUser:
    """The user with both names as they are stored: NFC, no blanks too many."""
    return replace(user, name=tidy(user.name), full_name=tidy(user.full_name))


def add_user(ctx: Context, new: NewUser) -> Actor:
    """Add a user with a key slot of her own.

    The row is written first: a slot without a row opens nothing, a row without a slot is offered again.

    :raises InputError: a field does not fit, or the name is taken. :raises RefusedError: no manager acts.
    """
    ctx.require("manage")
    check_new_user(new)
    new = tidy_user(new)
    slots = keyslots.read(ctx.paths.key_slots)
    with ctx.write() as uow:
        row = uow.first(User, name=new.name)
        if row is not None and any(slot.holder == row.id for slot in slots):
            raise InputError("The name {name} is taken.", name=new.name)
        if row is None:
            row = uow.add(User(name=new.name, full_name=new.full_name, roles=sorted(new.roles), created_at=uow.now))
        else:
            # Removed before, or cut off before the slot was written.
            row.full_name, row.roles, row.active, row.pin_verifier = new.full_name, sorted(new.roles), True, ""
        uow.audit("add", "user", row.id, {"roles": sorted(new.roles)})
        uow.send("Practitioner", row.id, at_once=True)
        actor = actor_of(row)
        uow.commit()
    slots.append(keyslots.wrap(ctx.database.key, actor.id, new.name, new.passphrase))
    keyslots.write(ctx.paths.key_slots, slots)
    return actor


def remove_user(ctx: Context, user_id: str) -> str:
    """Remove a user and re-key the file, so that a slot she copied opens nothing. Returns the new recovery code.

    :raises RefusedError: no manager acts, or she would remove herself.
    """
    ctx.require("manage")
    if user_id == ctx.user.id:
        raise RefusedError("You cannot remove yourself: another manager must do it.")
    with ctx.read() as uow:
        if uow.get(User, user_id) is None:
            raise BugError("no such user")
    # The key first: cut off in between, she cannot sign in any more, still stands on the list, and is removed again.
    code = re_key(ctx, without=user_id)
    with ctx.write() as uow:
        row = uow.get(User, user_id)
        if row is None:
            raise BugError("no such user")
        row.active = False
        uow.audit("remove", "user", user_id)
        uow.commit()
    return code


def renew_recovery(ctx: Context) -> str:
    """Issue a new recovery sheet's code and re-key the file: the old sheet opens nothing any more.

    :raises RefusedError: no manager acts.
    """
    ctx.require("manage")
    return re_key(ctx)


def re_key(ctx: Context, without: str = "", fresh: keyslots.Slot | None = None) -> str:
    """Give the file a new key and issue a new recovery code; everyone who stays keeps her passphrase.

    Safe at any cut: the slots first hold both keys, then the file turns, then the old key is forgotten.

    :raises RefusedError: somebody wrote into the key file without knowing the key; nothing was changed.
    """
    old, key, code = ctx.database.key, keyslots.new_key(), keyslots.new_recovery_code()
    stay = [
        slot
        for slot in keyslots.read(ctx.paths.key_slots)
        if slot.holder not in (without, keyslots.RECOVERY) and (fresh is None or slot.holder != fresh.holder)
    ]
    if not all(keyslots.vouched(slot, old) for slot in stay):
        raise RefusedError(
            "The key file {name} was changed from outside the program: no new key was made. Copy it from an older "
            "backup, then try again.",
            name=ctx.paths.key_slots.name,
        )
    stay += [fresh] if fresh else []
    stay.append(keyslots.wrap(old, keyslots.RECOVERY, keyslots.RECOVERY, code))
    both = [keyslots.announce(slot, old, key) for slot in stay]
    keyslots.write(ctx.paths.key_slots, both)
    ctx.database.re_key(key)
    keyslots.write(ctx.paths.key_slots, [keyslots.settle(slot, old, key) for slot in both])
    with ctx.write() as uow:
        uow.audit("re-key", "station", ctx.station.id)
        uow.commit()
    return code


def recover(
    paths: StationPaths,
    recovery_code: str,
    name: str,
    passphrase: str,
    load_campaign: CampaignLoader,
    clock: Clock | None = None,
    practice: bool = False,
) -> tuple[Context, str]:
    """Open with the recovery sheet, give a manager a new passphrase, re-key, and issue a new sheet.

    :raises InputError: the code is mistyped or the passphrase too weak. :raises RefusedError: it does not fit.
    """
    keyslots.check_passphrase(passphrase)
    code = keyslots.normal_recovery_code(recovery_code)
    slots = keyslots.read(paths.key_slots)
    slot = next((s for s in slots if s.holder == keyslots.RECOVERY), None)
    keys = keyslots.unwrap(slot, code) if slot else None
    owner = _slot_of(slots, name)
    if keys is None or owner is None:
        raise RefusedError("The recovery code does not open this station, or there is no such user.")
    ctx = open_station(paths, keys, owner.holder, load_campaign, clock, practice)
    if "manage" not in ctx.user.roles:
        ctx.database.close()
        raise RefusedError("The recovery sheet is for a manager.")
    fresh = keyslots.wrap(ctx.database.key, owner.holder, name, passphrase)
    return ctx, re_key(ctx, fresh=fresh)


def change_passphrase(ctx: Context, old: str, new: str) -> None:
    """The acting user changes her own passphrase.

    :raises RefusedError: the old one does not fit. :raises InputError: the new one is too weak.
    """
    keyslots.check_passphrase(new)
    slots = keyslots.read(ctx.paths.key_slots)
    mine = next((slot for slot in slots if slot.holder == ctx.user.id), None)
    if mine is None or ctx.database.key not in (keyslots.unwrap(mine, old) or ()):
        raise RefusedError("The old passphrase does not fit.")
    fresh = keyslots.wrap(ctx.database.key, mine.holder, mine.name, new)
    keyslots.write(ctx.paths.key_slots, [fresh if slot is mine else slot for slot in slots])
    with ctx.write() as uow:
        uow.audit("passphrase", "user", ctx.user.id)
        uow.commit()


# PINs: they change the user while the file is open, and wrap nothing.


def _pin_hash(pin: str, salt: bytes) -> bytes:
    return Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=keyslots.MEMORY_KIB).derive(pin.encode())


def _pin_fits(pin: str, verifier: str) -> bool:
    """Whether a PIN is the one of a verifier; takes as long where there is none."""
    salt, digest = (base64.b64decode(part) for part in verifier.split(":")) if verifier else (b"0" * 16, b"")
    return hmac.compare_digest(_pin_hash(pin, salt), digest)


def set_pin(ctx: Context, pin: str) -> None:
    """The acting user sets her PIN, 4 to 8 digits.

    :raises InputError: it is no such number.
    """
    if not (pin.isdigit() and 4 <= len(pin) <= 8):
        raise InputError("The PIN has 4 to 8 digits.")
    salt = secrets.token_bytes(16)
    verifier = ":".join(base64.b64encode(part).decode() for part in (salt, _pin_hash(pin, salt)))
    with ctx.write() as uow:
        row = uow.get(User, ctx.user.id)
        if row is None:
            raise BugError("the acting user has no row")
        row.pin_verifier = verifier
        uow.audit("pin", "user", row.id)
        uow.commit()


class PinPad:
    """Counts wrong PINs while the file is open; after five the passphrase is asked."""

    def __init__(self) -> None:
        self.wrong = 0

    @property
    def usable(self) -> bool:
        """False after five wrong PINs in a row."""
        return self.wrong < MAX_PIN_TRIES

    def switch(self, ctx: Context, name: str, pin: str) -> Context:
        """The same open station with another acting user.

        :raises RefusedError: the PIN does not fit, none is set, or too many were wrong.
        """
        if not self.usable:
            raise RefusedError("Five PINs were wrong: sign in with the passphrase.")
        with ctx.read() as uow:
            row = uow.first(User, name=name, active=True)
            user_id, verifier = (row.id, row.pin_verifier) if row is not None else ("", "")
        # Outside of the write transaction: the hash takes a tenth of a second.
        fits = _pin_fits(pin, verifier)
        with ctx.write() as uow:
            row = uow.first(User, id=user_id, active=True, pin_verifier=verifier)
            if row is None or not fits:
                self.wrong += 1
                uow.audit("pin-wrong", "user", user_id)
                uow.commit()
                raise RefusedError("The PIN does not fit.")
            self.wrong = 0
            actor = actor_of(row)
            uow.user_id = row.id
            uow.audit("switch", "user", row.id)
            uow.commit()
        return Context(ctx.database, ctx.paths, ctx.clock, ctx.station, actor, ctx.load_campaign)
