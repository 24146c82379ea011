"""Check a code: what an official sees of every verdict, of codes from everywhere, and of what cannot be read."""

from __future__ import annotations

import importlib
import io
import json
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageDraw
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rooms import Room, room
from test_verify_page import CCCD, code_of, newer_lists, png_of, shown

from vaxdesk.certificates import base45, enrolment, hc1, payload
from vaxdesk.certificates.x509 import Certificate, load
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Certificate as Certificate_
from vaxdesk.domain.cards import read_scan
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.pages.verify import VerifyPage
from vaxdesk.gui.tasks import Tasks
from vaxdesk.services import certificates, doses

CERTIFICATES = Path(__file__).parents[1] / "certificates"
VECTORS = CERTIFICATES / "dcc-testdata"
sys.path.insert(0, str(CERTIFICATES))
Maker = importlib.import_module("making").Maker

GREEN = (0, 166, 80)


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of an enrolled station."""
    with room(qtbot, tmp_path, "verify") as made:
        made.station.enrol()
        yield made


def vector(name: str) -> tuple[str, Certificate]:
    """A public test code of another country and its signer's certificate."""
    case = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return case["PREFIX"], Certificate(load(case["TESTCTX"]["CERTIFICATE"].encode())[0])


def trust(made: Room, folder: Path, *signers: Certificate) -> None:
    """The authority vouches for them, and the station has its newest list."""
    folder.mkdir(exist_ok=True)
    for number, one in enumerate(signers):
        (folder / f"{number}.pem").write_text(enrolment.pem(one))
    made.station.authority.trust_others(folder, at=made.station.clock.now())
    made.station.clock.advance(timedelta(minutes=1))
    newer_lists(made)


def test_a_national_code(here: Room) -> None:
    now = here.station.clock.now()
    signer = here.station.authority.national_signer(at=now)
    here.station.clock.advance(timedelta(minutes=1))
    newer_lists(here)
    dose = payload.DccDose("1119349007", "EU/1/20/1528", "ORG-100030215", 2, 2, here.station.ctx.today())
    person = payload.DccPerson("Lò Thị Ún", PartialDate(1948))
    content = payload.build_claims(person, dose, identifier="URN:UVCI:01:VN:A/B#C", issuer="Cục Phòng bệnh")
    here.open(read_scan(hc1.encode(content, signer, now, now + timedelta(days=365))))
    page = shown(here, "national")
    assert page.verdict.text() == "Hợp lệ"
    assert "quốc gia" in page.words.text()
    assert page.status.words.text() == "mũi 2/2: đủ liều cơ bản"
    assert page.compare.isVisible()
    assert not page.own.text()


def test_a_code_of_another_country_that_the_authority_vouches_for(here: Room, tmp_path: Path) -> None:
    abroad = Maker()
    code = abroad.text()
    here.open(read_scan(code))
    page = shown(here, "other-unknown")
    assert page.verdict.text() == "Chưa thể xác nhận"
    assert not page.status.isVisible()
    assert not page.compare.isVisible()
    trust(here, tmp_path / "others", abroad.certificate)
    here.open(read_scan(code))
    page = shown(here, "other-valid")
    assert page.verdict.text() == "Hợp lệ"
    assert "AT" in page.words.text()


ABROAD = {
    "DE/1.json": "Erika Mustermann",
    "GE/1.json": "ვაჟა",
    "GR/1.json": "ΜΕΝΕΞΕΣ",
    "LT/1.json": "Pavardenytė-Pavardenė",
    "NL/114-NL-vaccination.json": "الاسم",
}


def test_public_codes_of_other_countries_are_shown_in_their_own_letters(here: Room, tmp_path: Path) -> None:
    codes = {name: vector(name) for name in ABROAD}
    trust(here, tmp_path / "others", *(signer for _code, signer in codes.values()))
    for name, said in ABROAD.items():
        here.open(read_scan(codes[name][0]))
        page = shown(here, f"vector-{name.partition('/')[0]}")
        # All were issued in 2021; a few are not signed by the certificate that comes with them.
        assert page.verdict.text() in ("Đã hết hạn", "Chưa thể xác nhận", "Không phải giấy chứng nhận")
        assert said in page.said_name.text()
        assert page.said.isVisible()
        assert page.status.isVisible() == (page.verdict.text() == "Đã hết hạn")


