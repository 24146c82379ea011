"""Check a code: every verdict, unknown codes, old lists, a doubted clock, pictures and paste."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot
from rooms import Room, room
from sqlalchemy import select
from support.station import TestStation, make_station

from vaxdesk.certificates import base45, hc1
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.lists import RevocationKind
from vaxdesk.db.tables import Certificate
from vaxdesk.documents import qr
from vaxdesk.domain.cards import read_scan
from vaxdesk.gui.pages.verify import VerifyPage
from vaxdesk.queries import people
from vaxdesk.services import certificates, doses, enrolment

CCCD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of an enrolled station."""
    with room(qtbot, tmp_path, "verify") as made:
        made.station.enrol()
        yield made


def code_of(made: Room) -> str:
    """The code of a certificate that the station issued now."""
    lot = made.station.lot()
    person = made.station.through(made.station.session(lot), lot)
    issued = certificates.issue(made.station.ctx, person.person_id, person.visit_id)
    return text_of(made.station, issued.certificate_id)


def text_of(station: TestStation, certificate_id: str) -> str:
    """The code's text."""
    with station.ctx.database.reader() as conn:
        row = conn.get(Certificate, certificate_id)
        assert row is not None
        return row.hc1


def newer_lists(made: Room) -> None:
    """The authority's lists of today are imported."""
    now = made.station.clock.now()
    for body in (made.station.authority.trust_list(now), made.station.authority.revocation_list(now)):
        enrolment.import_list(made.station.ctx, body)


def shown(made: Room, name: str) -> VerifyPage:
    """The page, checked for cut words in both languages and grabbed."""
    page = made.page
    assert isinstance(page, VerifyPage)
    made.fits(name)
    return page


def test_the_empty_page_says_what_to_do(here: Room) -> None:
    here.open()
    page = shown(here, "empty")
    assert page.views.currentWidget() is page.empty_view
    assert page.trust_age.text() == "hôm nay"


def test_a_valid_code(here: Room) -> None:
    code = code_of(here)
    here.open(read_scan(code))
    page = shown(here, "valid")
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    assert "không phải chứng nhận quốc gia" in page.words.text()
    assert page.said_name.text() == "Nguyễn Văn Anh"
    assert "01/01/1990" in page.said_birth.text()
    assert page.trusted.text() == "đã ký"
    assert page.doses.model().rowCount() == 1
    assert "Nguyễn Văn Anh" in page.own.text()
    assert page.person.isVisible()
    began = time.perf_counter()
    page.check(code)
    assert time.perf_counter() - began < 1


def test_an_expired_code(here: Room) -> None:
    code = code_of(here)
    here.station.clock.advance(timedelta(days=200))
    newer_lists(here)
    here.open(code)
    page = shown(here, "expired")
    assert page.verdict.text() == "Đã hết hạn"
    assert page.trusted.text() == "đã ký, nhưng xem kết luận ở trên"


def test_a_code_that_is_not_yet_valid_and_a_doubted_clock(here: Room) -> None:
    code = code_of(here)
    here.station.clock.advance(timedelta(hours=-5))
    here.open(code)
    page = shown(here, "not-yet")
    assert page.verdict.text() == "Chưa có hiệu lực"
    assert page.clock_state.text() == "nghi sai"


def test_with_a_doubted_clock_nothing_is_called_valid(here: Room) -> None:
    code = code_of(here)
    here.station.clock.advance(timedelta(days=2))
    newer_lists(here)
    here.station.clock.advance(timedelta(days=-1))
    here.open(code)
    page = shown(here, "doubted-clock")
    assert page.verdict.text() == "Chưa thể xác nhận"
    assert "đồng hồ" in page.words.text().lower()


@pytest.mark.parametrize(
    ("kind", "words"), [(RevocationKind.REVOKED, "Đã thu hồi"), (RevocationKind.REPLACED, "Đã có bản thay thế")]
)
def test_codes_on_the_revocation_list(here: Room, kind: RevocationKind, words: str) -> None:
    code = code_of(here)
    here.open(code)
    page = here.page
    assert isinstance(page, VerifyPage)
    identifier = page.said_identifier.text()
    here.station.authority.revoke_code(identifier, kind, day=here.station.ctx.today())
    here.station.clock.advance(timedelta(hours=1))
    newer_lists(here)
    here.open(code)
    page = shown(here, kind.value)
    assert page.verdict.text() == words


def test_what_this_station_withdrew_is_not_valid_before_the_list_says_so(here: Room) -> None:
    code = code_of(here)
    with here.station.ctx.database.reader() as conn:
        dose = people.doses(conn, conn.scalars(select(Certificate.person_id)).one(), "covid19")[0]
    doses.withdraw(here.station.ctx, dose.record_id, "nhầm người")
    here.open(code)
    page = here.page
    assert isinstance(page, VerifyPage)
    assert page.verdict.text() == "Đã thu hồi"
    assert "Trạm này" in page.words.text()


