"""The key file lies beside the encrypted one, where anybody with the PC for ten minutes can write."""

from __future__ import annotations

import secrets
import stat
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.station import MORNING, PASSPHRASE, TestStation, copied_station, make_template

from vaxdesk.clock import FixedClock
from vaxdesk.db import keyslots, migrate
from vaxdesk.db.engine import Database
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.services import accounts, packs, upkeep

ATTACKER = "kẻ lạ có mười phút"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory):
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def station(template, tmp_path: Path):
    made = copied_station(template, tmp_path)
    yield made
    made.database.close()


def manager_slot(station: TestStation) -> keyslots.Slot:
    return next(s for s in keyslots.read(station.ctx.paths.key_slots) if s.holder == station.ctx.user.id)


def forged(station: TestStation) -> list[keyslots.Slot]:
    """The key file with the manager's slot made anew for the attacker's passphrase, around any key."""
    mine = manager_slot(station)
    slot = keyslots.wrap(keyslots.new_key(), mine.holder, mine.name, ATTACKER)
    others = [s for s in keyslots.read(station.ctx.paths.key_slots) if s.holder != mine.holder]
    return [slot, *others]


def test_a_forged_slot_does_not_end_the_lock_of_an_open_station(station: TestStation) -> None:
    keyslots.write(station.ctx.paths.key_slots, forged(station))
    with pytest.raises(RefusedError, match="do not fit"):
        accounts.unlock(station.ctx, station.ctx.user.name, ATTACKER)


def test_a_forged_slot_does_not_change_the_passphrase(station: TestStation) -> None:
    keyslots.write(station.ctx.paths.key_slots, forged(station))
    with pytest.raises(RefusedError, match="does not fit"):
        accounts.change_passphrase(station.ctx, ATTACKER, "một câu hoàn toàn mới")


def test_a_file_that_does_not_open_for_now_keeps_the_key_that_fits(station: TestStation) -> None:
    """A re-keying cut off before the file's turn, and then a start while the file cannot be read."""
    paths = station.ctx.paths
    coming = keyslots.new_key()
    keyslots.write(
        paths.key_slots,
        [keyslots.announce(slot, station.database.key, coming) for slot in keyslots.read(paths.key_slots)],
    )
    station.database.close()
    whole = paths.database.read_bytes()
    paths.database.write_bytes(secrets.token_bytes(8192))
    with pytest.raises(KnownError):
        accounts.sign_in(paths, station.ctx.user.name, PASSPHRASE, packs.loader(), FixedClock(MORNING))
    paths.database.write_bytes(whole)
    opened = accounts.sign_in(paths, station.ctx.user.name, PASSPHRASE, packs.loader(), FixedClock(MORNING))
    opened.database.close()


def test_a_slot_put_in_from_outside_never_gets_the_coming_key(station: TestStation) -> None:
    paths = station.ctx.paths
    stranger = keyslots.wrap(keyslots.new_key(), "stranger", "stranger", ATTACKER)
    keyslots.write(paths.key_slots, [*keyslots.read(paths.key_slots), stranger])
    with pytest.raises(RefusedError, match="changed from outside"):
        accounts.renew_recovery(station.ctx)
    assert keyslots.unwrap(stranger, ATTACKER) != [station.database.key]
    assert all(not slot.sealed_next for slot in keyslots.read(paths.key_slots))


def test_a_slot_whose_public_key_was_exchanged_never_gets_the_coming_key(station: TestStation) -> None:
    paths = station.ctx.paths
    stranger = keyslots.wrap(keyslots.new_key(), "stranger", "stranger", ATTACKER)
    slots = keyslots.read(paths.key_slots)
    keyslots.write(paths.key_slots, [replace(slots[0], public=stranger.public), *slots[1:]])
    with pytest.raises(RefusedError, match="changed from outside"):
        accounts.renew_recovery(station.ctx)


def sealed_to(slot: keyslots.Slot, key: bytes) -> keyslots.Slot:
    """Another key sealed to a slot's holder: anybody can, her public key lies in the file."""
    other = keyslots.announce(slot, secrets.token_bytes(32), key)
    return replace(slot, sealed=other.sealed_next, voucher="", links=other.links)


def test_another_station_is_not_put_under_a_user_with_a_key_sealed_to_her(
    station: TestStation, template, tmp_path: Path
) -> None:
    """Somebody who can write the folder puts a file of her own there and would read all that is typed into it."""
    other = copied_station(template, tmp_path / "other")
    accounts.renew_recovery(other.ctx)
    paths, key = station.ctx.paths, other.database.key
    slots = [sealed_to(slot, key) for slot in keyslots.read(paths.key_slots)]
    station.database.close()
    other.database.close()
    paths.database.write_bytes(other.ctx.paths.database.read_bytes())
    keyslots.write(paths.key_slots, slots)
    with pytest.raises(KnownError, match="changed from outside"):
        accounts.sign_in(paths, station.ctx.user.name, PASSPHRASE, packs.loader(), FixedClock(MORNING))


