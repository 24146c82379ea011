"""Administration: settings of this station and this computer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSpinBox, QWidget

from vaxdesk import i18n, settings
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printer
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.services.context import change_setting

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

SIZES = {"A5": N_("A5"), "A4": N_("A4"), "card": N_("Card")}
LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


class SettingsPanel(AdminPanel):
    """A few settings; F12 saves all of them."""

    form = "widgets/admin_settings.ui"

    observation: QSpinBox
    lock: QSpinBox
    capabilities: QWidget
    size: QComboBox
    printer: QComboBox
    language: QComboBox
    automatic: QCheckBox
    error: ErrorState
    save: KeyButton
    hint: QLabel

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._boxes: dict[str, QCheckBox] = {}
        #: Nothing until the printing system has answered: a program of its own, which may take its time.
        self._printers: list[Printer] | None = None
        self.printer.setEnabled(False)
        self.desk.tasks.start(Lane.READING, lambda _task: printers.list_printers(), self._take_printers, owner=self)
        self.save.clicked.connect(self._save)
        self.setFocusProxy(self.observation)
        self.ready = True

    def read(self) -> None:
        """Show the settings as they are stored."""
        desk = self.desk
        self._offer(desk)
        self.observation.setValue(desk.setting(settings.OBSERVATION_MINUTES))
        self.lock.setValue(desk.setting(settings.LOCK_MINUTES))
        self.automatic.setChecked(desk.setting(settings.AUTO_SYNC))
        self.size.setCurrentIndex(max(0, self.size.findData(desk.setting(settings.CERTIFICATE_SIZE))))
        self.printer.setCurrentIndex(max(0, self.printer.findData(desk.setting(settings.PRINTER))))
        self.language.setCurrentIndex(max(0, self.language.findData(desk.setting(settings.LANGUAGE))))
        self.save.setEnabled(self.manages)
        self.hint.setText("" if self.manages else _("Only a manager changes settings."))

    def _offer(self, desk: Desk) -> None:
        chosen = desk.setting(settings.CAPABILITIES)
        places = {
            place.capability: place.label
            for form in desk.campaign().screening_forms.values()
            for place in form.places.values()
            if place.capability
        }
        for code, label in places.items():
            if code not in self._boxes:
                self._boxes[code] = QCheckBox(self.capabilities)
                self.capabilities.layout().addWidget(self._boxes[code])
            self._boxes[code].setText(label.text(i18n.language()))
            self._boxes[code].setChecked(code in chosen)
        _fill(self.size, [(_(label), code) for code, label in SIZES.items()])
        _fill(self.language, [(label, code) for code, label in LANGUAGES.items()])
        self._offer_printers()

    def _offer_printers(self) -> None:
        found = self._printers or []
        folder = (_("Save as a file"), str(self.desk.ctx.paths.documents))
        default = next((one.name for one in found if one.is_default), "")
        first = _("The computer's default printer ({name})").format(name=default) if default else ""
        options = [(first, "")] if first else []
        _fill(self.printer, [*options, *((one.name, one.name) for one in found), folder])

    def _take_printers(self, found: list[Printer]) -> None:
        self._printers = found
        self._offer_printers()
        self.printer.setEnabled(True)
        self.printer.setCurrentIndex(max(0, self.printer.findData(self.desk.setting(settings.PRINTER))))

    def translate(self) -> None:
        """Boxes and choices, keeping what is being changed."""
        values = (self.observation.value(), self.lock.value(), self.automatic.isChecked(), self._chosen())
        indexes = [box.currentIndex() for box in (self.size, self.printer, self.language)]
        self._offer(self.desk.ctx)
        self.observation.setValue(values[0])
        self.lock.setValue(values[1])
        self.automatic.setChecked(values[2])
        for code, box in self._boxes.items():
            box.setChecked(code in values[3])
        for box_, index in zip((self.size, self.printer, self.language), indexes, strict=True):
            box_.setCurrentIndex(index)

    def _chosen(self) -> list[str]:
        return sorted(code for code, box in self._boxes.items() if box.isChecked())

    def _save(self) -> None:
        self.error.tell(None)
        values: list[tuple[settings.Setting[Any], Any]] = [
            (settings.OBSERVATION_MINUTES, self.observation.value()),
            (settings.LOCK_MINUTES, self.lock.value()),
            (settings.AUTO_SYNC, self.automatic.isChecked()),
            (settings.CERTIFICATE_SIZE, self.size.currentData()),
            (settings.LANGUAGE, self.language.currentData()),
            (settings.CAPABILITIES, self._chosen()),
        ]
        if self._printers is not None:
            values.append((settings.PRINTER, self.printer.currentData()))
        work = partial(_save, values)
        self.desk.act(work, self._saved, areas={"settings"}, owner=self, failed=self.error.tell)

    def _saved(self, changed: int) -> None:
        self.desk.toast(_("The settings are saved.") if changed else _("Nothing was changed."))
        language = self.language.currentData()
        if language != i18n.language():
            self.desk.window.language_chosen.emit(language)


def _fill(box: QComboBox, options: list[tuple[str, str]]) -> None:
    box.blockSignals(True)
    box.clear()
    for label, value in options:
        box.addItem(label, value)
    box.blockSignals(False)


def _save(values: list[tuple[settings.Setting[Any], Any]], ctx: Context) -> int:
    """Change what differs; each change is one audited transaction of its own."""
    ctx.require("manage")
    changed = [(option, value) for option, value in values if ctx.setting(option) != value]
    for option, value in changed:
        change_setting(ctx, option, value)
    return len(changed)