def test_a_stranger_s_code(here: Room, tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "other", "Other", at=here.station.clock.now())
    other = make_station(tmp_path / "elsewhere", authority=authority)
    other.enrol()
    lot = other.lot()
    person = other.through(other.session(lot), lot, full_name="Trần Văn Bình", national_id="")
    code = text_of(other, certificates.issue(other.ctx, person.person_id).certificate_id)
    other.database.close()
    here.station.clock.advance(timedelta(hours=1))
    here.open(code)
    page = shown(here, "unknown-signer")
    assert page.verdict.text() == "Chưa thể xác nhận"
    assert page.trusted.text().startswith("không được tin")
    assert page.said_name.text() == "Trần Văn Bình"


def test_an_altered_code(here: Room) -> None:
    code = code_of(here)
    here.open(code[:-8] + "AAAAAAAA")
    page = shown(here, "altered")
    assert page.verdict.text() == "Bị sửa hoặc hỏng"
    assert not page.said.isVisible()
    signed = bytearray(hc1.inflate(base45.decode(hc1.unprefix(code))))
    signed[-1] ^= 1
    page.check(hc1.PREFIX + base45.encode(zlib.compress(bytes(signed))))
    page = shown(here, "altered-signature")
    assert page.verdict.text() == "Bị sửa hoặc hỏng"
    assert page.trusted.text().startswith("không được tin")
    assert page.reason.text() == "Chữ ký không khớp với nội dung."


@pytest.mark.parametrize(
    ("text", "name", "part"),
    [
        (CCCD, "cccd", "CCCD"),
        ("https://example.org/x", "link", "đường dẫn"),
        ("shc:/5676295953265460346029254077280433602870", "shc", "SMART"),
        ("hello", "other", "không phải"),
    ],
)
def test_an_unknown_code_says_what_it_is(here: Room, text: str, name: str, part: str) -> None:
    here.open()
    assert here.page.take_scan(read_scan(text))
    page = shown(here, f"kind-{name}")
    assert page.verdict.text() == "Không phải giấy chứng nhận"
    assert part in page.words.text()
    assert page.person.isVisible() == (name == "cccd")
    assert not page.said.isVisible()


def test_old_lists_warn_and_then_refuse(here: Room) -> None:
    code = code_of(here)
    here.station.clock.advance(timedelta(days=9))
    here.open(code)
    page = shown(here, "lists-9-days")
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    assert page.trust_age.property("tone") == "warn"
    here.station.clock.advance(timedelta(days=30))
    here.open(code)
    page = shown(here, "lists-39-days")
    assert page.verdict.text() == "Chưa thể xác nhận"
    assert page.trust_age.property("tone") == "bad"
    assert page.lists_hint.isVisible()


def test_without_an_authority_nothing_is_confirmed(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "verify") as made:
        made.open("HC1:6BFOXN")
        page = shown(made, "no-lists")
        assert page.trust_age.text() == "chưa có"
        assert "Quản trị" in page.lists_hint.text()


def png_of(text: str) -> bytes:
    modules = np.pad(qr.matrix(text).array, 4)
    image = Image.fromarray(np.where(modules, 0, 255).astype(np.uint8))
    out = io.BytesIO()
    image.resize((image.width * 6, image.height * 6), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def test_a_picture_file_a_pdf_with_several_pages_and_the_clipboard(here: Room, tmp_path: Path) -> None:
    code = code_of(here)
    here.open()
    page = here.page
    assert isinstance(page, VerifyPage)
    clipboard = QGuiApplication.clipboard()
    picture = png_of(code)
    clipboard.setImage(QImage.fromData(picture))
    page.paste.click()
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    page.clear.click()
    assert page.views.currentWidget() is page.empty_view
    file = tmp_path / "code.png"
    file.write_bytes(picture)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    clipboard.setMimeData(data)
    page.paste.click()
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    paper = tmp_path / "paper.pdf"
    with here.station.ctx.database.reader() as conn:
        paper.write_bytes(certificates.preview(here.station.ctx, conn.scalars(select(Certificate.id)).one(), "A5"))
    page.check(paper)
    assert page.verdict.text() == "Hợp lệ, chưa đủ mũi"
    clipboard.setText(code + "\n" + CCCD)
    page.paste.click()
    page = shown(here, "several")
    assert page.results.isVisible()
    page.results.choose(1)
    assert page.verdict.text() == "Không phải giấy chứng nhận"
    clipboard.clear()
    page.paste.click()
    assert here.window.toast.text
    page.check(tmp_path / "nothing.png")
    assert page.error.isVisible()
    shown(here, "error")
