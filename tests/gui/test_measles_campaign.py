"""A measles-rubella campaign for children from end to end in the window: no code knows a disease.

The pack is a file that the authority signed, imported in the administration; the campaign is chosen there; then the
day: plan, register a child, the guardian's consent, the pack's own screening form, dose, and a paper without HC1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from fit import cut_words
from grab import grab
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from rooms import Room, room, visible_dialog
from support.typing_person import type_text

from vaxdesk import assets
from vaxdesk.campaigns import bundle
from vaxdesk.db.tables import Certificate, Consent, Immunization, Screening
from vaxdesk.domain.dates import PartialDate
from vaxdesk.gui.dialogs.paper import PaperDialog
from vaxdesk.gui.pages.administration import AdministrationPage
from vaxdesk.gui.pages.session import SessionPage
from vaxdesk.queries import visits
from vaxdesk.services import campaign_choice, packs, printing

FOLDER = assets.root() / "tests" / "campaigns" / "packs" / "measles-rubella"


@pytest.fixture
def here(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    """A station that has the pack and works at it."""
    with room(qtbot, tmp_path, "administration") as made:
        station = made.station
        station.enrol()
        station.ctx.load_campaign = packs.loader(station.ctx.paths.campaigns, station.ctx.database)
        file = tmp_path / "measles-rubella.vaxpack"
        file.write_bytes(bundle.pack(FOLDER, station.authority.sign_pack))
        page = made.open("campaign")
        assert isinstance(page, AdministrationPage)
        page.panel("campaign").take_file(file)  # type: ignore[attr-defined]  # the panel of this part
        page = made.open("station")
        panel = page.panel("station")
        made.settle()
        panel.campaign.setCurrentIndex(panel.campaign.findData("measles-rubella"))
        assert panel.campaign.toolTip() or panel.campaign.currentText()
        grab(made.window, "measles-choice")
        panel.choose_campaign.click()
        for _turn in range(3):
            QApplication.processEvents()
        made.settle()
        yield made


def stage_of(made: Room, visit_id: str) -> str:
    with made.station.database.reader() as conn:
        row = visits.one(conn, visit_id)
    assert row is not None
    return row.stage


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(str(page.get_textpage().get_text_range()) for page in document)
    finally:
        document.close()


def test_a_child_goes_through_a_measles_day_and_nothing_says_covid(here: Room) -> None:
    station = here.station
    assert station.ctx.station.campaign == "measles-rubella"
    assert here.desk.campaign().code == "measles-rubella"
    here.name = "today"
    here.open()
    here.fits("measles")

    # Plan: the pack's vaccine, no area group of another campaign.
    lot = station.lot("MR2601", 50, "measles-rubella")
    here.name = "session"
    page = here.open()
    assert isinstance(page, SessionPage)
    assert page.plan.product.findData("astrazeneca") < 0
    here.fits("measles-plan")
    here.key(Qt.Key.Key_F12)
    (session_id,) = [row.id for row in station.rows(_session_table())]

    # A child of 19 months: her mother answers, on the pack's own text.
    child = station.person(
        session_id, full_name="Lò Thị Bé", birth=PartialDate(2025, 4, 15), sex="female", national_id="", groups=(),
        guardian_name="Lò Thị Mẹ", guardian_relation="mother", guardian_phone="0912345678",
    )  # fmt: skip
    page = here.open("consent")
    assert page.consent.guardian.isVisible()
    assert "COVID" not in page.consent.text.text()
    here.fits("measles-consent")
    here.key(Qt.Key.Key_F12)
    assert station.row(Consent).guardian_relation == "mother"

    # The form of 1575/QĐ-BYT, in as few keys as any other.
    assert page.panels.currentWidget() is page.screening
    assert "COVID" not in page.screening.form_title.text().upper()
    assert "1575" in page.screening.form_title.text()
    here.fits("measles-screening")
    here.key(Qt.Key.Key_F8)
    page.screening.measured.focus_first()
    type_text("368")
    here.settle()
    here.key(Qt.Key.Key_F12)
    # The weight is asked by this form: what is missing is named and gets the keyboard.
    assert station.rows(Screening) == []
    assert page.screening.error.isVisible()
    type_text("nang")
    here.settle()
    here.key(Qt.Key.Key_F12)
    assert station.rows(Screening) == []
    here.key(Qt.Key.Key_7, Qt.KeyboardModifier.AltModifier)
    QApplication.focusWidget().selectAll()
    type_text("10,5")
    here.settle()
    here.key(Qt.Key.Key_F12)
    row = station.row(Screening)
    assert (row.campaign, row.answers["weight"]) == ("measles-rubella", 10.5)
    assert stage_of(here, child.visit_id) == "dose"

    here.fits("measles-dose")
    here.key(Qt.Key.Key_F12)
    assert stage_of(here, child.visit_id) == "observation"
    dose = station.row(Immunization)
    assert (dose.product_code, dose.lot_id, dose.campaign) == ("measles-rubella", lot, "measles-rubella")

    # Let go: the paper is the pack's, with the personal code and no HC1.
    station.clock.advance(timedelta(minutes=31))
    page = here.open("observation")
    here.key(Qt.Key.Key_F12)
    dialog = visible_dialog(PaperDialog)
    here.settle()
    grab(dialog, "measles-paper")
    assert cut_words(dialog) == []
    dialog.reject()
    row = station.row(Certificate)
    assert (row.hc1, row.uvci, row.no_code_reasons) == ("", "", ["campaign"])

    # Papers and lists of the day.
    form = text_of(printing.filled_screening_forms(station.ctx, [child.visit_id], note=False).data)
    consent = text_of(printing.consent_forms(station.ctx, [child.person_id], note=False).data)
    assert "COVID" not in form + consent
    assert "Lò Thị Bé" in form
    for name, target in (("session", "list"), ("people", child.person_id), ("reports", "day"), ("reports", "campaign")):
        here.name = name
        here.open(target)
        here.fits(f"measles-{target if target in ('list', 'day', 'campaign') else 'person'}")


def _session_table() -> type:
    from vaxdesk.db.tables import VaccinationSession

    return VaccinationSession


def test_the_campaign_is_not_changed_while_a_session_is_open_and_records_stay_with_their_own(here: Room) -> None:
    station = here.station
    station.session(station.lot("MR2601", 50, "measles-rubella"), "measles-rubella")
    here.name = "administration"
    page = here.open("station")
    assert isinstance(page, AdministrationPage)
    panel = page.panel("station")
    here.settle()
    panel.campaign.setCurrentIndex(panel.campaign.findData("covid19"))
    panel.choose_campaign.click()
    here.settle()
    assert panel.error.isVisible()
    assert station.ctx.station.campaign == "measles-rubella"
    assert [choice.code for choice in campaign_choice.choices(station.ctx)] == ["covid19", "measles-rubella"]
