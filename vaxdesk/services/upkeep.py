"""Backup, restore, and the checks of a station's file."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from vaxdesk import settings
from vaxdesk.clock import VIET_NAM, SystemClock
from vaxdesk.db import audit, backup, keyslots
from vaxdesk.db.audit import ChainFault
from vaxdesk.db.engine import told
from vaxdesk.domain.names import tidy
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.i18n import N_, translate
from vaxdesk.paths import StationPaths
from vaxdesk.queries import chain
from vaxdesk.services import signing
from vaxdesk.services.context import Context, store_setting

#: How many automatic backups stay.
KEEP = 14
DAMAGED = N_("The backup {name} is damaged or cut off. Take another one.")


def back_up(ctx: Context, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the file and its key slots to ``target``; the signing key stays behind.

    :raises KnownError: the target cannot be written, or is a file of the station itself.
    """
    own = (ctx.paths.database, ctx.paths.key_slots, ctx.paths.signing_key)
    if target.resolve() in [path.resolve() for path in own]:
        raise InputError("The backup cannot take the place of the station's own file. Choose another name.")
    signing.sign_head(ctx, "backup")
    key = b""
    while key != ctx.database.key:
        # Once more where the file was re-keyed meanwhile: the copy and the slots must be of one key.
        key = ctx.database.key
        backup.copy(ctx.database, target, progress)
        try:
            keyslots.write_atomically(keyslots.beside(target), ctx.paths.key_slots.read_bytes())
        except OSError as error:
            raise KnownError(
                "The backup {name} cannot be written: choose another folder or disk.", name=target.name
            ) from error
    with ctx.write() as uow:
        store_setting(uow, settings.LAST_BACKUP, uow.now.isoformat())
        uow.audit("backup", "station", ctx.station.id)
        uow.commit()


def back_up_when_due(ctx: Context, every: timedelta = timedelta(hours=20)) -> bool:
    """Make the daily backup in the station's own folder; old ones beyond fourteen go. True when one was made."""
    last = ctx.setting(settings.LAST_BACKUP)
    if last and ctx.now() - datetime.fromisoformat(last) < every:
        return False
    back_up(ctx, ctx.paths.backups / f"vaxdesk-{ctx.now().astimezone(VIET_NAM):%Y%m%d-%H%M%S}.db")
    for old in sorted(ctx.paths.backups.glob("vaxdesk-*.db"))[:-KEEP]:
        old.unlink(missing_ok=True)
        keyslots.beside(old).unlink(missing_ok=True)
    return True


def restore(paths: StationPaths, source: Path, name: str = "", passphrase: str = "") -> None:
    """Put a backup and its key slots in the station's place; what was there is kept beside it.

    With a ``passphrase`` (of the user ``name``, or of the only one) the backup is opened and checked page by page
    first; without one only its length is looked at. Nothing is moved before that.

    :raises KnownError: the backup or its key file is not there or damaged, the window is open, or the folder cannot
        be written. :raises RefusedError: name and passphrase do not fit the backup's key file.
    """
    if _window_open(paths):
        raise RefusedError("VaxDesk is open on this station's folder. Close its window, then restore.")
    slots = keyslots.beside(source)
    if not source.is_file() or not slots.is_file():
        raise KnownError("The backup needs both files, {name} and {keys}.", name=source.name, keys=slots.name)
    held = keyslots.read(slots)
    if not backup.whole_pages(source):
        raise KnownError(DAMAGED, name=source.name)
    keys = _keys(held, name, passphrase) if passphrase else []
    staged = paths.database.with_name("station.restored")
    try:
        paths.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source, staged)
        staged.chmod(0o600)
        if keys:
            try:
                backup.check(staged, keys)
            except KnownError as error:
                raise KnownError(DAMAGED, name=source.name) from error
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        stamp = f"replaced-{SystemClock().now().astimezone(VIET_NAM):%Y%m%d-%H%M%S-%f}-"
        for path in (*paths.data_dir.glob(paths.database.name + "*"), paths.key_slots):
            if path.exists():
                os.replace(path, path.with_name(stamp + path.name))
        os.replace(staged, paths.database)
        keyslots.write_atomically(paths.key_slots, slots.read_bytes())
    except OSError as error:
        raise KnownError("The folder {name} cannot be written.", name=paths.data_dir.name) from error
    finally:
        # Also after a success: what SQLite laid beside the copy while it was checked.
        with contextlib.suppress(OSError):
            for leftover in paths.data_dir.glob(staged.name + "*"):
                leftover.unlink(missing_ok=True)


def _keys(held: list[keyslots.Slot], name: str, passphrase: str) -> list[bytes]:
    users = [slot for slot in held if slot.holder != keyslots.RECOVERY]
    wanted = tidy(name) or (users[0].name if len(users) == 1 else "")
    slot = next((slot for slot in users if slot.name == wanted), None)
    keys = keyslots.unwrap(slot, passphrase) if slot is not None else None
    if not keys:
        raise RefusedError("Name and passphrase do not fit. Check the keyboard language and type them again.")
    return keys


def _window_open(paths: StationPaths) -> bool:
    """Whether a window holds the folder. Windows itself refuses to move a file that another program has open."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with paths.window_lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def check_audit(ctx: Context) -> list[ChainFault]:
    """Walk the audit chain against the heads that were signed."""
    with ctx.database.reader() as conn:
        return audit.check(conn, chain.heads(conn))


def fault_words(fault: ChainFault) -> str:
    """A chain's fault as a sentence."""
    sentences = {
        "missing": N_("Desk {desk}: audit entry {number} is missing."),
        "link": N_("Desk {desk}: audit entry {number} does not follow its predecessor."),
        "content": N_("Desk {desk}: audit entry {number} was changed."),
        "rewritten": N_("Desk {desk}: audit entry {number} differs from the signed head."),
        "cut": N_("Desk {desk}: the audit chain is cut before entry {number}."),
    }
    return translate(sentences[fault.what]).format(desk=fault.desk, number=fault.number)


def check(ctx: Context) -> list[str]:
    """Everything that is wrong with the file, in sentences; empty when nothing is."""
    found: list[str] = []
    # The check of the pages' seals reads the file without its log.
    ctx.database.checkpoint()
    with told(), ctx.database.engine.connect() as connection:
        raw = connection.exec_driver_sql
        found += [str(row[0]) for row in raw("PRAGMA cipher_integrity_check").all()]
        found += [str(row[0]) for row in raw("PRAGMA integrity_check").all() if row[0] != "ok"]
        found += [f"{row[0]}: {row[2]}" for row in raw("PRAGMA foreign_key_check").all()]
    return found + [fault_words(fault) for fault in check_audit(ctx)]
