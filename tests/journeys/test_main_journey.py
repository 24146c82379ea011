"""The main journey in the real window, by keyboard and card scanner, with the network off and then on.

A clerk at a new station sets it up, the district's portal process answers her request file, she plans the session,
scans a person's card, and takes her through consent, screening, dose and observation to a printed certificate.
Then the line comes back: the portal holds each record once, and an online registration comes down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import requests
import zxingcpp
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from support import typing_person as person
from support.fhir_samples import new_id
from support.portal import PortalProcess, running_portal

from vaxdesk import settings
from vaxdesk.certificates.authority import Authority
from vaxdesk.certificates.verify import verify_text
from vaxdesk.clock import FixedClock
from vaxdesk.gui import application
from vaxdesk.gui.dialogs.paper import PaperDialog
from vaxdesk.gui.dialogs.set_up import CERTIFICATE, MANAGER, SHEET
from vaxdesk.gui.flow import Flow
from vaxdesk.gui.main_window import MainWindow
from vaxdesk.gui.tasks import Tasks
from vaxdesk.paths import StationPaths
from vaxdesk.queries import outbox, people, sessions, visits
from vaxdesk.queries.session_list import SessionList
from vaxdesk.services import session_plan, signing
from vaxdesk.sync.once import sync_once

#: Suggestion lists raise themselves; the offscreen platform says so.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CARD = "014090123456|050812345|Nguyễn Văn Anh|01011990|Nam|Bản Nà Khi, Mường Lạn, Sốp Cộp, Sơn La|15042021"


class Clerk:
    """The window, and a person who presses keys. ``keys`` counts them."""

    def __init__(self, qtbot: QtBot, folder: Path, clock: FixedClock) -> None:
        application.create(["vaxdesk"])
        application.input_filters()
        self.qtbot, self.clock, self.keys = qtbot, clock, 0
        self.window = MainWindow()
        qtbot.addWidget(self.window)
        self.tasks = Tasks(inline=True)
        self.tasks.on_bug = self._raise
        self.paths = StationPaths(folder)
        self.flow = Flow(self.window, self.tasks, self.paths, practice=False, clock=clock)
        self.window.resize(1366, 768)
        self.flow.begin()
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    @staticmethod
    def _raise(error: BaseException) -> None:
        raise error

    def gate(self) -> QWidget:
        widget = self.window.gate_column.itemAt(0).widget()
        assert widget is not None
        return widget

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.keys += 1 if modifier == Qt.KeyboardModifier.NoModifier else 2
        target = QApplication.activeModalWidget() or self.window
        self.qtbot.keyClick(target.focusWidget() or target, key, modifier)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        self.keys += len(text)
        person.type_text(text)
        self.settle()

    def settle(self) -> None:
        """The last key is held for a moment, since it might begin a scan: wait until it is given back."""
        scans = self.flow._scans
        self.qtbot.waitUntil(lambda: scans is None or not scans._scanner.holding)
        QApplication.processEvents()

    def line(self, text: str) -> None:
        self.type(text)
        self.keys += 1
        person.press(Qt.Key.Key_Return, "\r")
        self.settle()

    def scan(self, text: str) -> None:
        person.scan(text)
        QApplication.processEvents()

    @property
    def ctx(self):  # type: ignore[no-untyped-def]
        assert self.flow.desk is not None
        return self.flow.desk.ctx


@pytest.fixture
def district(tmp_path: Path) -> Iterator[PortalProcess]:
    Authority.create(tmp_path / "keys", "Trung tâm Y tế khu vực Sốp Cộp")
    with running_portal(tmp_path, "--rate", "5000", authority=tmp_path / "keys") as portal:
        yield portal


@pytest.fixture
def clerk(qtbot: QtBot, tmp_path: Path) -> Iterator[Clerk]:
    clerk = Clerk(qtbot, tmp_path / "station", FixedClock(datetime.now(UTC) + timedelta(minutes=2)))
    yield clerk
    clerk.flow.close()


def set_up(clerk: Clerk, district: PortalProcess, folder: Path) -> None:
    """Name, code, commune, first manager, recovery sheet, request file, answer file."""
    page = clerk.gate()
    page.province.setCurrentIndex(page.province.findText("Tỉnh Sơn La"))
    page.commune.setFocus()
    clerk.type("muong lan")
    page.code.setFocus()
    clerk.line("118")
    clerk.press(Qt.Key.Key_F12)
    assert page.step == MANAGER
    clerk.line("Lò Thị Mai")
    clerk.press(Qt.Key.Key_F5)
    page.again.setFocus()
    clerk.type(page.words.text())
    clerk.press(Qt.Key.Key_F12)
    assert page.step == SHEET
    code = page.sheet_panel._code
    first, second = page.sheet_panel.asked()
    page.sheet_panel.first.setFocus()
    clerk.line(code.split("-")[first - 1])
    clerk.type(code.split("-")[second - 1])
    clerk.press(Qt.Key.Key_F12)
    assert page.step == CERTIFICATE
    answer = folder / "answer.json"
    district.admin("station", "answer", str(clerk.paths.key_request), "--out", str(answer), "--url", district.url)
    page.enrol_panel.read(answer)
    clerk.press(Qt.Key.Key_Space)
    clerk.press(Qt.Key.Key_F12)
    clerk.press(Qt.Key.Key_F12)
    assert not clerk.window.gate_is_up


def plan(clerk: Clerk) -> None:
    """Today's session with a product and a lot that has just arrived."""
    clerk.window.go_to("session")
    form = clerk.window.page("session").plan
    form.product.setCurrentIndex(form.product.findData("astrazeneca"))
    form.lot_number.setFocus()
    clerk.type("ABX3107")
    form.lot_expiry.setFocus()
    clerk.type(f"31/03/{clerk.clock.now().year + 1}")
    form.lot_doses.setValue(100)
    clerk.press(Qt.Key.Key_F12)
    assert not form.errors.isVisible(), [line.text() for line in form.errors._lines]


