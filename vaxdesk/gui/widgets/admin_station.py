"""Administration: the station's own data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from vaxdesk import i18n
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.services import campaign_choice, station
from vaxdesk.services.campaign_choice import Choice
from vaxdesk.services.station import StationData

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context, StationInfo

_FIELDS = {
    "name": "",
    "authority_line": N_("Stands above the station's name on every paper."),
    "phone": N_("Stands on the advice slip: people call it when they feel unwell."),
    "referral_name": N_("Where people with a severe reaction are taken."),
    "referral_phone": "",
}


class StationPanel(AdminPanel):
    """Name, superior, phones; code, desk and commune as they were set."""

    form = "widgets/admin_station.ui"

    name: QLineEdit
    name_below: QLabel
    authority_line: QLineEdit
    authority_line_below: QLabel
    phone: QLineEdit
    phone_below: QLabel
    referral_name: QLineEdit
    referral_name_below: QLabel
    referral_phone: QLineEdit
    referral_phone_below: QLabel
    facts: QLabel
    campaign: QComboBox
    choose_campaign: KeyButton
    error: ErrorState
    save: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._edits: dict[str, QLineEdit] = {name: getattr(self, name) for name in _FIELDS}
        self.fields = FormFields(
            {name: FormField(self._edits[name], getattr(self, f"{name}_below"), hint) for name, hint in _FIELDS.items()}
        )
        self._choices: tuple[Choice, ...] = ()
        self.campaign.currentIndexChanged.connect(self._campaign_chosen)
        self.choose_campaign.clicked.connect(self._choose_campaign)
        self.save.clicked.connect(self._save)
        self.setFocusProxy(self.name)
        self.ready = True

    def read(self) -> None:
        """Show the station as it is; what is being typed stays."""
        if not self._changed():
            for name, edit in self._edits.items():
                edit.setText(getattr(self.desk.ctx.station, name))
                edit.setCursorPosition(0)
                edit.setModified(False)
        for edit in self._edits.values():
            edit.setReadOnly(not self.manages)
        self.save.setEnabled(self.manages)
        self.translate()
        self.desk.act(campaign_choice.choices, self._show_campaigns, owner=self)

    # the campaign

    def _show_campaigns(self, choices: tuple[Choice, ...]) -> None:
        self._choices = choices
        self._fill_campaigns(self.desk.ctx.station.campaign)

    def _fill_campaigns(self, chosen: str) -> None:
        with QSignalBlocker(self.campaign):
            self.campaign.clear()
            for choice in self._choices:
                self.campaign.addItem(choice.name.text(i18n.language()), choice.code)
            self.campaign.setCurrentIndex(max(0, self.campaign.findData(chosen)))
        self.campaign.setToolTip(self.campaign.currentText())
        self.campaign.setEnabled(self.manages and len(self._choices) > 1)
        self._campaign_chosen()

    def _campaign_chosen(self, _index: int = 0) -> None:
        other = self.campaign.currentData() not in (None, self.desk.ctx.station.campaign)
        self.choose_campaign.setVisible(other and self.manages)

    def _choose_campaign(self) -> None:
        """Every page is made anew: each was made for the campaign of before."""
        work = partial(_choose, self.campaign.currentData())
        self.desk.act(
            work, self._campaign_changed, areas={"settings", "session", "people"}, owner=self, failed=self._refused
        )

    def _campaign_changed(self, _info: StationInfo) -> None:
        sentence = _("The station works at: {campaign}")
        self.desk.toast(sentence.format(campaign=self.desk.campaign().name.text(i18n.language())))
        QTimer.singleShot(0, self.desk, self.desk.pages_anew)

    def _changed(self) -> bool:
        return any(edit.isModified() for edit in self._edits.values())

    def may_leave(self) -> bool:
        """Typed and not saved: stay, and say so."""
        if self._changed():
            self.desk.toast(_("Save the station's data first, or take your change back."), tone="warn")
            return False
        return True

    def _save(self) -> None:
        self.error.tell(None)
        self.fields.clear()
        data = StationData(**{name: edit.text() for name, edit in self._edits.items()})
        work = partial(_change, data)
        self.desk.act(work, self._saved, areas={"settings"}, owner=self, failed=self._refused)

    def _saved(self, info: StationInfo) -> None:
        for name, edit in self._edits.items():
            edit.setText(getattr(info, name))
            edit.setModified(False)
        self.desk.toast(_("The station's data is saved. New papers carry it."))
        self.translate()

    def _refused(self, error: KnownError) -> None:
        if not (isinstance(error, FieldError) and self.fields.show([error])):
            self.error.tell(error)

    def translate(self) -> None:
        """What was set once."""
        info = self.desk.ctx.station
        lines = [
            _("Station code: {code}").format(code=info.code),
            _("Desk: {desk}").format(desk=info.desk),
            ", ".join(part for part in (info.commune_name, info.province_name) if part),
        ]
        self.facts.setText("\n".join(lines))
        self.fields.translate()
        if self._choices:
            self._fill_campaigns(self.campaign.currentData())


def _change(data: StationData, ctx: Context) -> StationInfo:
    return station.change(ctx, data)


def _choose(code: str, ctx: Context) -> StationInfo:
    return campaign_choice.choose(ctx, code)
