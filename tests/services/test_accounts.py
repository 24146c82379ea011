"""Sign-in, lock, PINs, users and recovery, on real key slots and a real encrypted file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.station import PASSPHRASE, Template, TestStation, make_template

from vaxdesk.db import keyslots, migrate
from vaxdesk.db.engine import Database, connect
from vaxdesk.db.tables import AuditEntry, User
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.services import accounts, packs, upkeep
from vaxdesk.services.accounts import NewUser, PinPad
from vaxdesk.services.context import Context

HOA = NewUser("hoa", "Vì Thị Hoa", frozenset({"register", "inject"}), "một cụm từ khác hẳn")


def sign_in(station: TestStation, name: str, passphrase: str, practice: bool = False) -> Context:
    return accounts.sign_in(station.ctx.paths, name, passphrase, packs.loader(), station.clock, practice)


def opens(station: TestStation, name: str, passphrase: str) -> bool:
    """Whether name and passphrase open the station; what was opened is closed."""
    try:
        ctx = sign_in(station, name, passphrase)
    except RefusedError:
        return False
    ctx.database.close()
    return True


def actions(station: TestStation) -> list[str]:
    return [row.action for row in station.rows(AuditEntry)]


# sign-in and lock


def test_the_passphrase_opens_and_is_audited(station: TestStation) -> None:
    ctx = sign_in(station, "mai", PASSPHRASE)
    assert (ctx.user.full_name, ctx.station.code) == ("Lò Thị Mai", "118")
    assert actions(station)[-1] == "sign-in"
    ctx.database.close()


def test_an_unknown_name_and_a_wrong_passphrase_get_the_same_answer(station: TestStation) -> None:
    said = []
    for name, passphrase in (("mai", "bon tu de nho"), ("nobody", PASSPHRASE), ("recovery", station.recovery)):
        with pytest.raises(RefusedError) as refused:
            sign_in(station, name, passphrase)
        said.append(refused.value.words())
    assert len(set(said)) == 1
    assert accounts.names(station.ctx.paths) == ["mai"]


def test_a_real_file_does_not_open_in_practice_mode_nor_the_other_way_round(
    station: TestStation, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError, match="real station"):
        sign_in(station, "mai", PASSPHRASE, practice=True)
    practice = make_template(tmp_path / "practice", practice=True)
    paths = practice.context.paths
    with pytest.raises(RefusedError, match="practice"):
        accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader())


def test_a_missing_file_is_told_and_nothing_is_made_in_its_place(station: TestStation) -> None:
    station.database.close()
    station.ctx.paths.database.rename(station.ctx.paths.data_dir / "elsewhere")
    with pytest.raises(KnownError, match="Restore a backup"):
        sign_in(station, "mai", PASSPHRASE)
    assert not station.ctx.paths.database.exists()


def test_unlock_takes_the_passphrase_of_any_user_who_is_still_there(station: TestStation) -> None:
    hoa = accounts.add_user(station.ctx, HOA)
    changed = accounts.unlock(station.ctx, "hoa", HOA.passphrase)
    assert changed.user == hoa
    assert changed.database is station.ctx.database
    assert [row.user_id for row in station.rows(AuditEntry, action="unlock")] == [hoa.id]
    for name, passphrase in (("hoa", PASSPHRASE), ("mai", HOA.passphrase), ("nobody", PASSPHRASE)):
        with pytest.raises(RefusedError, match="do not fit"):
            accounts.unlock(station.ctx, name, passphrase)
    with station.ctx.write() as uow:
        uow.get(User, hoa.id).active = False
        uow.commit()
    with pytest.raises(RefusedError, match="removed"):
        accounts.unlock(station.ctx, "hoa", HOA.passphrase)
    with pytest.raises(RefusedError, match="removed"):
        sign_in(station, "hoa", HOA.passphrase)


def test_one_changes_ones_own_passphrase_with_the_old_one(station: TestStation) -> None:
    with pytest.raises(RefusedError, match="old passphrase"):
        accounts.change_passphrase(station.ctx, "quên mất rồi nhé", "năm từ còn dễ nhớ")
    with pytest.raises(InputError, match="12"):
        accounts.change_passphrase(station.ctx, PASSPHRASE, "ngắn")
    accounts.change_passphrase(station.ctx, PASSPHRASE, "năm từ còn dễ nhớ")
    assert not opens(station, "mai", PASSPHRASE)
    assert opens(station, "mai", "năm từ còn dễ nhớ")


# PINs


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "12 4"])
def test_a_pin_has_four_to_eight_digits(station: TestStation, pin: str) -> None:
    with pytest.raises(InputError, match="4 to 8"):
        accounts.set_pin(station.ctx, pin)


def test_a_pin_changes_the_user_while_the_file_is_open_and_opens_nothing(station: TestStation) -> None:
    accounts.set_pin(station.ctx, "4711")
    clerk = station.acting("register")
    pad = PinPad()
    back = pad.switch(clerk, "mai", "4711")
    assert back.user == station.ctx.user
    assert [row.user_id for row in station.rows(AuditEntry, action="switch")] == [back.user.id], "not the clerk's act"
    assert not opens(station, "mai", "4711")
    assert b"4711" not in station.row(User, name="mai").pin_verifier.encode()


def test_after_five_wrong_pins_the_passphrase_is_asked(station: TestStation) -> None:
    accounts.set_pin(station.ctx, "4711")
    pad = PinPad()
    for name, pin in (("mai", "1111"), ("nobody", "4711"), ("mai", "4712")):
        with pytest.raises(RefusedError, match="does not fit"):
            pad.switch(station.ctx, name, pin)
    pad.switch(station.ctx, "mai", "4711")
    for _time in range(5):
        assert pad.usable
        with pytest.raises(RefusedError, match="does not fit"):
            pad.switch(station.ctx, "mai", "0000")
    assert not pad.usable
    with pytest.raises(RefusedError, match="passphrase"):
        pad.switch(station.ctx, "mai", "4711")
    assert actions(station).count("pin-wrong") == 8


def test_who_has_no_pin_or_was_removed_cannot_switch(station: TestStation) -> None:
    hoa = station.acting("register")
    pad = PinPad()
    with pytest.raises(RefusedError, match="does not fit"):
        pad.switch(station.ctx, "hoa", "")
    accounts.set_pin(hoa, "1234")
    assert pad.switch(station.ctx, "hoa", "1234").user.id == hoa.user.id
    with station.ctx.write() as uow:
        uow.get(User, hoa.user.id).active = False
        uow.commit()
    with pytest.raises(RefusedError, match="does not fit"):
        pad.switch(station.ctx, "hoa", "1234")


# users come and go


def test_an_added_user_opens_the_file_by_herself(station: TestStation) -> None:
    accounts.add_user(station.ctx, HOA)
    assert accounts.names(station.ctx.paths) == ["mai", "hoa"]
    ctx = sign_in(station, "hoa", HOA.passphrase)
    assert ctx.user.roles == HOA.roles
    ctx.database.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "short name"),
        ({"full_name": ""}, "full name"),
        ({"roles": frozenset()}, "role"),
        ({"roles": frozenset({"king"})}, "role"),
        ({"passphrase": "ngắn"}, "12"),
        ({"name": "mai"}, "taken"),
    ],
)
def test_a_user_who_does_not_fit_is_not_added(station: TestStation, change: dict, words: str) -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match=words):
        accounts.add_user(station.ctx, replace(HOA, **change))
    assert len(station.rows(User)) == 1
    assert accounts.names(station.ctx.paths) == ["mai"]


def test_removing_a_user_re_keys_so_that_a_copied_slot_opens_nothing(station: TestStation) -> None:
    hoa = accounts.add_user(station.ctx, HOA)
    (copied,) = [slot for slot in keyslots.read(station.ctx.paths.key_slots) if slot.name == "hoa"]
    old_key = station.database.key
    code = accounts.remove_user(station.ctx, hoa.id)

    assert keyslots.unwrap(copied, HOA.passphrase) == [old_key]
    stolen = Database(station.ctx.paths.database, old_key)
    with pytest.raises(KnownError, match="cannot be opened"):
        migrate.current(stolen)
    stolen.close()
    assert accounts.names(station.ctx.paths) == ["mai"]
    assert not opens(station, "hoa", HOA.passphrase)
    assert opens(station, "mai", PASSPHRASE)
    assert not any(slot.sealed_next for slot in keyslots.read(station.ctx.paths.key_slots))
    assert not station.row(User, name="hoa").active
    assert upkeep.check(station.ctx) == []

    with pytest.raises(RefusedError, match="recovery code"):
        accounts.recover(station.ctx.paths, station.recovery, "mai", "mới tinh bốn từ", packs.loader())
    ctx, _next = accounts.recover(station.ctx.paths, code, "mai", "mới tinh bốn từ", packs.loader(), station.clock)
    ctx.database.close()


def test_nobody_removes_herself(station: TestStation) -> None:
    with pytest.raises(RefusedError, match="yourself"):
        accounts.remove_user(station.ctx, station.ctx.user.id)


def test_who_comes_back_gets_a_new_slot_and_no_old_pin(station: TestStation) -> None:
    hoa = accounts.add_user(station.ctx, HOA)
    accounts.set_pin(accounts.unlock(station.ctx, "hoa", HOA.passphrase), "1234")
    accounts.remove_user(station.ctx, hoa.id)
    again = accounts.add_user(station.ctx, HOA)
    assert again.id == hoa.id
    assert opens(station, "hoa", HOA.passphrase)
    with pytest.raises(RefusedError, match="does not fit"):
        PinPad().switch(station.ctx, "hoa", "1234")


def test_a_slot_that_was_not_written_is_written_when_the_user_is_added_again(station: TestStation) -> None:
    accounts.add_user(station.ctx, HOA)
    slots = [slot for slot in keyslots.read(station.ctx.paths.key_slots) if slot.name != "hoa"]
    keyslots.write(station.ctx.paths.key_slots, slots)
    accounts.add_user(station.ctx, HOA)
    assert opens(station, "hoa", HOA.passphrase)
    assert len(station.rows(User, name="hoa")) == 1


# recovery


def test_the_recovery_sheet_gives_a_manager_a_new_passphrase_and_is_then_used_up(station: TestStation) -> None:
    typed = station.recovery.lower().replace("-", " ")
    ctx, fresh = accounts.recover(station.ctx.paths, typed, "mai", "bốn từ mới tinh", packs.loader(), station.clock)
    assert ctx.user.name == "mai"
    assert fresh != station.recovery
    assert upkeep.check(ctx) == []
    ctx.database.close()
    assert not opens(station, "mai", PASSPHRASE)
    assert opens(station, "mai", "bốn từ mới tinh")
    with pytest.raises(RefusedError, match="recovery code"):
        accounts.recover(station.ctx.paths, station.recovery, "mai", "bốn từ mới nữa", packs.loader())


def test_the_recovery_sheet_is_for_a_manager_who_is_there(station: TestStation) -> None:
    accounts.add_user(station.ctx, HOA)
    for name in ("hoa", "nobody"):
        with pytest.raises(RefusedError):
            accounts.recover(station.ctx.paths, station.recovery, name, "bốn từ mới tinh", packs.loader())
    with pytest.raises(InputError, match="recovery code"):
        accounts.recover(station.ctx.paths, station.recovery[:-1] + "?", "mai", "bốn từ mới tinh", packs.loader())
    with pytest.raises(InputError, match="12"):
        accounts.recover(station.ctx.paths, station.recovery, "mai", "ngắn", packs.loader())
    assert opens(station, "mai", PASSPHRASE)
    assert opens(station, "hoa", HOA.passphrase)


def test_a_renewed_sheet_makes_the_old_one_worthless(station: TestStation) -> None:
    fresh = accounts.renew_recovery(station.ctx)
    with pytest.raises(RefusedError):
        accounts.recover(station.ctx.paths, station.recovery, "mai", "bốn từ mới tinh", packs.loader())
    ctx, _code = accounts.recover(station.ctx.paths, fresh, "mai", "bốn từ mới tinh", packs.loader())
    ctx.database.close()


@pytest.mark.parametrize("turned", [False, True])
def test_a_re_keying_that_was_cut_off_opens_and_is_settled(station: TestStation, turned: bool) -> None:
    new = keyslots.new_key()
    both = [keyslots.announce(slot, station.database.key, new) for slot in keyslots.read(station.ctx.paths.key_slots)]
    keyslots.write(station.ctx.paths.key_slots, both)
    if turned:
        station.database.re_key(new)
    assert opens(station, "mai", PASSPHRASE)
    left = [slot for slot in keyslots.read(station.ctx.paths.key_slots) if slot.sealed_next]
    assert bool(left) != turned
    assert opens(station, "mai", PASSPHRASE)
    accounts.renew_recovery(sign_in(station, "mai", PASSPHRASE))
    assert opens(station, "mai", PASSPHRASE)


def test_a_file_whose_new_key_lies_in_the_log_only_is_whole_after_the_next_sign_in(
    station: TestStation, tmp_path: Path
) -> None:
    """The power goes after the file's turn, before the log was brought into the file."""
    new = keyslots.new_key()
    paths = station.ctx.paths
    both = [keyslots.announce(slot, station.database.key, new) for slot in keyslots.read(paths.key_slots)]
    keyslots.write(paths.key_slots, both)
    station.database.close()
    other = connect(paths.database, station.database.key)
    other.execute("SELECT count(*) FROM person").fetchall()
    turning = connect(paths.database, station.database.key)
    turning.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"")
    cut = StationPaths(Path(shutil.copytree(paths.data_dir, tmp_path / "cut")))
    turning.close()
    other.close()

    found = connect(cut.database, new)
    assert found.execute("PRAGMA cipher_integrity_check").fetchall() != []
    assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ctx = accounts.sign_in(cut, "mai", PASSPHRASE, packs.loader(), station.clock)
    assert upkeep.check(ctx) == []
    ctx.database.close()
    found.close()


def test_the_template_is_never_touched(template: Template) -> None:
    assert accounts.names(template.context.paths) == ["mai"]
