"""Certificates: the lists, one paper, a whole list, corrections, earlier papers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog

from vaxdesk.db.tables import AuditEntry, EarlierPaper, Print
from vaxdesk.gui.dialogs.batch import BatchDialog
from vaxdesk.gui.dialogs.earlier_paper import EarlierPaperDialog
from vaxdesk.gui.dialogs.pages import PagesDialog
from vaxdesk.gui.dialogs.paper import PaperDialog
from vaxdesk.gui.pages.certificates import CertificatesPage
from vaxdesk.queries import people
from vaxdesk.services import certificates, doses, withdrawn_papers

NAMES = ("Nguyễn Văn Anh", "Giàng A Pó", "Lò Văn Thưởng", "Quàng Văn Ín")


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """The page of an enrolled station."""
    with room(qtbot, tmp_path, "certificates") as made:
        made.station.enrol()
        yield made


def vaccinated(made: Room, names: tuple[str, ...] = NAMES) -> list[str]:
    """People whose observation is over, from two villages."""
    lot = made.station.lot()
    session = made.station.session(lot)
    return [
        made.station.through(
            session, lot, full_name=name, national_id="", village="Bản Nà Khi" if n % 2 else "Bản Co Muông"
        ).person_id
        for n, name in enumerate(names)
    ]


def shown(made: Room, name: str) -> CertificatesPage:
    """The page, checked for cut words in both languages and grabbed."""
    page = made.page
    assert isinstance(page, CertificatesPage)
    made.fits(name)
    return page


def test_an_empty_station_says_what_to_do(here: Room) -> None:
    here.open()
    page = shown(here, "empty")
    assert page.views.currentWidget() is page.empty_view
    for kind in ("reprint", "code", "issued"):
        page.show_list(kind)
        assert page.views.currentWidget() is page.empty_view


def test_one_paper_is_issued_and_printed_with_two_keys(here: Room) -> None:
    vaccinated(here)
    here.open()
    page = shown(here, "to-print")
    assert page.list_to_print.text() == "Cần in 4"
    first = page.table.current()
    QAbstractItemModelTester(page.table.model())
    here.key(Qt.Key.Key_F12)
    dialog = visible_dialog(PaperDialog)
    assert first.full_name in dialog.title.text()
    grab(dialog, "certificates-paper")
    here.station.ctx.flush_views()
    assert {row.entity_id for row in here.station.rows(AuditEntry, action="view")} == {first.person_id}
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    dialog.print_button.click()
    here.settle()
    assert page.list_to_print.text() == "Cần in 3"
    assert page.list_issued.text() == "Cấp hôm nay 1"
    page.show_list("issued")
    row = page.table.current()
    assert (row.full_name, row.prints) == (first.full_name, 1)
    shown(here, "issued")


def test_a_paper_that_was_issued_and_not_printed_stays_on_the_list(here: Room) -> None:
    person = vaccinated(here, NAMES[:1])[0]
    certificates.issue(here.station.ctx, person)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    assert page.table.current().why == "not_printed"


def test_a_whole_village_in_one_go(here: Room, tmp_path: Path) -> None:
    vaccinated(here)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.village.setCurrentIndex(page.village.findData("Bản Nà Khi"))
    assert page.table.model().rowCount() == 2
    shown(here, "village")
    page.batch.click()
    dialog = visible_dialog(BatchDialog)
    assert dialog.title.text() == "In 2 giấy chứng nhận"
    assert cut_words(dialog) == []
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    dialog.go.click()
    here.settle()
    assert dialog.result_of is not None
    document = pypdfium2.PdfDocument(dialog.result_of.batch.data)
    assert len(document) == 2
    assert [
        person in document[n].get_textpage().get_text_bounded() for n, person in enumerate(sorted((NAMES[1], NAMES[3])))
    ] == [True, True]
    document.close()
    assert dialog.result_of.printed.path is not None
    assert page.list_to_print.text() == "Cần in 2"


def test_cards_of_a_list_come_four_on_a_sheet(here: Room) -> None:
    vaccinated(here)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.batch.click()
    dialog = visible_dialog(BatchDialog)
    dialog.size.setCurrentIndex(dialog.size.findData("cards"))
    assert cut_words(dialog) == []
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    dialog.go.click()
    here.settle()
    assert dialog.result_of is not None
    document = pypdfium2.PdfDocument(dialog.result_of.batch.data)
    assert len(document) == 1
    words = document[0].get_textpage().get_text_bounded()
    document.close()
    assert all(name in words for name in NAMES)
    assert page.list_to_print.text() == "Cần in 0"


def test_a_batch_stops_and_what_was_issued_is_offered_again(here: Room) -> None:
    vaccinated(here)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.batch.click()
    dialog = visible_dialog(BatchDialog)
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    moved: list[int] = []

    def stop_at_two(value: int) -> None:
        moved.append(value)
        if value == 2:
            dialog.reject()

    dialog.bar.valueChanged.connect(stop_at_two)
    running = here.tasks.start

    def remember(*arguments: object, **options: object) -> object:
        """Inline work ends before ``start`` returns: give the dialog its task when it is made."""
        work = arguments[1]

        def with_task(task: object) -> object:
            dialog._task = task
            return work(task)  # type: ignore[operator]

        return running(arguments[0], with_task, *arguments[2:], **options)  # type: ignore[arg-type]

    here.tasks.start = remember  # type: ignore[method-assign,assignment]
    dialog.go.click()
    here.tasks.start = running  # type: ignore[method-assign]
    here.settle()
    assert max(moved) == 2
    assert dialog.result_of is None
    here.open()
    rows = {row.why for row in page.rows()}
    assert rows == {"not_printed", "no_paper"}
    assert page.list_to_print.text() == "Cần in 4"


def test_a_correction_puts_the_person_on_the_list_for_a_new_print(here: Room) -> None:
    first, second = vaccinated(here, NAMES[:2])
    for person in (first, second):
        certificates.pdf(here.station.ctx, [certificates.issue(here.station.ctx, person).certificate_id], "A5")
    with here.station.ctx.database.reader() as conn:
        dose = people.doses(conn, first, "covid19")[0]
    doses.withdraw(here.station.ctx, dose.record_id, "ghi nhầm người")
    here.open("reprint")
    page = shown(here, "no-dose")
    row = page.table.current()
    assert (row.person_id, row.why) == (first, "no_dose")
    assert not page.issue.isEnabled()
    assert not page.batch.isEnabled()
    assert "ghi nhầm người" in page.facts.text()
    doses.record_earlier(
        here.station.ctx,
        doses.EarlierDose(first, "astrazeneca", people_day("2026-09-01"), "paper", place="Bệnh viện tỉnh"),
    )
    page.refresh(frozenset({"people"}))
    assert page.table.current().why == "corrected"
    shown(here, "corrected")
    here.key(Qt.Key.Key_F12)
    visible_dialog(PaperDialog).reject()
    here.settle()
    assert page.list_reprint.text() == "In lại do đính chính 0"


def people_day(text: str) -> object:
    from vaxdesk.domain.dates import PartialDate

    return PartialDate.parse(text)


def test_codes_that_end_soon_and_codes_that_become_possible(qtbot: QtBot, tmp_path: Path) -> None:
    with room(qtbot, tmp_path, "certificates") as made:
        lot = made.station.lot()
        session = made.station.session(lot)
        person = made.station.through(session, lot).person_id
        certificates.pdf(made.station.ctx, [certificates.issue(made.station.ctx, person).certificate_id], "A5")
        made.open("code")
        page = made.page
        assert isinstance(page, CertificatesPage)
        assert page.rows() == ()
        made.station.enrol()
        page.refresh(frozenset({"settings"}))
        assert page.table.current().why == "possible"
        assert "khóa ký của trạm" in page.facts.text()
        shown(made, "possible")
        made.key(Qt.Key.Key_F12)
        visible_dialog(PaperDialog).reject()
        assert made.station.ctx.now()
        made.station.clock.advance(timedelta(days=160))
        page.refresh(frozenset({"settings"}))
        assert page.table.current().why == "expiring"
        made.station.clock.advance(timedelta(days=25))
        page.refresh(frozenset({"settings"}))
        assert page.table.current().why == "expired"


def test_search_finds_papers_by_number_and_by_name(here: Room) -> None:
    people_ids = vaccinated(here)
    for person in people_ids:
        certificates.issue(here.station.ctx, person)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.find.setText("giang a po")
    page._search()
    assert [row.full_name for row in page.rows()] == ["Giàng A Pó"]
    page.find.setText("000003")
    page._search()
    assert [row.number[-6:] for row in page.rows()] == ["000003"]
    shown(here, "found")
    page.find.setText("khong co ai")
    page._search()
    assert page.views.currentWidget() is page.empty_view


def test_an_earlier_paper_is_noted_and_replaced_by_ours(here: Room) -> None:
    person = vaccinated(here, NAMES[:1])[0]
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.note_paper.click()
    dialog = visible_dialog(EarlierPaperDialog)
    assert cut_words(dialog) == []
    dialog.save.click()
    assert dialog.isVisible()
    assert "cấp" in dialog.issuer_below.text()
    dialog.issuer.setText("Bệnh viện Đa khoa tỉnh")
    dialog.number.setText("BV-77")
    dialog.doses.setValue(1)
    dialog.save.click()
    here.settle()
    assert not dialog.isVisible()
    assert "Bệnh viện Đa khoa tỉnh" in page.earlier.text()
    assert "BV-77" in page.earlier.text()
    issued = certificates.issue(here.station.ctx, person)
    with here.station.ctx.database.reader() as conn:
        paper = conn.query(EarlierPaper).one()
        assert paper.replaced_by == issued.certificate_id
    page.refresh(frozenset({"certificates"}))
    page.show_list("issued")
    assert f"được thay thế ngày 21/11/2026 bằng giấy số {issued.number}" in page.earlier.text()


def test_a_paper_that_a_newer_one_followed_says_when_and_by_which(here: Room) -> None:
    person = vaccinated(here, NAMES[:1])[0]
    first = certificates.issue(here.station.ctx, person)
    here.station.clock.advance(timedelta(days=1))
    doses.record_earlier(here.station.ctx, doses.EarlierDose(person, "astrazeneca", people_day("2026-09-01"), "paper"))
    second = certificates.issue(here.station.ctx, person)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.find.setText(first.number)
    page._search()
    assert page.table.current().why == "replaced"
    assert f"Được thay thế ngày 22/11/2026 bằng giấy số {second.number}" in page.facts.text()


def test_the_revoked_papers_are_printed_as_a_list_without_names(here: Room) -> None:
    first, second = vaccinated(here, NAMES[:2])
    gone = certificates.issue(here.station.ctx, first)
    kept = certificates.issue(here.station.ctx, second)
    here.open()
    page = here.page
    assert isinstance(page, CertificatesPage)
    page.withdrawn.click()
    dialog = visible_dialog(PagesDialog)
    here.settle()
    assert "chưa thu hồi" in dialog.error._words.text()
    dialog.reject()
    with here.station.ctx.database.reader() as conn:
        dose = people.doses(conn, first, "covid19")[0]
    doses.withdraw(here.station.ctx, dose.record_id, "nhầm người")
    again = doses.EarlierDose(first, "astrazeneca", people_day("2026-09-01"), "paper")
    doses.record_earlier(here.station.ctx, again)
    new = certificates.issue(here.station.ctx, first)
    printed = withdrawn_papers.withdrawn_list(here.station.ctx)
    document = pypdfium2.PdfDocument(printed.data)
    words = " ".join(document[0].get_textpage().get_text_bounded().split())
    document.close()
    for part in ("DANH SÁCH GIẤY CHỨNG NHẬN ĐÃ BỊ THU HỒI", gone.number, new.number, gone.uvci, "21/11/2026"):
        assert part.replace(" ", "") in words.replace(" ", ""), part
    assert kept.number not in words
    assert NAMES[0] not in words
    page.withdrawn.click()
    dialog = visible_dialog(PagesDialog)
    grab(dialog, "certificates-withdrawn")
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    dialog.print_button.click()
    here.settle()
    assert [row.pages for row in here.station.rows(Print, kind="withdrawn-list")] == [1, 1]