def test_a_test_and_a_recovery_are_not_taken_for_a_vaccination(here: Room, tmp_path: Path) -> None:
    abroad = Maker()
    trust(here, tmp_path / "others", abroad.certificate)
    entry = {"tg": "840539006", "co": "AT", "is": "Bundesministerium", "ci": "URN:UVCI:01:AT:1#A"}
    negative = {
        **entry,
        "tt": "LP6464-4",
        "nm": "PCR",
        "sc": "2026-11-20T09:00:00Z",
        "tr": "260415000",
        "tc": "Labor Wien",
    }
    positive = {**negative, "tr": "260373001"}
    recovery = {**entry, "fr": "2026-09-01", "df": "2026-10-01", "du": "2027-01-01"}
    name = {"fn": "Gruber", "fnt": "GRUBER", "gn": "Anna", "gnt": "ANNA"}
    for case, group, one, words in (
        ("test-negative", "t", negative, "không phát hiện vi rút"),
        ("test-positive", "t", positive, ": phát hiện vi rút"),
        ("recovery", "r", recovery, "01/09/2026"),
    ):
        here.open(read_scan(abroad.text({"ver": "1.3.0", "nam": name, "dob": "1980-02-03", group: [one]})))
        page = shown(here, case)
        assert "không phải tiêm chủng" in page.verdict.text()
        assert words in page.event_words.text()
        assert not page.doses.isVisible()
        assert not page.status.isVisible()


def test_what_this_station_replaced_says_since_when(here: Room) -> None:
    code = code_of(here)
    made = here.station
    person = made.row(Certificate_).person_id
    made.clock.advance(timedelta(days=30))
    newer_lists(here)
    known = PartialDate(2026, 9, 1)
    doses.record_earlier(made.ctx, doses.EarlierDose(person, "astrazeneca", known, "paper", "ABX1000"))
    certificates.issue(made.ctx, person)
    here.open(read_scan(code))
    page = shown(here, "replaced-here")
    assert page.verdict.text() == "Đã có bản thay thế"
    assert "21/12/2026" in page.words.text()


def test_a_green_picture_with_a_bad_signature_fails(here: Room, tmp_path: Path) -> None:
    """A colour proves nothing: the verdict comes from the signed content."""
    code = code_of(here)
    signed = bytearray(hc1.inflate(base45.decode(hc1.unprefix(code))))
    signed[-1] ^= 1
    forged = hc1.PREFIX + base45.encode(zlib.compress(bytes(signed)))
    symbol = Image.open(io.BytesIO(png_of(forged))).convert("RGB")
    paper = Image.new("RGB", (symbol.width + 120, symbol.height + 200), GREEN)
    paper.paste(symbol, (60, 60))
    ImageDraw.Draw(paper).text((60, symbol.height + 90), "DA TIEM DU 2 MUI - HOP LE", fill="white")
    file = tmp_path / "green.png"
    paper.save(file)
    here.open()
    verify(here).check(file)
    page = shown(here, "green-forged")
    assert page.verdict.text() == "Bị sửa hoặc hỏng"
    assert page.answer.property("card") == "bad"
    assert not page.status.isVisible()
    assert not page.compare.isVisible()
    assert page.trusted.text().startswith("không được tin")


def verify(made: Room) -> VerifyPage:
    assert isinstance(made.page, VerifyPage)
    return made.page


AGES = ((7, "ok", True), (8, "warn", True), (30, "warn", True), (31, "bad", False))


def test_the_age_of_the_lists_in_days_and_its_limits(here: Room) -> None:
    code = code_of(here)
    newer_lists(here)
    issued = here.station.clock.now()
    for days, tone, valid in AGES:
        here.station.clock.moment = issued + timedelta(days=days)
        here.open(read_scan(code))
        page = shown(here, f"lists-{days}")
        assert page.trust_age.text().startswith(f"{days} ngày")
        assert page.trust_age.property("tone") == page.revocation_age.property("tone") == tone
        assert page.verdict.text().startswith("Hợp lệ") == valid
        assert page.lists_hint.isVisible() == (tone != "ok")
        assert (f"{days} ngày" in page.words.text()) == (days > 7)


KINDS = {
    "contact": ("BEGIN:VCARD\nVERSION:3.0\nFN:Nguyễn Văn Anh\nTEL:0912345678\nEND:VCARD", "danh thiếp"),
    "payment": (
        "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63046733",
        "chuyển tiền",
    ),
    "network": ("WIFI:S:tram;T:WPA;P:12345678;;", "Wi-Fi"),
    "call": ("tel:+84912345678", "gọi điện"),
    "insurance": ("GD4010123456789", "bảo hiểm y tế"),
    "slip": ("VXP:A1B2C3", "phiếu"),
    "package": ("(01)08935049510010(17)270331(10)ABX3107", "bao bì"),
    "travel": ("P<VNMNGUYEN<<VAN<ANH<<<<<<<<<<<<<<<<<<<<<<<<<<", "hộ chiếu"),
    "dutch": ("NL2:6BF0X", "nước khác"),
    "sealed": ('{"data":{},"sig":{}}', "hệ thống khác"),
}


