"""The public page and the desk's page say the same of a code, word for word."""

from __future__ import annotations

import html
import re
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from support.citizen import Citizen
from support.portal import PortalProcess, running_portal
from support.station import TestStation, make_station

from vaxdesk.certificates import base45, enrolment, hc1
from vaxdesk.certificates.authority import Authority
from vaxdesk.db.tables import Certificate, Person
from vaxdesk.services import certificates, verifying
from vaxdesk.services import enrolment as lists_of

sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
from making import Maker, certificate_for, content

KINDS = (
    "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021",
    "https://example.org/x",
    "shc:/5676295953265460346029254077280433602870",
    "BEGIN:VCARD",
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63046733",
    "WIFI:S:tram;T:WPA;P:12345678;;",
    "tel:+84912345678",
    "NL2:ABC",
    "xin chào",
)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    """A portal of these tests alone: they change its lists."""
    folder = tmp_path_factory.mktemp("same-district")
    Authority.create(folder / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(folder, "--rate", "5000", "--public-rate", "600", authority=folder / "keys") as portal:
        yield portal


@pytest.fixture(scope="module")
def desk(district: PortalProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStation]:
    """A station of this portal, at this moment; two people were vaccinated there this morning."""
    folder = tmp_path_factory.mktemp("same-verdict")
    made = make_station(folder)
    made.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    lot = made.lot()
    session = made.session(lot)
    for name in ("Lò Thị Ún", "Vì Văn Kẹo"):
        made.through(session, lot, full_name=name, national_id="")
    made.clock.moment = datetime.now(UTC)
    made.enrol_at(district, folder)
    yield made
    made.database.close()


def fetch(desk: TestStation, district: PortalProcess) -> None:
    """The portal's newest lists come to the station."""
    desk.clock.moment = datetime.now(UTC)
    for kind in ("trust", "revocation"):
        lists_of.import_list(desk.ctx, requests.get(f"{district.url}/lists/{kind}", timeout=20).content)


def own_code(desk: TestStation, name: str) -> tuple[str, str]:
    """A code that the station issued now, and its identifier."""
    issued = certificates.issue(desk.ctx, desk.row(Person, full_name=name).id)
    row = desk.row(Certificate, id=issued.certificate_id)
    return row.hc1, row.uvci


def same(desk: TestStation, district: PortalProcess, code: str) -> str:
    """The verdict of both, which must agree."""
    citizen = Citizen(district)
    citizen.open("/kiem-tra")
    citizen.fill("/kiem-tra", {"code": code})
    desk.clock.moment = datetime.now(UTC)
    (here,) = verifying.check(desk.ctx, code)
    there = re.findall(r'data-verdict="(\w+)"', citizen.page)
    said = [html.unescape(words) for words in re.findall(r"</svg><span>(.*?)</span>", citizen.page)]
    assert (there, said) == ([here.verdict], [here.words("vi")])
    return here.verdict


def test_of_certificates(desk: TestStation, district: PortalProcess, tmp_path: Path) -> None:
    code, _identifier = own_code(desk, "Lò Thị Ún")
    withdrawn, identifier = own_code(desk, "Vì Văn Kẹo")
    district.admin("authority", "revoke", identifier)
    abroad = Maker()
    now = datetime.now(UTC)
    begin = now.replace(year=now.year - 1, day=1)
    abroad = Maker(abroad.key, certificate_for(abroad.key, begin=begin, end=begin.replace(year=now.year + 1)))
    seconds = int(now.timestamp())
    claims = {1: "AT", 4: seconds + 86_400, 6: seconds - 3600, -260: {1: content()}}
    foreign = hc1.PREFIX + base45.encode(zlib.compress(abroad.cose(claims), 9))
    fetch(desk, district)
    assert same(desk, district, code) == "valid"
    assert same(desk, district, code[:-9] + code[-8:]) == "altered"
    assert same(desk, district, withdrawn) == "revoked"
    assert same(desk, district, foreign) == "unknown_signer"
    pem = tmp_path / "at.pem"
    pem.write_text(enrolment.pem(abroad.certificate))
    assert district.admin("authority", "trust-others", str(pem)) == {"signers": 1}
    fetch(desk, district)
    assert same(desk, district, foreign) == "valid"


@pytest.mark.parametrize("text", KINDS)
def test_of_codes_that_are_no_certificates(desk: TestStation, district: PortalProcess, text: str) -> None:
    assert same(desk, district, text) == "not_a_certificate"