def stage(clerk: Clerk) -> str:
    with clerk.ctx.database.reader() as conn:
        session = sessions.current_session(conn, clerk.ctx.today())
        (row,) = visits.of_session(conn, session.id)
    return row.stage


def held(district: PortalProcess, clerk: Clerk, kind: str) -> list[dict]:
    headers = {"Authorization": f"Bearer {clerk.ctx.setting(settings.PORTAL_TOKEN)}"}
    answer = requests.get(f"{district.fhir}/{kind}", headers=headers, params={"_count": "100"}, timeout=20)
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def test_from_a_card_scan_to_a_signed_certificate_and_a_synced_record(
    clerk: Clerk, district: PortalProcess, tmp_path: Path
) -> None:
    set_up(clerk, district, tmp_path)
    plan(clerk)

    # A card is scanned while another page is in front: the form is filled, the missing fields are completed.
    clerk.keys = 0
    clerk.scan(CARD)
    page = clerk.window.current_page
    form = page.register
    assert page.views.currentWidget() is form
    assert form.full_name.text() == "Nguyễn Văn Anh"
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 25
    with clerk.ctx.database.reader() as conn:
        (row,) = people.search(conn, "anh nguyen 1990")
        card = people.card(conn, row.id)
    assert (card.details.national_id, card.details.old_id, card.details.phone) == ("014090123456", "050812345", "")
    assert card.details.identity_source == "cccd"
    assert stage(clerk) == "consent"

    # Consent, screening, dose: each within its key budget.
    clerk.window.go_to("session", "consent")
    clerk.press(Qt.Key.Key_F12)
    clerk.window.go_to("session", "screening")
    clerk.keys = 0
    clerk.press(Qt.Key.Key_F8)
    clerk.type("366")
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 5
    assert stage(clerk) == "dose"
    clerk.window.go_to("session", "dose")
    clerk.keys = 0
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys <= 6
    assert stage(clerk) == "observation"

    # Thirty minutes later "Cho về" prints: two keys.
    clerk.clock.advance(timedelta(minutes=31))
    clerk.window.go_to("session", "observation")
    clerk.keys = 0
    clerk.press(Qt.Key.Key_F12)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, PaperDialog)
    dialog.printer.setCurrentIndex(dialog.printer.count() - 1)
    clerk.press(Qt.Key.Key_F12)
    assert clerk.keys == 2
    assert stage(clerk) == "done"
    (paper,) = clerk.paths.documents.glob("*.pdf")
    with pypdfium2.PdfDocument(paper) as document:
        words = document[0].get_textpage().get_text_bounded()
        picture = document[0].render(scale=300 / 72).to_pil()
    assert "GIẤY XÁC NHẬN ĐÃ TIÊM VẮC XIN COVID-19" in words
    assert "Nguyễn Văn Anh" in words
    codes = [found.text for found in zxingcpp.read_barcodes(picture) if found.text.startswith("HC1:")]
    verdict = verify_text(codes[0], signing.trust(clerk.ctx), clerk.clock.now())
    assert (verdict.verdict.value, verdict.signer) == ("valid", "station")

    # Until now nothing was sent, and the frame says so.
    clerk.flow.refresh_facts()
    with clerk.ctx.database.reader() as conn:
        waiting = outbox.status(conn).unsent
    assert waiting > 0
    assert f"{waiting} bản ghi chờ gửi" in clerk.window.connection_chip.text()
    assert held(district, clerk, "Immunization") == []

    # The network comes on; what can still be undone follows in the next exchange.
    first = sync_once(clerk.ctx)
    assert first.pushed.refused == 0
    assert not first.status.all_sent
    clerk.clock.advance(timedelta(seconds=11))
    sync_once(clerk.ctx)
    clerk.flow.set_online(True)
    clerk.flow.refresh_facts()
    assert "gửi hết" in clerk.window.connection_chip.text().lower()
    for kind in ("Patient", "Encounter", "Consent", "QuestionnaireResponse", "Immunization", "DocumentReference"):
        assert len(held(district, clerk, kind)) == 1, kind
    versions = [(r["id"], r["meta"]["versionId"]) for r in held(district, clerk, "Immunization")]
    sync_once(clerk.ctx)
    assert [(r["id"], r["meta"]["versionId"]) for r in held(district, clerk, "Immunization")] == versions


