"""Signers of other countries that an authority vouches for."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from making import NOW, Maker, certificate_for

from vaxdesk.certificates import enrolment
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.lists import TrustList, open_list
from vaxdesk.certificates.trust import Trust, TrustError
from vaxdesk.certificates.verify import verify_text


@pytest.fixture
def district(tmp_path: Path) -> Authority:
    """An authority of its own."""
    return Authority.create(tmp_path / "authority", "Trung tâm Y tế (thử)", at=NOW)


def held(authority: Authority) -> Trust:
    """What a station holds of it."""
    trusted = open_list(authority.trust_list(NOW), authority.root)
    assert isinstance(trusted, TrustList)
    return Trust(trust_list=trusted)


def published(path: Path, *makers: Maker) -> Path:
    """A list as a national verifier publishes it."""
    entries = [
        {
            "kid": base64.b64encode(maker.certificate.kid).decode(),
            "country": maker.certificate.country,
            "rawData": base64.b64encode(maker.certificate.der).decode(),
        }
        for maker in makers
    ]
    path.write_text(json.dumps({"certificates": entries}))
    return path


def test_a_code_of_another_country_is_valid_once_its_signer_is_on_the_list(district: Authority, tmp_path: Path) -> None:
    austria = Maker()
    code = austria.text()
    assert verify_text(code, held(district), NOW).verdict.value == "unknown_signer"
    assert district.trust_others(published(tmp_path / "dsc.json", austria, Maker()), at=NOW) == 2
    found = verify_text(code, held(district), NOW)
    assert found.verdict.value == "valid"
    assert found.signer == "other"
    assert "AT" in found.words("vi")
    # The folder is opened anew by another process: it still knows them.
    again = Authority.open(tmp_path / "authority")
    assert verify_text(code, held(again), NOW).verdict.value == "valid"


def test_a_newer_list_takes_the_place_of_the_last(district: Authority, tmp_path: Path) -> None:
    first, second = Maker(), Maker()
    district.trust_others(published(tmp_path / "a.json", first), at=NOW)
    number = held(district).heads[0].number
    district.trust_others(published(tmp_path / "b.json", second), at=NOW)
    trust = held(district)
    assert trust.heads[0].number == number + 1
    assert trust.find(first.certificate.kid) == ()
    assert len(trust.find(second.certificate.kid)) == 1


def test_nobody_of_another_list_becomes_the_national_signer_or_a_station(district: Authority, tmp_path: Path) -> None:
    """Another authority's list names stations and a national signer: here they are others."""
    elsewhere = Authority.create(tmp_path / "elsewhere", "Another", at=NOW)
    elsewhere.national_signer(at=NOW)
    path = tmp_path / "their.cbor"
    path.write_bytes(elsewhere.trust_list(NOW))
    assert district.trust_others(path, at=NOW) == 1
    trusted = held(district).trust_list
    assert trusted is not None
    assert [key.signer for key in trusted.all_keys()] == ["other"]
    vietnam = Maker()
    vietnam = Maker(vietnam.key, certificate_for(vietnam.key, country="VN"))
    pem = tmp_path / "vn.pem"
    pem.write_text(enrolment.pem(vietnam.certificate))
    district.trust_others(pem, at=NOW)
    found = verify_text(vietnam.text(), held(district), NOW)
    assert (found.verdict.value, found.signer) == ("valid", "other")


def test_their_expired_keys_are_kept_a_year_and_then_dropped(district: Authority, tmp_path: Path) -> None:
    old = Maker()
    begin = NOW - timedelta(days=900)
    gone = Maker(old.key, certificate_for(old.key, begin=begin, end=NOW - timedelta(days=400)))
    late = Maker()
    late = Maker(late.key, certificate_for(late.key, begin=begin, end=NOW - timedelta(days=40)))
    district.trust_others(published(tmp_path / "old.json", gone, late), at=NOW)
    trust = held(district)
    assert trust.find(gone.certificate.kid) == ()
    assert verify_text(late.text(), trust, NOW).verdict.value == "expired"


def test_a_file_that_holds_no_signer_changes_nothing(district: Authority, tmp_path: Path) -> None:
    austria = Maker()
    district.trust_others(published(tmp_path / "a.json", austria), at=NOW)
    wrong = tmp_path / "letter.txt"
    wrong.write_text("no list")
    with pytest.raises(TrustError):
        district.trust_others(wrong, at=NOW)
    assert held(district).find(austria.certificate.kid)
