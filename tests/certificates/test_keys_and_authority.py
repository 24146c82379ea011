"""Station keys, their wrapping and overlap, and the authority's answer, without any network."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from vaxdesk.certificates import enrolment, issuing, lists
from vaxdesk.certificates.authority import Authority, AuthorityError
from vaxdesk.certificates.enrolment import EnrolmentError
from vaxdesk.certificates.keys import KeyFileError, StationKey, StationKeyRing, StationSigner
from vaxdesk.certificates.lists import ListError, RevocationKind, TrustList
from vaxdesk.errors import RefusedError

WRAPPING = bytes(range(32))


def request_of(key: StationKey, at: datetime, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {"station_id": "s-1", "code": "01279", "name": "Trạm Y tế", "created_at": at} | changes
    return key.request(**values)  # type: ignore[arg-type]  # the test varies single fields


def signer_for(authority: Authority, at: datetime, key: StationKey | None = None) -> StationSigner:
    key = key or StationKey.generate()
    answer = enrolment.read_answer(
        authority.answer(request_of(key, at, practice=authority.practice), at=at),
        key.public_der,
        practice=authority.practice,
    )
    return StationSigner(key, answer.certificate)


def test_a_wrapped_key_opens_only_with_its_own_key_and_unchanged() -> None:
    key = StationKey.generate()
    wrapped = key.wrap(WRAPPING)
    assert StationKey.unwrap(wrapped, WRAPPING).public_der == key.public_der
    assert key.public_der not in wrapped
    with pytest.raises(KeyFileError):
        StationKey.unwrap(wrapped, bytes(32))
    for position in (0, 12, len(wrapped) - 1):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(KeyFileError):
            StationKey.unwrap(bytes(changed), WRAPPING)


def test_a_request_proves_possession_of_the_key(now: datetime) -> None:
    key = StationKey.generate()
    document = json.loads(json.dumps(request_of(key, now)))
    read = enrolment.read_request(document)
    assert (read.code, read.name, read.public_der) == ("01279", "Trạm Y tế", key.public_der)
    stranger = base64.b64encode(StationKey.generate().public_der).decode()
    for change in ({"code": "01280"}, {"public_key": stranger}, {"signature": "AAAA"}, {"practice": True}, {"x": 1}):
        with pytest.raises(EnrolmentError):
            enrolment.read_request({**document, **change})
    for missing in document:
        with pytest.raises(EnrolmentError):
            enrolment.read_request({name: value for name, value in document.items() if name != missing})


def test_the_station_certificate_is_a_document_signer_for_vaccinations(station: StationSigner, now: datetime) -> None:
    parsed = station.certificate.parsed
    usage = parsed.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE).value
    assert isinstance(usage, x509.ExtendedKeyUsage)
    assert [one.dotted_string for one in usage] == ["1.3.6.1.4.1.1847.2021.1.2"]
    assert station.certificate.usages == {"v"}
    assert station.certificate.role == "station:01279"
    assert station.station == "01279"
    assert station.certificate.subject(NameOID.SERIAL_NUMBER) == "01279"
    assert station.certificate.country == "VN"
    assert timedelta(days=364) < station.not_after - now <= timedelta(days=365)
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_answer_is_checked_from_the_root_down(fresh_authority: Authority, now: datetime) -> None:
    key = StationKey.generate()
    sync = {"portal_url": "https://portal.example", "token": "secret"}
    document = json.loads(json.dumps(fresh_authority.answer(request_of(key, now), sync=sync, at=now)))
    answer = enrolment.read_answer(document, key.public_der, fresh_authority.root)
    assert answer.sync == enrolment.SyncEnrolment("https://portal.example", "s-1", "secret")
    assert answer.code_life_days == 180
    trust_list = lists.open_list(answer.trust_list, answer.root)
    assert isinstance(trust_list, TrustList)
    (found,) = trust_list.find(answer.certificate.kid)
    assert (found.signer, found.station, found.usages) == ("station", "01279", {"v"})

    with pytest.raises(EnrolmentError):
        enrolment.read_answer(document, StationKey.generate().public_der)
    with pytest.raises(EnrolmentError):
        enrolment.read_answer(document, key.public_der, practice=True)
    for name in document:
        with pytest.raises(EnrolmentError):
            enrolment.read_answer({one: value for one, value in document.items() if one != name}, key.public_der)
    changed = {**document, "sync": {**document["sync"], "portal_url": "https://evil.example"}}
    with pytest.raises(EnrolmentError):
        enrolment.read_answer(changed, key.public_der)


def test_another_authority_cannot_answer(fresh_authority: Authority, tmp_path: Path, now: datetime) -> None:
    key = StationKey.generate()
    other = Authority.create(tmp_path / "other", "Sở Y tế (thử)", at=now)
    document = other.answer(request_of(key, now), at=now)
    with pytest.raises(EnrolmentError):
        enrolment.read_answer(document, key.public_der, fresh_authority.root)
    with pytest.raises(ListError):
        lists.open_list(other.trust_list(now), fresh_authority.root)


def test_practice_and_real_do_not_mix(fresh_authority: Authority, tmp_path: Path, now: datetime) -> None:
    practice = Authority.create(tmp_path / "practice", "Tập huấn", True, at=now)
    assert "PRACTICE" in practice.root.subject()
    assert practice.root.practice
    key = StationKey.generate()
    with pytest.raises(RefusedError):
        fresh_authority.answer(request_of(key, now, practice=True), at=now)
    with pytest.raises(RefusedError):
        practice.answer(request_of(key, now), at=now)
    with pytest.raises(EnrolmentError):
        enrolment.read_answer(practice.answer(request_of(key, now, practice=True), at=now), key.public_der)
    real, trained = (lists.open_list(one.trust_list(now)) for one in (fresh_authority, practice))
    with pytest.raises(RefusedError):
        lists.check_newer(real.head, trained.head)
    root_key = StationKey.generate()
    root = issuing.root_certificate(root_key.private, "x", now, practice=True)
    mixed = lists.sign_trust_list(
        [], signer=StationSigner(root_key, root), root=root, number=1, at=now, code_life_days=1
    )
    assert lists.open_list(mixed).head.practice


def test_an_older_list_is_refused(fresh_authority: Authority, now: datetime) -> None:
    first = lists.open_list(fresh_authority.trust_list(now)).head
    assert fresh_authority.trust_list(now) == fresh_authority.trust_list(now + timedelta(hours=1))
    second = lists.open_list(fresh_authority.trust_list(now + timedelta(days=1))).head
    assert second.number == first.number + 1
    lists.check_newer(None, first)
    lists.check_newer(first, second)
    lists.check_newer(second, second)
    with pytest.raises(RefusedError):
        lists.check_newer(second, first)


def test_the_authority_opens_again_with_its_passphrase_only(tmp_path: Path, now: datetime) -> None:
    folder = tmp_path / "authority"
    made = Authority.create(folder, "Sở Y tế", passphrase="bốn từ ngẫu nhiên", at=now)
    signer = signer_for(made, now)
    made.revoke_code("URN:UVCI:01:VN:X#Y", RevocationKind.REPLACED, day=now.date())
    with pytest.raises(AuthorityError):
        Authority.open(folder, "wrong")
    with pytest.raises(AuthorityError):
        Authority.open(folder)
    with pytest.raises(AuthorityError):
        Authority.open(tmp_path / "none")
    with pytest.raises(RefusedError):
        Authority.create(folder, "Sở Y tế", at=now)
    opened = Authority.open(folder, "bốn từ ngẫu nhiên")
    assert [one.certificate for one in opened.stations()] == [signer.certificate]
    assert opened.revocations() == made.revocations()
    assert opened.trust_list(now) == made.trust_list(now)


def test_the_same_key_gets_the_same_certificate_until_it_is_time(fresh_authority: Authority, now: datetime) -> None:
    key = StationKey.generate()
    first = signer_for(fresh_authority, now, key)
    assert signer_for(fresh_authority, now + timedelta(days=30), key).certificate == first.certificate
    assert signer_for(fresh_authority, now + timedelta(days=300), key).certificate != first.certificate
    assert fresh_authority.revoke_station("01279", at=now) == 2
    with pytest.raises(RefusedError):
        fresh_authority.answer(request_of(key, now), at=now)
    trust_list = lists.open_list(fresh_authority.trust_list(now))
    assert isinstance(trust_list, TrustList)
    assert trust_list.find(first.kid) == []


def test_a_ring_signs_with_the_newest_valid_key(fresh_authority: Authority, now: datetime) -> None:
    first = signer_for(fresh_authority, now)
    ring = StationKeyRing().with_key(first.key, now)
    assert ring.current(now) is None
    assert ring.waiting is not None
    assert not ring.renewal_due(now)
    ring = ring.with_certificate(first.certificate)
    assert not ring.renewal_due(now)
    later = first.not_after - timedelta(days=20)
    assert ring.renewal_due(later)
    second = signer_for(fresh_authority, later)
    ring = ring.with_key(second.key, later)
    assert ring.current(later) == first
    assert not ring.renewal_due(later)
    ring = ring.with_certificate(second.certificate)
    assert ring.current(later) == second
    assert ring.current(now) == first
    assert len(ring) == 2
    over = first.not_after + timedelta(days=1)
    assert ring.current(over) == second
    assert ring.without_expired(over).signers == (second,)
    assert ring.current(second.not_after + timedelta(seconds=1)) is None
    opened = StationKeyRing.unwrap(ring.wrap(WRAPPING), WRAPPING)
    assert [one.kid for one in opened.signers] == [first.kid, second.kid]
    with pytest.raises(KeyFileError):
        StationKeyRing.unwrap(ring.wrap(WRAPPING), bytes(32))
    with pytest.raises(RefusedError):
        ring.with_certificate(signer_for(fresh_authority, now).certificate)


def test_the_national_signer_is_another_kind_and_is_renewed(fresh_authority: Authority, now: datetime) -> None:
    signer = fresh_authority.national_signer(at=now)
    assert fresh_authority.national_signer(at=now).kid == signer.kid
    trust_list = lists.open_list(fresh_authority.trust_list(now))
    assert isinstance(trust_list, TrustList)
    assert [key.signer for key in trust_list.find(signer.kid)] == ["national"]
    later = signer.not_after + timedelta(days=1)
    renewed = fresh_authority.national_signer(at=later)
    assert renewed.kid != signer.kid
    newest = lists.open_list(fresh_authority.trust_list(later))
    assert isinstance(newest, TrustList)
    assert newest.find(signer.kid)
    assert newest.find(renewed.kid)


def test_half_a_line_after_a_power_cut_spoils_nothing(fresh_authority: Authority, now: datetime) -> None:
    fresh_authority.revoke_code("A", day=now.date())
    with (fresh_authority.folder / "revocations.txt").open("a") as file:
        file.write("00ff revo")
    opened = Authority.open(fresh_authority.folder)
    opened.revoke_code("B", day=now.date())
    again = Authority.open(fresh_authority.folder)
    assert [one for one, _kind, _day in again.revocations()] == [lists.identifier_hash(one) for one in "AB"]
