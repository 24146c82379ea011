"""Verdicts against the signed lists of an authority: station and national codes, revoked, replaced, old lists."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from making import DOSE, NOW, PERSON, Maker, certificate_for, content, text_of, trust_of

from vaxdesk.certificates import cose, gate, hc1, lists, x509
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.enrolment import pem, read_answer
from vaxdesk.certificates.keys import StationKey, StationSigner
from vaxdesk.certificates.lists import ListError, RevocationKind, RevocationList, TrustedKey, TrustList, open_list
from vaxdesk.certificates.trust import LIMIT_DAYS, WARN_DAYS, Trust, TrustError
from vaxdesk.certificates.verification import State, Verdict
from vaxdesk.certificates.verify import verify_text
from vaxdesk.errors import RefusedError

DAY = dt.timedelta(days=1)


def issued(station: StationSigner, life_days: int = 180) -> gate.IssuedCode:
    return gate.issue(
        signer=station, desk="01", person=PERSON, dose=DOSE, issuer="Trạm Y tế", now=NOW, life_days=life_days
    )


def national_code(authority: Authority) -> str:
    signer = authority.national_signer(at=NOW)
    return hc1.encode(content(), signer, NOW, NOW + 365 * DAY)


def test_a_stations_code_is_valid_and_called_provisional(station: StationSigner, trust: Trust) -> None:
    code = issued(station)
    answer = verify_text(code.text, trust, NOW)
    assert (answer.verdict, answer.signer) == (Verdict.VALID, "station")
    assert answer.key is not None
    assert answer.key.station == "01279"
    assert "không phải chứng nhận quốc gia" in answer.words("vi")
    assert "provisional" in answer.words("en").lower()
    assert "01279" in answer.words("vi")
    assert "20/05/2027" in answer.words("vi")
    assert set(answer.as_json()) == {"input", "stages", "payload", "signer", "verdict", "words"}
    assert code.expires_at == NOW + 180 * DAY
    assert json.dumps(answer.as_json())


def test_a_code_never_outlives_its_key(station: StationSigner, trust: Trust) -> None:
    code = issued(station, life_days=10_000)
    assert code.expires_at == station.not_after
    assert verify_text(code.text, trust, NOW).verdict is Verdict.VALID
    with pytest.raises(RefusedError):
        gate.issue(
            signer=station,
            desk="01",
            person=PERSON,
            dose=DOSE,
            issuer="x",
            now=station.not_after + DAY,
            life_days=1,
        )


def test_a_national_code_is_called_national(authority: Authority, trust: Trust) -> None:
    answer = verify_text(national_code(authority), trust, NOW)
    assert (answer.verdict, answer.signer) == (Verdict.VALID, "national")
    assert "quốc gia" in answer.words("vi")


def test_an_expired_code_says_that_the_paper_holds(station: StationSigner, trust: Trust, authority: Authority) -> None:
    code = issued(station, life_days=5)
    later = NOW + 6 * DAY
    answer = verify_text(code.text, trust_of(authority, later), later)
    assert answer.verdict is Verdict.EXPIRED
    assert "26/11/2026" in answer.words("vi")
    assert "vẫn có giá trị" in answer.words("vi")
    early = verify_text(code.text, Trust([station.certificate]), NOW - dt.timedelta(hours=1))
    assert early.verdict is Verdict.NOT_YET_VALID


@pytest.mark.parametrize("kind", list(RevocationKind))
@pytest.mark.parametrize("which", [0, 1, 2])
def test_each_kind_of_hash_finds_a_revoked_or_replaced_code(
    fresh_authority: Authority, kind: RevocationKind, which: int
) -> None:
    key = StationKey.generate()
    request = key.request(station_id="1", code="01279", name="Trạm", created_at=NOW)
    answer = read_answer(fresh_authority.answer(request, at=NOW), key.public_der)
    code = issued(StationSigner(key, answer.certificate))
    first = verify_text(code.text, trust_of(fresh_authority, NOW), NOW)
    assert first.verdict is Verdict.VALID
    assert first.claims is not None
    signed = cose.parse(hc1.inflate(hc1.base45.decode(hc1.unprefix(code.text))))
    hashes = lists.hashes_of(first.claims.issuer or "", code.identifier, signed.signature, signed.algorithm)
    fresh_authority.revoke_hash(hashes[which], kind, day=dt.date(2026, 11, 20))
    second = verify_text(code.text, trust_of(fresh_authority, NOW), NOW)
    assert second.verdict.value == kind.value
    assert second.stages["revocation"].state is State.FAILED
    assert "20/11/2026" in second.words("vi")
    assert second.payload == first.payload
    other = verify_text(issued(StationSigner(key, answer.certificate)).text, trust_of(fresh_authority, NOW), NOW)
    assert other.verdict is Verdict.VALID


def test_revoked_goes_before_replaced_and_before_expired(fresh_authority: Authority) -> None:
    key = StationKey.generate()
    request = key.request(station_id="1", code="01279", name="Trạm", created_at=NOW)
    answer = read_answer(fresh_authority.answer(request, at=NOW), key.public_der)
    code = issued(StationSigner(key, answer.certificate), life_days=1)
    fresh_authority.revoke_code(code.identifier, RevocationKind.REPLACED, day=NOW.date())
    later = NOW + 3 * DAY
    assert verify_text(code.text, trust_of(fresh_authority, later), later).verdict is Verdict.REPLACED
    fresh_authority.revoke_code(code.identifier, RevocationKind.REVOKED, day=NOW.date())
    assert verify_text(code.text, trust_of(fresh_authority, later), later).verdict is Verdict.REVOKED


def test_a_station_taken_off_the_list_is_unknown(fresh_authority: Authority) -> None:
    key = StationKey.generate()
    request = key.request(station_id="1", code="01279", name="Trạm", created_at=NOW)
    answer = read_answer(fresh_authority.answer(request, at=NOW), key.public_der)
    code = issued(StationSigner(key, answer.certificate))
    fresh_authority.revoke_station("01279", at=NOW)
    checked = verify_text(code.text, trust_of(fresh_authority, NOW), NOW)
    assert (checked.verdict, checked.signer) == (Verdict.UNKNOWN_SIGNER, None)
    assert checked.payload is not None


@pytest.mark.parametrize(
    ("days", "verdict", "words"),
    [
        (0, Verdict.VALID, ""),
        (WARN_DAYS, Verdict.VALID, ""),
        (WARN_DAYS + 1, Verdict.VALID, "đã cũ 8 ngày"),
        (LIMIT_DAYS, Verdict.VALID, "đã cũ 30 ngày"),
        (LIMIT_DAYS + 1, Verdict.UNKNOWN_SIGNER, "đã cũ 31 ngày"),
        (-1, Verdict.VALID, ""),
        (-2, Verdict.UNKNOWN_SIGNER, "đồng hồ"),
    ],
)
def test_old_lists_warn_and_then_vouch_for_nothing(
    authority: Authority, station: StationSigner, days: int, verdict: Verdict, words: str
) -> None:
    listed = NOW + 60 * DAY
    trust = trust_of(authority, listed)
    at = listed + days * DAY
    answer = verify_text(issued(station).text, trust, at)
    assert answer.verdict is verdict
    assert words in answer.words("vi")
    assert answer.list_age_days == days
    assert ("đã cũ" in answer.words("vi")) == ("đã cũ" in words)


def test_each_list_alone_can_be_too_old(authority: Authority, station: StationSigner) -> None:
    fresh, old = trust_of(authority, NOW + 70 * DAY), trust_of(authority, NOW + 10 * DAY)
    at = NOW + 71 * DAY
    text = issued(station).text
    for trust, stage in (
        (Trust((), fresh.trust_list, old.revocation_list), "revocation"),
        (Trust((), old.trust_list, fresh.revocation_list), "signature"),
    ):
        answer = verify_text(text, trust, at)
        assert answer.verdict is Verdict.UNKNOWN_SIGNER
        assert answer.stages[stage].state is State.FAILED
        assert "61" in answer.words("vi")


def test_a_certificate_given_by_hand_does_not_grow_old_with_a_list(
    authority: Authority, station: StationSigner
) -> None:
    old = trust_of(authority, NOW).trust_list
    at = NOW + 60 * DAY
    text = issued(station).text
    assert verify_text(text, Trust((), old), at).verdict is Verdict.UNKNOWN_SIGNER
    assert verify_text(text, Trust([station.certificate], old), at).verdict is Verdict.VALID


def test_practice_codes_say_so(tmp_path: Path) -> None:
    practice = Authority.create(tmp_path / "practice", "Tập huấn", True, at=NOW)
    signer = practice.national_signer(at=NOW)
    answer = verify_text(hc1.encode(content(), signer, NOW, NOW + DAY), trust_of(practice, NOW), NOW)
    assert answer.verdict is Verdict.VALID
    assert answer.words("vi").startswith("Chỉ để tập huấn")
    assert answer.words("en").startswith("Practice only")


def test_a_practice_signers_certificate_by_hand_says_so_too(authority: Authority, tmp_path: Path) -> None:
    practice = Authority.create(tmp_path / "practice", "Tập huấn", True, at=NOW)
    for made, marked in ((practice, True), (authority, False)):
        signer = made.national_signer(at=NOW)
        text = hc1.encode(content(), signer, NOW, NOW + DAY)
        (tmp_path / "signer.pem").write_text(pem(signer.certificate))
        answer = verify_text(text, Trust.load(tmp_path / "signer.pem"), NOW)
        assert answer.words("en").startswith("Practice only") is marked


def test_practice_and_real_lists_do_not_meet(authority: Authority, tmp_path: Path) -> None:
    practice = Authority.create(tmp_path / "practice", "Tập huấn", True, at=NOW)
    with pytest.raises(RefusedError):
        Trust((), trust_of(practice, NOW).trust_list, trust_of(authority, NOW).revocation_list)


def test_every_flipped_bit_of_a_list_is_noticed(authority: Authority) -> None:
    for data in (authority.trust_list(NOW), authority.revocation_list(NOW)):
        for position in range(0, len(data), 7):
            changed = bytearray(data)
            changed[position] ^= 1 << (position % 8)
            try:
                opened = open_list(bytes(changed), authority.root)
            except ListError:
                continue
            # Only the root that the list carries for the command line lies outside the signature.
            assert opened == open_list(data, authority.root)


def test_a_list_in_another_role_is_refused(authority: Authority, station: StationSigner) -> None:
    root = authority.root
    for data in (b"", b"\x84", cbor2.dumps([b"", {}, b"", b""]), b"nonsense", issued(station).text.encode()):
        with pytest.raises(ListError):
            open_list(data, root)
    forged = lists.sign_trust_list([], signer=station, root=root, number=99, at=NOW, code_life_days=1)
    with pytest.raises(ListError):
        open_list(forged, root)
    with pytest.raises(ListError):
        open_list(forged)


def test_every_kind_of_key_survives_the_compact_list(authority: Authority, tmp_path: Path) -> None:
    authority_key = StationKey.generate()
    root = certificate_for(authority_key.private)
    makers = [Maker(), Maker(rsa.generate_private_key(65537, 2048), algorithm=-37)]
    makers += [Maker(ec.generate_private_key(ec.SECP256R1())) for _index in range(50)]
    keys = [TrustedKey.of(maker.certificate) for maker in makers]
    signer = StationSigner(authority_key, root)
    data = lists.sign_trust_list(keys, signer=signer, root=root, number=1, at=NOW, code_life_days=180)
    opened = open_list(data)
    assert isinstance(opened, TrustList)
    assert len(opened) == 52
    assert opened.find(b"\x00" * 8) == opened.find(b"\xff" * 8) == opened.find(b"") == []
    for maker, key in zip(makers, keys, strict=True):
        assert opened.find(maker.certificate.kid) == [key]
        assert verify_text(maker.text(), Trust((), opened), NOW).verdict is Verdict.VALID


def test_a_revocation_list_finds_exactly_what_is_in_it() -> None:
    key = StationKey.generate()
    root = certificate_for(key.private)
    entries = [
        (lists.identifier_hash(str(number)), list(RevocationKind)[number % 2], dt.date(2026, 1, 1) + number * DAY)
        for number in range(200)
    ]
    data = lists.sign_revocation_list(entries, signer=StationSigner(key, root), root=root, number=3, at=NOW)
    opened = open_list(data)
    assert isinstance(opened, RevocationList)
    assert len(opened) == 200
    assert opened.head.number == 3
    for one, kind, day in entries:
        found = opened.find([one])
        assert found is not None
        assert (found.kind, found.day) == (kind, day)
    assert opened.find([lists.identifier_hash("x"), b"\x00" * 16, b"\xff" * 16, b""]) is None


class TestPaths:
    """``--trust PATH`` in its four shapes."""

    def test_a_certificate_in_any_clothing(self, tmp_path: Path) -> None:
        maker = Maker()
        der = maker.certificate.der
        for name, data in (
            ("a.der", der),
            ("a.pem", pem(maker.certificate).encode()),
            ("a.txt", base64.b64encode(der)),
            ("a.cer", base64.encodebytes(der)),
        ):
            (tmp_path / name).write_bytes(data)
            assert verify_text(maker.text(), Trust.load(tmp_path / name), NOW).verdict is Verdict.VALID, name

    def test_a_folder_of_certificates(self, tmp_path: Path) -> None:
        makers = [Maker(), Maker()]
        for number, maker in enumerate(makers):
            (tmp_path / f"{number}.pem").write_text(pem(maker.certificate))
        (tmp_path / "README.txt").write_text("not a certificate")
        (tmp_path / "picture.png").write_bytes(b"\x89PNG")
        (tmp_path / "sub").mkdir()
        trust = Trust.load(tmp_path)
        assert all(verify_text(maker.text(), trust, NOW).valid for maker in makers)
        assert not verify_text(Maker().text(), trust, NOW).valid

    def test_signed_lists_alone_and_in_a_folder_with_their_root(
        self, authority: Authority, station: StationSigner, tmp_path: Path
    ) -> None:
        text = issued(station).text
        (tmp_path / "trust.cbor").write_bytes(authority.trust_list(NOW))
        assert verify_text(text, Trust.load(tmp_path / "trust.cbor"), NOW).valid
        (tmp_path / "revocation.cbor").write_bytes(authority.revocation_list(NOW))
        (tmp_path / "root.pem").write_text(pem(authority.root))
        trust = Trust.load(tmp_path)
        assert trust.revocation_list is not None
        assert verify_text(text, trust, NOW).valid
        stranger = Authority.create(tmp_path.parent / f"{tmp_path.name}-other", "x", at=NOW)
        (tmp_path / "root.pem").write_text(pem(stranger.root))
        with pytest.raises(ListError, match=r"(revocation|trust)\.cbor"):
            Trust.load(tmp_path)
        (tmp_path / "root.pem").write_text(pem(authority.root))
        (tmp_path / "revocation.cbor").write_bytes(authority.revocation_list(NOW)[:-1])
        with pytest.raises(ListError, match=r"revocation\.cbor"):
            Trust.load(tmp_path)
        for damaged in (b"", b"\x00" * 100):
            (tmp_path / "revocation.cbor").write_bytes(damaged)
            with pytest.raises(TrustError, match=r"revocation\.cbor"):
                Trust.load(tmp_path)

    def test_a_root_signs_no_certificates_of_people(self, authority: Authority, tmp_path: Path) -> None:
        (tmp_path / "root.pem").write_text(pem(authority.root))
        with pytest.raises(TrustError):
            Trust.load(tmp_path / "root.pem")

    @pytest.mark.parametrize("shape", ["array", "certificates", "german"])
    def test_trust_lists_in_the_european_style(self, shape: str, tmp_path: Path) -> None:
        good, other = Maker(), Maker()
        entries = [
            {
                "kid": "AAAAAAAAAAA=",
                "country": "AT",
                "certificateType": "DSC",
                "rawData": base64.b64encode(good.certificate.der).decode(),
            },
            {"certificateType": "CSCA", "rawData": base64.b64encode(other.certificate.der).decode()},
        ]
        document = json.dumps(entries if shape == "array" else {"certificates": entries})
        path = tmp_path / "list.json"
        path.write_text(("c2lnbmF0dXJl\n" if shape == "german" else "\n ") + document)
        trust = Trust.load(path)
        assert verify_text(good.text(), trust, NOW).valid
        assert not verify_text(other.text(), trust, NOW).valid

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{}",
            b"[]",
            b"[1]",
            b'[{"rawData": 5}]',
            b'[{"rawData": "!"}]',
            b"text",
            b"\x30\x03\x02\x01\x05",
            b"\xd2\x80",
        ],
    )
    def test_what_is_no_trust_is_said(self, data: bytes, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_bytes(data)
        with pytest.raises((TrustError, ListError)):
            Trust.load(tmp_path / "x.json")
        with pytest.raises(TrustError):
            Trust.load(tmp_path / "missing")

    def test_a_broken_certificate_in_a_list_harms_only_itself(self, tmp_path: Path) -> None:
        good = Maker()
        raw = [base64.b64encode(one).decode() for one in (b"\x30\x03\x02\x01\x05", good.certificate.der)]
        (tmp_path / "l.json").write_text(json.dumps([{"rawData": one} for one in raw]))
        trust = Trust.load(tmp_path / "l.json")
        assert verify_text(good.text(), trust, NOW).valid
        assert trust.find(x509.key_id(b"\x30\x03\x02\x01\x05")) == ()


def test_vietnamese_certificates_of_others_count_as_national() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    maker = Maker(key, certificate_for(key, country="VN"))
    assert verify_text(maker.text(), Trust([maker.certificate]), NOW).signer == "national"


def test_one_changed_bit_anywhere_is_noticed(station: StationSigner, trust: Trust) -> None:
    text = issued(station).text
    signed = hc1.inflate(hc1.base45.decode(hc1.unprefix(text)))
    parts = list(cbor2.loads(signed).value)
    for part in (0, 2, 3):
        for bit in range(len(parts[part]) * 8):
            changed = bytearray(parts[part])
            changed[bit // 8] ^= 1 << (bit % 8)
            twisted = [bytes(changed) if index == part else value for index, value in enumerate(parts)]
            answer = verify_text(text_of(cbor2.dumps(cbor2.CBORTag(18, twisted))), trust, NOW)
            assert not answer.valid
            assert answer.signer is None