def test_a_key_sealed_to_somebody_beside_the_right_one_is_not_tried(station: TestStation) -> None:
    paths = station.ctx.paths
    foreign = secrets.token_bytes(32)
    slots = [
        replace(slot, sealed_next=sealed_to(slot, foreign).sealed, links=sealed_to(slot, foreign).links)
        for slot in keyslots.read(paths.key_slots)
    ]
    keyslots.write(paths.key_slots, slots)
    assert keyslots.unwrap(manager_slot(station), PASSPHRASE) == [station.database.key]


def test_a_holder_follows_any_number_of_new_keys_and_links_in_any_order(station: TestStation) -> None:
    for _again in range(4):
        accounts.renew_recovery(station.ctx)
    slot = manager_slot(station)
    assert len(slot.links.split()) == 4
    shuffled = replace(slot, links=" ".join(sorted(slot.links.split())))
    assert keyslots.unwrap(shuffled, PASSPHRASE) == [station.database.key]
    cut = replace(slot, links=" ".join(slot.links.split()[1:]))
    with pytest.raises(KnownError, match="changed from outside"):
        keyslots.unwrap(cut, PASSPHRASE)
    accounts.change_passphrase(station.ctx, PASSPHRASE, "một câu hoàn toàn mới")
    assert manager_slot(station).links == ""


def test_a_slot_of_a_file_from_before_the_marks_still_opens(station: TestStation) -> None:
    slot = manager_slot(station)
    salt, nonce = keyslots._bytes(slot.salt), keyslots._bytes(slot.nonce)
    box = AESGCM(keyslots._derive(PASSPHRASE, salt, slot.memory_kib, slot.passes, slot.lanes))
    raw = box.decrypt(nonce, keyslots._bytes(slot.private), slot.holder.encode())
    old = replace(slot, private=keyslots._text(box.encrypt(nonce, raw[:32], slot.holder.encode())))
    assert keyslots.unwrap(old, PASSPHRASE) == [station.database.key]


def test_slots_stay_vouched_for_after_each_new_key(station: TestStation) -> None:
    for _again in range(2):
        accounts.renew_recovery(station.ctx)
    accounts.change_passphrase(station.ctx, PASSPHRASE, "một câu hoàn toàn mới")
    code = accounts.renew_recovery(station.ctx)
    station.database.close()
    paths, name = station.ctx.paths, station.ctx.user.name
    ctx, newer = accounts.recover(paths, code, name, PASSPHRASE, packs.loader(), FixedClock(MORNING))
    assert newer != code
    accounts.renew_recovery(ctx)
    ctx.database.close()


def test_a_passphrase_opens_however_the_keyboard_composes_its_accents(station: TestStation) -> None:
    decomposed = unicodedata.normalize("NFD", PASSPHRASE)
    assert decomposed != PASSPHRASE
    assert keyslots.unwrap(manager_slot(station), decomposed) == [station.database.key]


@pytest.mark.parametrize(
    "changes",
    [{"salt": "!"}, {"salt": 5}, {"memory_kib": 0}, {"passes": 0}, {"lanes": -1}, {"private": "AAAA"}, {"nonce": ""}],
)
def test_a_damaged_slot_opens_nothing_and_is_no_fault_of_ours(station: TestStation, changes: dict[str, object]) -> None:
    paths, mine = station.ctx.paths, manager_slot(station)
    others = [s for s in keyslots.read(paths.key_slots) if s.holder != mine.holder]
    keyslots.write(paths.key_slots, [replace(mine, **changes), *others])
    with pytest.raises(KnownError):
        accounts.sign_in(paths, mine.name, PASSPHRASE, packs.loader(), FixedClock(MORNING))


def test_the_copy_before_an_update_is_a_whole_backup(tmp_path: Path) -> None:
    paths, key = StationPaths(tmp_path), keyslots.new_key()
    database = Database(paths.database, key)
    migrate._run(database, "0001")
    keyslots.write(paths.key_slots, [keyslots.wrap(key, "a", "mai", PASSPHRASE)])
    accounts._upgrade(paths, database, FixedClock(MORNING))
    database.close()
    copy = paths.backups / "before-update-20261121-080000.db"
    assert keyslots.read(keyslots.beside(copy)) == keyslots.read(paths.key_slots)
    upkeep.restore(paths, copy)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_reads_the_file_its_backups_and_what_is_restored(template, tmp_path: Path) -> None:
    made = copied_station(template, tmp_path)
    paths = made.ctx.paths
    fresh = Database(tmp_path / "fresh.db", bytes(32))
    fresh.data_version()
    fresh.close()
    upkeep.back_up(made.ctx, paths.backups / "copy.db")
    made.database.close()
    upkeep.restore(paths, paths.backups / "copy.db")
    files = [tmp_path / "fresh.db", paths.database, paths.key_slots, *paths.backups.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_user_is_found_however_her_name_was_typed(station: TestStation) -> None:
    name = unicodedata.normalize("NFD", " chị Hoà ")
    accounts.add_user(station.ctx, accounts.NewUser(name, "Vì  Thị Hoa", frozenset({"register"}), ATTACKER))
    assert "chị Hoà" in accounts.names(station.ctx.paths)
    for typed in ("chị Hoà", name):
        assert accounts.unlock(station.ctx, typed, ATTACKER).user.full_name == "Vì Thị Hoa"
