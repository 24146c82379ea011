"""Fills a box with the computer's printers without making the window wait for the printing system."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QComboBox

from vaxdesk import settings
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printer
from vaxdesk.gui.tasks import Lane, Task
from vaxdesk.i18n import _

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class PrinterChoice(QObject):
    """The printers of one box, the station's own chosen; ``ready`` when they are known.

    The printing system is a program of its own and may take its time: until it has answered, the box says so and
    nothing can be printed.
    """

    ready = Signal()

    def __init__(self, box: QComboBox, desk: Desk, owner: QObject) -> None:
        super().__init__(owner)
        self.box = box
        self._printers: tuple[Printer, ...] = ()
        box.addItem(_("Looking for printers…"))
        box.setEnabled(False)
        desk.tasks.start(Lane.READING, partial(_find, desk.ctx), self._found, owner=owner)

    @property
    def known(self) -> bool:
        """Whether the printing system has answered."""
        return bool(self._printers)

    @property
    def chosen(self) -> Printer:
        """The printer that the box shows; only where ``known``."""
        return self._printers[self.box.currentIndex()]

    def _found(self, found: tuple[tuple[Printer, ...], str]) -> None:
        self._printers, usual = found
        self.box.clear()
        for one in self._printers:
            self.box.addItem(_("Save as a file") if one.folder else one.name, one.name)
        self.box.setCurrentIndex(max(0, self.box.findData(usual)))
        self.box.setEnabled(True)
        self.ready.emit()


def _find(ctx: Context, _task: Task) -> tuple[tuple[Printer, ...], str]:
    """All printers with the folder as the last one, and the name that the station prints on."""
    folder = printers.folder_printer(ctx.paths.documents)
    return (*printers.list_printers(), folder), ctx.setting(settings.PRINTER)
