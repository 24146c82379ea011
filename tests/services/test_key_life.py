"""The station's key from the first request to renewal and restore, and the authority's files that come by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cbor2
import pypdfium2
import pytest
from support.portal import running_portal
from support.station import MORNING, PASSPHRASE, TestStation, make_station

from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.lists import RevocationKind, TrustList
from vaxdesk.clock import SystemClock
from vaxdesk.db.tables import AuditEntry, Certificate
from vaxdesk.errors import InputError, KnownError, RefusedError
from vaxdesk.services import accounts, certificates, enrolment, key_renewal, packs, signing, upkeep, verifying
from vaxdesk.sync.once import sync_once

DAY = date(2026, 8, 3)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[TestStation]:
    """A station with an authority of its own, whose lists the test changes."""
    station = make_station(tmp_path)
    station.enrol()
    yield station
    station.database.close()


def issued(station: TestStation, person: str) -> Certificate:
    with station.database.reader() as conn:
        row = conn.get(Certificate, certificates.issue(station.ctx, person).certificate_id)
    assert row is not None
    return row


def answer_the_request(station: TestStation) -> None:
    request = json.loads(station.ctx.paths.key_request.read_text(encoding="utf-8"))
    enrolment.import_answer(station.ctx, station.authority.answer(request, at=station.clock.now()))


def verdict(station: TestStation, text: str) -> str:
    (found,) = verifying.check(station.ctx, text)
    return found.verdict


def kids_in_audit(station: TestStation, person: str) -> list[str]:
    with station.ctx.read() as uow:
        rows = uow.find(AuditEntry, AuditEntry.number, action="certificate", entity_id=person)
        return [row.detail["kid"] for row in rows]


def test_a_key_is_renewed_before_it_ends_and_both_hold_meanwhile(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    first = issued(station, person)
    station.ctx.paths.key_request.unlink()
    assert not key_renewal.prepare_when_due(station.ctx), "nothing is due with a year to go"
    assert not station.ctx.paths.key_request.exists()

    station.clock.advance(timedelta(days=325))
    assert signing.state(station.ctx).renewal_due
    assert key_renewal.prepare_when_due(station.ctx)
    state = signing.state(station.ctx)
    assert (state.certified, state.waiting, state.renewal_due) == (True, True, False)
    request = station.ctx.paths.key_request.read_bytes()
    assert key_renewal.prepare_when_due(station.ctx), "it is owed until the answer is here"
    assert station.ctx.paths.key_request.read_bytes() == request, "and is the same request"

    second = issued(station, person)
    assert second.kid == first.kid, "the old key signs until the new one is certified"
    answer_the_request(station)
    assert not signing.state(station.ctx).waiting
    other = station.vaccinated(DAY, full_name="Lò Văn Hai", national_id="")
    third = issued(station, other)
    assert third.kid != first.kid
    assert third.code_until > second.code_until
    assert [verdict(station, row.hc1) for row in (second, third)] == ["valid", "valid"]
    assert (kids_in_audit(station, person), kids_in_audit(station, other)) == ([first.kid, second.kid], [third.kid])

    station.clock.advance(timedelta(days=60))
    now = station.clock.now()
    for data in (station.authority.trust_list(now), station.authority.revocation_list(now)):
        enrolment.import_list(station.ctx, data)
    assert verdict(station, second.hc1) == "expired", "the old key's code ended with it"
    assert issued(station, person).kid == third.kid


def test_without_a_renewal_the_paper_has_no_code_and_says_so(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    station.clock.advance(timedelta(days=366))
    row = issued(station, person)
    assert (row.kind, row.hc1, row.no_code_reasons) == ("paper", "", ["signing_key"])
    data = certificates.pdf(station.ctx, [row.id], "A5")
    text = " ".join(pypdfium2.PdfDocument(data)[0].get_textpage().get_text_bounded().split())
    assert "hết hạn" in text
    assert "21/11/2027" in text
    assert key_renewal.prepare_when_due(station.ctx)
    answer_the_request(station)
    assert issued(station, person).kind == "station"


def test_a_restored_station_asks_for_a_new_certificate(station: TestStation, tmp_path: Path) -> None:
    person = station.vaccinated(DAY)
    before = issued(station, person)
    target = tmp_path / "disk" / "vaxdesk.db"
    target.parent.mkdir()
    upkeep.back_up(station.ctx, target)
    paths = type(station.ctx.paths)(tmp_path / "new PC")
    upkeep.restore(paths, target)
    assert not paths.signing_key.exists()

    ctx = accounts.sign_in(paths, "mai", PASSPHRASE, packs.loader(), station.clock)
    restored = TestStation(ctx, station.clock, station.authority, "", station.set_up)
    state = signing.state(ctx)
    assert (state.certified, state.waiting, state.renewal_due) == (False, False, True)
    other = restored.vaccinated(DAY, full_name="Lò Văn Hai", national_id="")
    assert issued(restored, other).no_code_reasons == ["signing_key"]
    assert verdict(restored, before.hc1) == "valid"

    assert key_renewal.prepare_when_due(ctx)
    assert issued(restored, other).no_code_reasons == ["signing_key"]
    answer_the_request(restored)
    after = issued(restored, other)
    assert after.kind == "station"
    assert after.kid != before.kid
    assert [verdict(restored, row.hc1) for row in (before, after)] == ["valid", "valid"]
    ctx.database.close()


def test_a_damaged_key_file_stops_no_paper_and_is_laid_aside(station: TestStation) -> None:
    person = station.vaccinated(DAY)
    whole = station.ctx.paths.signing_key.read_bytes()
    station.ctx.paths.signing_key.write_bytes(whole[:40])
    assert issued(station, person).no_code_reasons == ["signing_key"]
    signing.sign_head(station.ctx, "sync")
    assert key_renewal.prepare_when_due(station.ctx)
    (kept,) = station.ctx.paths.data_dir.glob("signing-*.damaged")
    assert kept.read_bytes() == whole[:40]
    answer_the_request(station)
    assert issued(station, person).kind == "station"


def test_a_key_is_renewed_through_the_portal(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    Authority.create(tmp_path / "keys", "Trung tâm Y tế", station_days=30)
    with running_portal(tmp_path, "--rate", "5000", authority=tmp_path / "keys") as portal:
        station = make_station(tmp_path, moment=now)
        station.enrol_at(portal, tmp_path)
        person = station.vaccinated(DAY)
        first = issued(station, person)
        station.clock.advance(timedelta(seconds=11))
        sync_once(station.ctx)
        assert len(signing.ring(station.ctx)) == 1

        station.clock.advance(timedelta(days=16))
        sync_once(station.ctx)
        ring = signing.ring(station.ctx)
        assert (len(ring), ring.waiting) == (2, None)
        other = station.vaccinated(DAY, full_name="Lò Văn Hai", national_id="")
        second = issued(station, other)
        assert first.kid != second.kid == signing.signer(station.ctx).kid.hex()
        assert [verdict(station, row.hc1) for row in (first, second)] == ["valid", "valid"]
        sync_once(station.ctx)
        assert len(signing.ring(station.ctx)) == 2, "a fresh key is not renewed again"
        with station.ctx.read() as uow:
            assert [row.origin for row in uow.find(AuditEntry, action="key-renewed")] == ["portal"]
        station.database.close()


# files by hand


def list_file(folder: Path, data: bytes) -> Path:
    path = folder / "list.cbor"
    path.write_bytes(data)
    return path


def import_file(station: TestStation, path: Path) -> enrolment.Imported:
    return enrolment.import_any(station.ctx, enrolment.read_any(path))


def test_newer_lists_come_as_files(alone: TestStation, tmp_path: Path) -> None:
    station = alone
    person = station.vaccinated(DAY)
    row = issued(station, person)
    station.clock.advance(timedelta(days=9))
    assert verifying.lists(station.ctx).revocation_days == 9
    station.authority.revoke_code(row.uvci, RevocationKind.REVOKED, day=DAY)
    older = station.authority.revocation_list(MORNING)
    found = import_file(station, list_file(tmp_path, station.authority.revocation_list(station.clock.now())))
    assert (found.kind, found.newer) == ("revocation", True)
    assert verdict(station, row.hc1) == "revoked"
    assert verifying.lists(station.ctx).revocation_days == 0
    again = import_file(station, list_file(tmp_path, station.authority.revocation_list(station.clock.now())))
    assert (again.number, again.newer) == (found.number, False)
    with pytest.raises(RefusedError, match="older than number"):
        import_file(station, list_file(tmp_path, older))
    assert verdict(station, row.hc1) == "revoked"
    station.authority.set_code_life(30)
    trust = import_file(station, list_file(tmp_path, station.authority.trust_list(station.clock.now())))
    assert trust.kind == "trust"
    other = station.vaccinated(DAY, full_name="Lò Văn Hai", national_id="")
    assert issued(station, other).code_until - station.clock.now() == timedelta(days=30)


def test_a_list_that_was_changed_or_is_anothers_is_refused(alone: TestStation, tmp_path: Path) -> None:
    station = alone
    now = station.clock.now()
    good = station.authority.trust_list(now + timedelta(days=1))
    message = list(cbor2.loads(good).value)
    content = cbor2.loads(message[2])
    message[2] = cbor2.dumps(content | {"code_life_days": 366})
    tampered = cbor2.dumps(cbor2.CBORTag(18, message))
    stranger = Authority.create(tmp_path / "stranger", "Cơ quan lạ", at=now).trust_list(now)
    practice = Authority.create(tmp_path / "practice", "Tập huấn", practice=True, at=now).trust_list(now)
    held = signing.trust(station.ctx).trust_list
    assert isinstance(held, TrustList)
    for data in (tampered, stranger, practice, good[:-1], b"\xd2", b"\xd2" * 5000):
        with pytest.raises(InputError):
            import_file(station, list_file(tmp_path, data))
    assert signing.trust(station.ctx).trust_list.head == held.head
    for odd in (b"", b"\x00\x01", b"[1, 2]", "giấy".encode()):
        with pytest.raises(InputError):
            enrolment.read_any(list_file(tmp_path, odd))
    with pytest.raises(InputError):
        enrolment.read_any(tmp_path / "none")


def test_a_list_before_the_authoritys_answer_is_refused_in_words(tmp_path: Path) -> None:
    station = make_station(tmp_path)
    path = list_file(tmp_path, station.authority.trust_list(SystemClock().now()))
    with pytest.raises(KnownError, match="answer first"):
        import_file(station, path)
    station.database.close()
