"""Campaign files by sync, with a real portal process: taken once, verified, kept whole; a bad one stops nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.pack_line import CODE, Line
from support.station import PASSPHRASE

from vaxdesk import settings
from vaxdesk.db.tables import AuditEntry, CampaignPack, Immunization, Person, SyncMark
from vaxdesk.errors import KnownError, RefusedError
from vaxdesk.paths import StationPaths
from vaxdesk.portal import packs as portal_packs
from vaxdesk.services import accounts, history, packs, upkeep
from vaxdesk.services.context import store_setting
from vaxdesk.sync import packs as sync_packs


def test_a_published_file_comes_once_and_waits_for_the_manager(line: Line) -> None:
    digest = line.publish(line.pack("1.3", "2026-12-01"))
    result = line.sync()
    (come,) = result.packs.waiting
    assert (come.code, come.version, come.valid_from, come.state) == (CODE, "1.3", date(2026, 12, 1), "waiting")
    assert result.status is not None
    assert result.status.all_sent
    row = line.row(digest)
    assert (row.state, row.origin, row.signer) == ("waiting", "portal", "Sở Y tế Sơn La")
    (entry,) = line.station.rows(AuditEntry, entity="campaign")
    assert (entry.action, entry.origin, entry.user_id) == ("receive", "portal", "program")
    assert entry.detail["version"] == "1.3"
    assert len(line.asked()) == 1
    assert list(line.station.ctx.paths.campaigns.glob("*.part")) == []
    # Nothing of it is in force, and nothing is fetched twice.
    with pytest.raises(KnownError, match="no pack"):
        line.station.ctx.campaign(CODE)
    assert line.sync().packs.waiting == []
    lists = line.asked("/fhir/Library")
    assert len(lists) == 1
    assert lists[0].headers["If-None-Match"].startswith('W/"')
    assert line.sync().packs.waiting == []
    assert line.asked() == []


def test_only_a_manager_brings_it_into_force_and_a_dose_keeps_the_rules_of_its_day(line: Line) -> None:
    """The rules that ship, and a newer version from October on that says 100 days, without dates of its own."""
    station = line.station
    station.clock.moment = datetime(2026, 11, 22, 1, tzinfo=UTC)
    before = station.vaccinated(date(2026, 7, 1), date(2026, 8, 27), national_id="", full_name="Lò Văn An")
    after = station.vaccinated(date(2026, 8, 10), date(2026, 10, 25), national_id="", full_name="Lò Văn Bình")
    coming = station.vaccinated(date(2026, 11, 1), national_id="", full_name="Lò Văn Cả")

    def verdicts(person: str) -> list[str]:
        with station.ctx.read() as uow:
            doses = history.given_doses(uow.find(Immunization, person_id=person))
            row = uow.get(Person, person)
            assert row is not None
            found = history.evaluate(station.ctx.campaign(), row, doses, station.ctx.today())
        due = [str(found.next.earliest)] if found.next is not None and len(doses) == 1 else []
        return [dose.reason for dose in found.doses] + due

    shipped = station.ctx.campaign().version
    assert (verdicts(before), verdicts(after)) == (["valid", "valid"], ["valid", "valid"])
    assert verdicts(coming) == ["valid", "2026-11-29"]
    digest = line.publish(line.pack("2999.1", "2026-10-01", "covid19", interval="100 days"))
    line.sync()
    assert station.ctx.campaign().version == shipped
    assert verdicts(after) == ["valid", "valid"], "what waits judges nobody"
    with pytest.raises(RefusedError):
        packs.bring_into_force(station.acting("register", "screen", "inject"), digest)
    done = packs.bring_into_force(station.ctx, digest)
    assert (done.version, done.signer) == ("2999.1", "Sở Y tế Sơn La")
    assert station.ctx.campaign().version == "2999.1"
    assert station.ctx.campaign(day=date(2026, 9, 30)).version == shipped
    assert verdicts(before) == ["valid", "valid"], "given under the older rules"
    assert verdicts(after) == ["valid", "too_early"]
    assert verdicts(coming) == ["valid", "2027-02-09"]
    entry = station.rows(AuditEntry, entity="campaign")[-1]
    assert (entry.action, entry.user_id, entry.origin) == ("bring-into-force", station.ctx.user.id, "desk")
    with pytest.raises(KnownError, match="does not wait"):
        packs.bring_into_force(station.ctx, digest)


def test_a_line_that_breaks_in_the_middle_loses_little_and_keeps_nothing_from_travelling(line: Line) -> None:
    file = line.pack("2999.2", "2026-12-01", "covid19", interval="100 days")
    digest = line.publish(file)
    line.station.person(national_id="")
    line.station.clock.advance(timedelta(seconds=11))
    line.proxy.once("truncated", lambda seen: "/packs/" in seen.path)
    result = line.sync()
    assert line.proxy.broken == ["truncated"]
    assert line.all_sent(), "the records went all the same"
    assert result.packs.error is not None
    assert line.station.rows(CampaignPack) == [], "nothing of a half file is there"
    line.asked()
    assert [one.version for one in line.sync().packs.waiting] == ["2999.2"]
    (again,) = line.asked()
    begun = int(again.headers["Range"].removeprefix("bytes=").rstrip("-"))
    assert file.stat().st_size // 4 < begun <= file.stat().st_size // 2, "it went on where it was"
    assert line.row(digest).body == file.read_bytes()
    assert list(line.station.ctx.paths.campaigns.glob("*")) == []


def test_a_part_that_a_power_cut_spoilt_is_fetched_from_the_start(line: Line) -> None:
    file = line.pack("1.3", "2026-12-01")
    digest = line.publish(file)
    folder = line.station.ctx.paths.campaigns
    folder.mkdir()
    (folder / f"{digest}.part").write_bytes(bytes(500))
    (folder / f"{'cd' * 32}.part").write_bytes(b"of a file that nobody offers")
    assert line.sync().packs.error is not None
    assert [path.name for path in folder.iterdir()] == []
    assert [one.version for one in line.sync().packs.waiting] == ["1.3"]
    assert line.row(digest).body == file.read_bytes()


FAULTS = (
    "cut-before", "captive", "redirect", "503", "429-seconds", "413", "cut-after", "truncated", "empty-200", "204",
    "wrong-type", "gzip-plain", "delay", "twice", "bom",
)  # fmt: skip


def test_every_fault_of_the_line_ends_with_the_file_and_never_with_a_lost_record(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.station.person(national_id="")
    line.station.clock.advance(timedelta(seconds=11))
    published = {}
    for number, fault in enumerate(FAULTS, 20):
        file = line.pack(f"1.{number}", f"2026-12-{number - 15:02}")
        published[fault] = line.publish(file)
        for what in ("/fhir/Library", "/packs/"):
            line.proxy.broken.clear()
            # Only where an answer never comes: a busy machine needs its time for the others.
            monkeypatch.setattr("vaxdesk.sync.client.READ_SECONDS", 2.0 if fault == "delay" else 60.0)
            line.proxy.once(fault, lambda seen, what=what: what in seen.path)  # type: ignore[misc]
            result = line.sync()
            assert line.proxy.broken == [fault], (fault, what)
            # What is spoilt on its way and whole all the same is refused, and the rest of the exchange goes on.
            harmless = fault == "twice" or (what == "/packs/" and fault == "bom")
            assert (result.packs.error is None) == harmless, (fault, what, result.packs)
            assert line.all_sent()
            if fault == "twice":
                break  # it came, so nothing asks for it any more
    line.proxy.off()
    line.sync()
    states = {fault: line.row(digest).state for fault, digest in published.items()}
    assert states == dict.fromkeys(FAULTS, "waiting") | {"bom": "refused"}
    line.station.clock.advance(timedelta(days=1, minutes=1))
    line.sync()
    assert line.row(published["bom"]).state == "waiting"


def test_what_the_station_has_already_is_not_kept_twice(line: Line) -> None:
    file = line.pack("1.3")
    packs.import_pack(line.station.ctx, file)
    digest = line.publish(file)
    assert line.sync().packs.waiting == []
    assert line.row(digest).state == "in-force"
    assert line.asked() == [], "a file from a stick has the same hash"


def test_an_older_version_never_takes_the_place_of_a_newer_one(line: Line) -> None:
    packs.import_pack(line.station.ctx, line.pack("1.10", "2026-06-01"))
    covered = line.publish(line.pack("1.9", "2026-08-01"))
    between = line.publish(line.pack("1.8", "2026-01-01"))
    result = line.sync()
    assert [one.version for one in result.packs.waiting] == ["1.8"], "it holds on the days before the newer one"
    row = line.row(covered)
    assert (row.state, row.body) == ("not-needed", None)
    packs.bring_into_force(line.station.ctx, between)
    today = line.station.ctx.today()
    assert line.station.ctx.campaign(CODE, today).version == "1.10"
    assert line.station.ctx.campaign(CODE, date(2026, 2, 1)).version == "1.8"
    line.asked()
    line.sync()
    assert line.asked() == []


def test_a_newer_version_in_force_ends_the_waiting_of_the_one_it_covers(line: Line) -> None:
    older, newer = line.publish(line.pack("1.3", "2026-12-01")), line.publish(line.pack("1.4", "2026-12-01"))
    assert [one.version for one in line.sync().packs.waiting] == ["1.3", "1.4"]
    packs.bring_into_force(line.station.ctx, newer)
    assert line.row(older).state == "not-needed"


def test_what_the_portal_withdraws_waits_no_longer_and_in_force_it_is_marked(line: Line) -> None:
    waiting, held = line.publish(line.pack("1.3", "2026-12-01")), line.publish(line.pack("1.4", "2026-12-01"))
    line.sync()
    packs.bring_into_force(line.station.ctx, held)
    for version in ("1.3", "1.4"):
        portal_packs.withdraw(line.store, CODE, version)
    third = line.publish(line.pack("1.5", "2027-01-01"))
    line.sync()
    portal_packs.withdraw(line.store, CODE, "1.5")
    assert line.sync().packs.withdrawn == 1
    assert (line.row(third).state, line.row(third).body) == ("withdrawn", None)
    row = line.row(held)
    assert row.state == "in-force"
    assert row.withdrawn_at is not None
    assert line.station.ctx.campaign(CODE, date(2026, 12, 2)).version == "1.4", "rules in force do not vanish"
    assert line.row(waiting).state in ("not-needed", "withdrawn")
    # Offered once more, it comes once more.
    line.publish(line.folder / f"{CODE}-1.5-0.vaxpack")
    assert [one.version for one in line.sync().packs.waiting] == ["1.5"]


def test_time_is_bounded_and_the_rest_comes_with_the_next_exchange(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = line.publish(line.pack("2999.3", "2026-12-01", "covid19", interval="100 days"))
    monkeypatch.setattr(sync_packs, "SECONDS", -1.0)
    assert line.sync().packs.waiting == []
    assert line.asked() == []
    monkeypatch.setattr(sync_packs, "SECONDS", 60.0)
    assert len(line.sync().packs.waiting) == 1
    assert line.row(digest).state == "waiting"


def test_received_files_are_in_a_backup_and_come_back_with_it(line: Line) -> None:
    held, waiting = line.publish(line.pack("1.3", "2026-06-01")), line.publish(line.pack("1.4", "2027-01-01"))
    line.sync()
    packs.bring_into_force(line.station.ctx, held)
    upkeep.back_up(line.station.ctx, line.folder / "usb" / "copy.db")
    paths = StationPaths(line.folder / "new computer")
    upkeep.restore(paths, line.folder / "usb" / "copy.db")
    ctx = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader(paths.campaigns), line.station.clock)
    assert ctx.campaign(CODE).version == "1.3"
    assert packs.bring_into_force(ctx, waiting).version == "1.4"
    assert ctx.campaign(CODE, date(2027, 2, 1)).version == "1.4"
    ctx.database.close()


def test_a_portal_that_learns_to_hold_files_is_noticed_within_a_day(line: Line) -> None:
    """The portal was of an older version when this station first asked what it can do."""
    line.publish(line.pack("1.3", "2026-12-01"))
    line.sync()
    with line.station.ctx.write() as uow:
        for row in uow.find(CampaignPack):
            uow.delete(row)
        profile = json.loads(line.station.ctx.setting(settings.PORTAL_PROFILE))
        profile["types"].remove("Library")
        store_setting(uow, settings.PORTAL_PROFILE, json.dumps(profile))
        uow.add(SyncMark(resource_type=sync_packs.LOOKED, mark="", saved_at=uow.now))
        uow.commit()
    line.proxy.seen.clear()
    line.sync()
    assert [seen.path for seen in line.proxy.seen if "Library" in seen.path or "metadata" in seen.path] == []
    line.station.clock.advance(timedelta(days=1, minutes=1))
    with line.station.ctx.write() as uow:
        for mark in uow.find(SyncMark):
            if mark.resource_type.startswith("Library"):
                uow.delete(mark)
        uow.commit()
    assert [one.version for one in line.sync().packs.waiting] == ["1.3"]
    assert "Library" in json.loads(line.station.ctx.setting(settings.PORTAL_PROFILE))["types"]


def test_before_the_authority_is_known_nothing_is_asked_for(tmp_path: Path, line: Line) -> None:
    from vaxdesk.services import signing

    with line.station.ctx.write() as uow:
        from vaxdesk.db.tables import SignedList

        root = uow.get(SignedList, signing.ROOT)
        assert root is not None
        uow.delete(root)
        uow.commit()
    line.publish(line.pack("1.3"))
    line.sync()
    assert line.asked("/fhir/Library") == []
