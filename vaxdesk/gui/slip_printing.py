"""Prints a person's slip with one key: to the station's printer, or as a file where there is none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vaxdesk import settings
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printed
from vaxdesk.i18n import _
from vaxdesk.services import slips
from vaxdesk.services.context import Context

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


def print_slip(desk: Desk, owner: QObject, person_id: str) -> None:
    """Print and say where it went."""
    desk.act(partial(_print, person_id), partial(_told, desk), areas={"people"}, owner=owner)


def _print(person_id: str, ctx: Context) -> Printed:
    printed = slips.appointment_slips(ctx, [person_id])
    wanted = ctx.setting(settings.PRINTER)
    found = next((printer for printer in printers.list_printers() if printer.name == wanted), None)
    printer = found or printers.folder_printer(ctx.paths.documents)
    return printers.print_pdf(printed.data, printer, title="VaxDesk slip")


def _told(desk: Desk, done: Printed) -> None:
    if done.path is not None:
        desk.toast(_("Saved as {file}").format(file=done.path.name))
    else:
        desk.toast(_("Sent to the printer: {job}").format(job=done.job))
