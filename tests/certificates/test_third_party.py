"""A verifier that others wrote accepts every code that we issue and refuses every one with a changed bit.

The verifier is dcc-utils 0.4.0 of the Italian health ministry (npm, Apache-2.0): a client in a test, never a
dependency. Install it once by ``npm i dcc-utils@0.4.0`` in a folder and name the folder in VAXDESK_DCC_UTILS, or let
the test install it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import cbor2
import pytest
from making import NOW, text_of
from support.station import make_station

from vaxdesk.certificates import base45, gate, hc1
from vaxdesk.certificates.enrolment import pem
from vaxdesk.certificates.keys import StationSigner
from vaxdesk.certificates.payload import DccDose, DccPerson
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verify import verify_text
from vaxdesk.db.tables import Certificate
from vaxdesk.domain.dates import PartialDate
from vaxdesk.services import certificates, signing
from vaxdesk.services.certificates import Wanted
from vaxdesk.services.doses import EarlierDose, record_earlier

pytestmark = pytest.mark.long

COUNT = 100
NAMES = ("Nguyễn Thị Ánh Đào", "Trần Văn Đức", "Lê Hoàng Yến", "H'Bia Niê", "Đặng Ưng", "Phạm Quốc Thái")
PRODUCTS = (
    ("1119349007", "EU/1/20/1528", "ORG-100030215"),
    ("J07BX03", "EU/1/21/1529", "ORG-100001699"),
    ("J07BX03", "BBIBP-CorV", "ORG-100020693"),
)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with dcc-utils in it."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed: the outside verifier cannot run")
    given = os.environ.get("VAXDESK_DCC_UTILS")
    if given:
        return Path(given)
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the outside verifier cannot be fetched")
    folder = tmp_path_factory.mktemp("dcc-utils")
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "dcc-utils@0.4.0"], cwd=folder, capture_output=True
    )
    if done.returncode:
        pytest.skip("dcc-utils 0.4.0 could not be fetched (no network?)")
    return folder


def issued(station: StationSigner, number: int) -> str:
    prophylaxis, product, holder = PRODUCTS[number % len(PRODUCTS)]
    day = dt.date(2026, 11, 20) - dt.timedelta(days=number)
    dose = DccDose(prophylaxis, product, holder, 1 + number % 2, 2, day)
    person = DccPerson(NAMES[number % len(NAMES)], PartialDate(1940 + number % 70, 1 + number % 12, 1 + number % 28))
    code = gate.issue(signer=station, desk="01", person=person, dose=dose, issuer="Trạm Y tế", now=NOW, life_days=180)
    return code.text


def with_a_changed_bit(text: str, part: int, chance: random.Random) -> str:
    """The text with one bit changed in the header (part 0), the claims (2) or the signature (3)."""
    parts = list(cbor2.loads(hc1.inflate(base45.decode(hc1.unprefix(text)))).value)
    changed = bytearray(parts[part])
    bit = chance.randrange(len(changed) * 8)
    changed[bit // 8] ^= 1 << (bit % 8)
    parts[part] = bytes(changed)
    return text_of(cbor2.dumps(cbor2.CBORTag(18, parts)))


def ask(folder: Path, certificate: str, texts: list[str]) -> list[bool]:
    (folder / "codes.json").write_text(json.dumps({"certificate": certificate, "texts": texts}))
    script = Path(__file__).with_name("dcc_utils_check.mjs")
    done = subprocess.run(["node", str(script)], cwd=folder, capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout.splitlines()[-1])
    assert len(answers) == len(texts)
    return answers


def figures(folder: Path, certificate: str, texts: list[str], trust: Trust, at: dt.datetime) -> dict[str, int]:
    """How many of the texts the outside verifier accepts, and how many with a changed bit it refuses, part by part."""
    chance = random.Random(20261121)
    found = {"accepted": sum(ask(folder, certificate, texts))}
    for name, part in (("header", 0), ("claims", 2), ("signature", 3)):
        changed = [with_a_changed_bit(text, part, chance) for text in texts]
        found[name] = ask(folder, certificate, changed).count(False)
        assert not any(verify_text(text, trust, at).valid for text in changed)
    assert all(verify_text(text, trust, at).valid for text in texts)
    print(f"\ndcc-utils 0.4.0 of {len(texts)}: {found['accepted']} accepted; refused with one bit changed: {found}")
    return found


ALL = dict.fromkeys(("accepted", "header", "claims", "signature"), COUNT)


def test_an_outside_verifier_agrees(verifier: Path, station: StationSigner, trust: Trust) -> None:
    texts = [issued(station, number) for number in range(COUNT)]
    assert figures(verifier, pem(station.certificate), texts, trust, NOW) == ALL


def test_an_outside_verifier_accepts_what_a_station_issues_from_its_records(verifier: Path, tmp_path: Path) -> None:
    """The whole way: people and doses on record, the station's certified key, the papers' codes."""
    desk = make_station(tmp_path)
    desk.enrol()
    products = [code for code, one in desk.ctx.campaign().products.items() if one.codes.complete_for_dcc]
    people = []
    # Some of the products count only for other ages or years: those papers have no code, and so there are more people.
    for number in range(COUNT * 3 // 2):
        name = f"{NAMES[number % len(NAMES)]} {chr(97 + number % 26)}{chr(97 + number // 26)}"
        born = PartialDate(1950 + number % 40, 1 + number % 12, 1 + number % 28)
        person = desk.person(full_name=name, birth=born, national_id="").person_id
        for month in range(1, 2 + number % 2):
            day = PartialDate(2026, month * 4, 1 + number % 28)
            dose = EarlierDose(person, products[number % len(products)], day, "paper")
            record_earlier(desk.ctx, dose)
        people.append(person)
    certificates.issue_many(desk.ctx, [Wanted(person) for person in people])
    with desk.database.reader() as conn:
        papers = list(conn.query(Certificate).filter(Certificate.hc1 != "").order_by(Certificate.number).limit(COUNT))
    texts = [row.hc1 for row in papers]
    signer, trust = signing.signer(desk.ctx), signing.trust(desk.ctx)
    assert signer is not None
    assert trust is not None
    assert len(set(texts)) == COUNT
    assert len({row.content["doses"][-1]["product"] for row in papers}) >= 4
    assert figures(verifier, pem(signer.certificate), texts, trust, desk.clock.now()) == ALL
    desk.database.close()
