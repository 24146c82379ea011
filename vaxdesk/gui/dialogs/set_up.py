"""Set-up of a station in four steps: station, first manager, recovery sheet, certificate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QStackedWidget, QWidget

from vaxdesk import i18n
from vaxdesk.clock import Clock
from vaxdesk.domain import names
from vaxdesk.domain.units import units
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.dialogs.enrol import EnrolPanel
from vaxdesk.gui.dialogs.passphrase_fields import PassphrasePair
from vaxdesk.gui.dialogs.recovery_sheet import RecoverySheetPanel
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.tasks import Tasks
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.fields import PassphraseEdit
from vaxdesk.gui.widgets.gate_panel import GatePanel
from vaxdesk.gui.widgets.search_combo import SearchCombo
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.paths import StationPaths

if TYPE_CHECKING:
    from vaxdesk.services.context import Context
    from vaxdesk.services.setup import SetUp

STATION, MANAGER, SHEET, CERTIFICATE = range(4)
STEPS = (
    N_("The station"),
    N_("The first manager"),
    N_("The recovery sheet"),
    N_("The certificate of the station"),
)
_SUBTITLES = (
    N_("This stands at the head of every paper that is printed here."),
    N_("The manager adds the other users later. The passphrase opens the encrypted file of the station."),
    N_("The station is set up. One paper is still needed before the work begins."),
    N_("The certificate lets the station sign the codes on its papers. It can be brought at any time."),
)
_BUTTONS = (N_("Continue"), N_("Set up the station"), N_("I have the sheet"), N_("Import"))


class SetUpPage(LeadsFocus, QWidget):
    """The wizard. Nothing is written before the second step is confirmed; the file stands after it."""

    panel: GatePanel
    title: QLabel
    subtitle: QLabel
    error: ErrorState
    steps: QStackedWidget
    name: QLineEdit
    name_below: QLabel
    province: SearchCombo
    province_below: QLabel
    commune: SearchCombo
    commune_below: QLabel
    code: QLineEdit
    code_below: QLabel
    desk: QLineEdit
    desk_below: QLabel
    phone: QLineEdit
    phone_below: QLabel
    portal_url: QLineEdit
    portal_url_below: QLabel
    full_name: QLineEdit
    full_name_below: QLabel
    short_name: QLineEdit
    short_name_below: QLabel
    passphrase: PassphraseEdit
    passphrase_below: QLabel
    again: PassphraseEdit
    again_below: QLabel
    four_words: KeyButton
    words: QLabel
    back: KeyButton
    later: KeyButton
    go_on: KeyButton

    #: The station is set up and open.
    finished = Signal(object)

    def __init__(
        self,
        tasks: Tasks,
        paths: StationPaths,
        *,
        clock: Clock,
        practice: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/set_up.ui")
        self._tasks, self._paths, self._clock, self._practice = tasks, paths, clock, practice
        self._ctx: Context | None = None
        self._enrolled_now = False
        self.sheet_panel = RecoverySheetPanel(self)
        self.enrol_panel = EnrolPanel(tasks, self)
        self.steps.addWidget(self.sheet_panel)
        self.steps.addWidget(self.enrol_panel)
        self.fields = FormFields(
            {
                "name": FormField(self.name, self.name_below),
                "province": FormField(self.province, self.province_below),
                "commune": FormField(self.commune, self.commune_below, N_("Type to search, with or without accents.")),
                "code": FormField(self.code, self.code_below, N_("Given by the authority, for example 118.")),
                "desk": FormField(self.desk, self.desk_below, N_("01 on the first PC of the station.")),
                "phone": FormField(self.phone, self.phone_below),
                "portal_url": FormField(self.portal_url, self.portal_url_below, N_("Can be entered later.")),
                "full_name": FormField(self.full_name, self.full_name_below),
                "short_name": FormField(self.short_name, self.short_name_below),
                "passphrase": FormField(
                    self.passphrase, self.passphrase_below, N_("At least 12 characters, or four words dealt here.")
                ),
                "again": FormField(self.again, self.again_below),
            }
        )
        self._pair = PassphrasePair(self.passphrase, self.again, self.four_words, self.words)
        self._offer_units()
        self.desk.setText("01")
        self.full_name.textEdited.connect(self._suggest_short_name)
        self.province.currentIndexChanged.connect(self._province_chosen)
        self.commune.currentIndexChanged.connect(self._commune_chosen)
        self.go_on.clicked.connect(self._go_on)
        self.back.clicked.connect(self._back)
        self.later.clicked.connect(self._finish)
        self.enrol_panel.ready_changed.connect(self._show_step)
        self.enrol_panel.imported.connect(self._enrolled)
        self._show_step()
        self.setFocusProxy(self.name)

    # Units

    def _offer_units(self) -> None:
        self.province.addItem("", "")
        for province in sorted(units().provinces, key=lambda each: names.key(each.short)):
            self.province.addItem(province.name, province.code)

    def _province_chosen(self) -> None:
        self.commune.clear()
        self.commune.addItem("", "")
        for commune in units().communes_of(self.province.currentData() or ""):
            self.commune.addItem(commune.name, commune.code)
        self.commune.setCurrentIndex(0)

    def _commune_chosen(self) -> None:
        commune = units().commune(self.commune.currentData() or "")
        if commune is not None and not self.name.isModified():
            self.name.setText(f"Trạm Y tế {commune.name[0].lower()}{commune.name[1:]}")

    def _suggest_short_name(self, text: str) -> None:
        if not self.short_name.isModified():
            words = names.key(text).split()
            self.short_name.setText(words[-1] if words else "")

    # Steps

    @property
    def step(self) -> int:
        """The step in front."""
        return self.steps.currentIndex()

    def _go_to(self, step: int) -> None:
        self.error.tell(None)
        self.fields.clear()
        self.steps.setCurrentIndex(step)
        self._show_step()
        first = (self.name, self.full_name, self.sheet_panel, self.enrol_panel)[step]
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _back(self) -> None:
        if self.step == MANAGER:
            self._go_to(STATION)

    def _go_on(self) -> None:
        if self.step == STATION:
            if self._ask_station():
                self._go_to(MANAGER)
        elif self.step == MANAGER:
            self._set_up()
        elif self.step == SHEET:
            if self.sheet_panel.confirmed():
                self.sheet_panel.forget()
                self._go_to(CERTIFICATE)
        elif self._enrolled_now:
            self._finish()
        elif self.enrol_panel.ready:
            self.enrol_panel.import_now()

    def _ask_station(self) -> bool:
        errors = []
        # F12 comes while a field still holds the keyboard.
        self.province.settle()
        self.commune.settle()
        if not self.name.text().strip():
            errors.append(FieldError("name", "Enter the station's name."))
        if not self.province.currentData():
            errors.append(FieldError("province", "Choose the province."))
        if not self.commune.currentData():
            errors.append(FieldError("commune", "Choose the commune."))
        code = self.code.text().strip()
        if not code or not code.isascii() or not code.isalnum():
            errors.append(FieldError("code", "Enter the station's code: up to 12 letters and digits, without accents."))
        return not errors or not self.fields.show(errors)

    def _command(self) -> SetUp:
        from vaxdesk.services.accounts import NewUser
        from vaxdesk.services.context import ROLES
        from vaxdesk.services.setup import SetUp

        commune = units().commune(self.commune.currentData() or "")
        province = units().province(self.province.currentData() or "")
        if not self.full_name.text().strip():
            raise FieldError("full_name", "Enter the manager's full name.")
        if not self.short_name.text().strip():
            raise FieldError("short_name", "Enter a short name for signing in.")
        return SetUp(
            code=self.code.text().strip(),
            name=names.tidy(self.name.text()),
            province_code=province.code if province else "",
            commune_code=commune.code if commune else "",
            province_name=province.name if province else "",
            commune_name=commune.name if commune else "",
            authority_line=f"UBND {commune.name[0].lower()}{commune.name[1:]}" if commune else "",
            phone=self.phone.text().strip(),
            desk=self.desk.text().strip() or "01",
            portal_url=self.portal_url.text().strip(),
            language=i18n.language(),
            practice=self._practice,
            manager=NewUser(
                self.short_name.text().strip(),
                names.tidy(self.full_name.text()),
                frozenset(ROLES),
                self._pair.value(),
            ),
        )

    def _set_up(self) -> None:
        self.error.tell(None)
        self.fields.clear()
        try:
            command = self._command()
        except FieldError as error:
            self.fields.show([error])
            return
        self.go_on.setEnabled(False)
        work = partial(_set_up_station, self._paths, command, self._clock)
        self._tasks.write(work, self._is_set_up, failed=self._refused, owner=self)

    def _refused(self, error: KnownError) -> None:
        self.go_on.setEnabled(True)
        if isinstance(error, FieldError) and error.field in ("name", "commune", "code", "desk", "portal_url"):
            self._go_to(STATION)
            self.fields.show([error])
        elif error.message_id.startswith("The passphrase"):
            self.fields.show([FieldError("passphrase", error.message_id, **error.values)])
        else:
            self.error.tell(error)

    def _is_set_up(self, made: tuple[Context, str, bytes]) -> None:
        self._ctx, code, pdf = made
        self._pair.clear()
        self.sheet_panel.show_code(code, pdf)
        self.enrol_panel.set_context(self._ctx)
        self._go_to(SHEET)

    def _enrolled(self, _enrolled: object) -> None:
        self._enrolled_now = True
        self._show_step()
        self.go_on.setFocus(Qt.FocusReason.OtherFocusReason)

    def _finish(self) -> None:
        if self._ctx is not None:
            self.finished.emit(self._ctx)

    # Words

    def _show_step(self, *_changed: object) -> None:
        step = self.step
        self.panel.say(_("Set up a station"))
        self.panel.show_steps(STEPS, step)
        self.title.setText(_(STEPS[step]))
        self.subtitle.setText(_(_SUBTITLES[step]))
        self.go_on.setText(_("Begin to work") if self._enrolled_now else _(_BUTTONS[step]))
        self.back.setVisible(step == MANAGER)
        self.later.setVisible(step == CERTIFICATE and not self._enrolled_now)
        self.go_on.setEnabled(step != CERTIFICATE or self._enrolled_now or self.enrol_panel.ready)

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "fields"):
            self.fields.translate()
            self._show_step()
        return done


def _set_up_station(paths: StationPaths, command: SetUp, clock: Clock) -> tuple[Context, str, bytes]:
    from vaxdesk.services import packs, setup, sheets

    ctx, code = setup.set_up_station(paths, command, packs.loader(paths.campaigns), clock)
    return ctx, code, sheets.recovery_sheet(ctx, code)