def test_a_scanned_code_that_is_no_certificate_is_named_once(here: Room) -> None:
    here.open()
    for name, (text, part) in KINDS.items():
        assert here.page.take_scan(read_scan(text))
        page = shown(here, f"kind-{name}")
        assert page.verdict.text() == "Không phải giấy chứng nhận"
        assert part in page.words.text()
        assert not page.results.isVisible()
        assert not page.steps_card.isVisible()


def test_files_that_cannot_be_read_say_so(here: Room, tmp_path: Path) -> None:
    here.open()
    page = verify(here)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + b"garbage" * 40)
    empty = tmp_path / "white.pdf"
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    document.save(empty)
    half = tmp_path / "half.png"
    half.write_bytes(png_of("HC1:ABC")[:400])
    wall = tmp_path / "wall.jpg"
    Image.new("RGB", (800, 600), "grey").save(wall)
    for file in (broken, empty, half, wall):
        page.check(file)
        shown(here, f"unreadable-{file.stem}")
        assert page.verdict.text() == "Không đọc được mã"
        assert "thử lại" in page.words.text()
        assert not page.said.isVisible()
        assert not page.person.isVisible()
    page.check(tmp_path / "gone.png")
    shown(here, "unreadable-gone")
    assert page.error.isVisible()
    assert not page.person.isVisible()
    assert page.clear.isVisible()


def test_with_the_keyboard_alone(here: Room) -> None:
    code = code_of(here)
    here.open()
    page = verify(here)
    assert QApplication.focusWidget() is page.by_camera
    QGuiApplication.clipboard().setText(code)
    here.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    assert QApplication.focusWidget() is page.clear
    # Every part that says something more is reached with Tab, and nothing else.
    reached = []
    for _step in range(40):
        here.key(Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        if page.isAncestorOf(focus) and focus.objectName() not in reached:
            reached.append(focus.objectName())
    assert {"doses", "steps", "person", "clear", "paste", "choose", "by_camera"} <= set(reached)
    page.steps.setFocus()
    here.key(Qt.Key.Key_Escape)
    assert page.views.currentWidget() is page.empty_view
    assert QApplication.focusWidget() is page.by_camera
    QGuiApplication.clipboard().setText(CCCD)
    here.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    here.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert here.window.current_name == "people"
    QGuiApplication.clipboard().clear()


def test_the_answer_is_named_for_those_who_hear_it(here: Room) -> None:
    code = code_of(here)
    here.open(read_scan(code))
    page = verify(here)
    assert page.answer.accessibleName().startswith("Hợp lệ, chưa đủ mũi. ")
    assert page.status.accessibleName() == "mũi 1/2: chưa đủ mũi"
    for table in (page.results, page.doses, page.steps):
        assert table.accessibleName(), table.objectName()


def test_nothing_is_read_on_the_thread_that_paints(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real lanes: the file of the station and a chosen picture are read beside the window, in a moment."""
    with room(qtbot, tmp_path, "verify") as made:
        made.station.enrol()
        code = code_of(made)
        made.open()
        made.desk.tasks = Tasks(parent=made.window)
        painting = threading.get_ident()
        wrong: list[str] = []
        real_reader, real_read = Database.reader, Path.read_bytes

        def reader(self: Database) -> Any:
            if threading.get_ident() == painting:
                wrong.append("database")
            return real_reader(self)

        def read_bytes(self: Path) -> bytes:
            if threading.get_ident() == painting:
                wrong.append(str(self))
            return real_read(self)

        picture = tmp_path / "code.png"
        picture.write_bytes(png_of(code))
        monkeypatch.setattr(Database, "reader", reader)
        monkeypatch.setattr(Path, "read_bytes", read_bytes)
        page = verify(made)
        for give in (
            lambda: page.take_scan(read_scan(code)),
            lambda: page.check(picture),
            lambda: page.check(QImage.fromData(png_of(code))),
            lambda: page.check(code),
        ):
            page.clear.click()
            give()
            qtbot.waitUntil(lambda: page.views.currentWidget() is page.answer_view, timeout=5000)
            assert page.verdict.text().startswith("Hợp lệ")
        page.refresh(frozenset({"certificates"}))
        qtbot.waitUntil(lambda: not made.desk.tasks.busy(), timeout=5000)
        assert wrong == []
        made.desk.tasks.close()
        made.desk.tasks = made.tasks