def test_a_registration_made_online_comes_down_and_stands_in_the_days_list(
    clerk: Clerk, district: PortalProcess, tmp_path: Path
) -> None:
    set_up(clerk, district, tmp_path)
    plan(clerk)
    sync_once(clerk.ctx)
    register_online(district, clerk)
    sync_once(clerk.ctx)
    with clerk.ctx.database.reader() as conn:
        (row,) = people.search(conn, "vi thi la")
        assert row.origin == "portal"
        session = sessions.current_session(conn, clerk.ctx.today())
    assert session is not None
    listed = SessionList(clerk.ctx.database).first(clerk.ctx.campaign(), session_plan.plan_of(session), session.id)
    assert [(entry.full_name, entry.number) for entry in listed] == [("Vì Thị Lả", 1)]
    clerk.window.go_to("session", "list")
    table = clerk.window.current_page.list_part.view.table
    clerk.qtbot.waitUntil(lambda: table.model().rowCount() == 1)


def register_online(district: PortalProcess, clerk: Clerk) -> None:
    """As the public page leaves it: a Patient and an Appointment for the station."""
    headers = {
        "Authorization": f"Bearer {clerk.ctx.setting(settings.PORTAL_TOKEN)}",
        "Content-Type": "application/fhir+json",
    }
    ident = new_id()
    patient = {
        "resourceType": "Patient",
        "id": ident,
        "name": [{"text": "Vì Thị Lả", "family": "Vì", "given": ["Thị", "Lả"]}],
        "birthDate": "1994-05-02",
        "gender": "female",
        "managingOrganization": {"reference": f"Organization/{clerk.ctx.station.id}"},
    }
    appointment = {
        "resourceType": "Appointment",
        "id": new_id(),
        "identifier": [{"system": "urn:vaxdesk:registration", "value": "7KM3N-04CXP-2HTRV"}],
        "status": "proposed",
        "participant": [{"actor": {"reference": f"Patient/{ident}"}, "status": "accepted"}],
    }
    for resource in (patient, appointment):
        url = f"{district.fhir}/{resource['resourceType']}/{resource['id']}"
        answer = requests.put(url, data=json.dumps(resource), headers=headers, timeout=20)
        assert answer.status_code in (200, 201), answer.text
