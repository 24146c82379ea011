"""Prints a person's slip with one key: to the station's printer, or as a file where there is none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from vaxdesk import settings
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printed
from vaxdesk.gui.tasks import Lane, Task
from vaxdesk.i18n import _
from vaxdesk.services import slips
from vaxdesk.services.context import Context

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk


def print_slip(desk: Desk, owner: QObject, person_id: str) -> None:
    """Print and say where it went."""
    # Not in the writing lane: a printing system that hangs may not hold up a dose that is being recorded.
    desk.tasks.start(Lane.READING, partial(_print, desk.ctx, person_id), partial(_told, desk), owner=owner)


def _print(ctx: Context, person_id: str, _task: Task) -> Printed:
    printed = slips.appointment_slips(ctx, [person_id])
    wanted = ctx.setting(settings.PRINTER)
    known = printers.list_printers()
    found = next((one for one in known if one.name == wanted or (one.is_default and not wanted)), None)
    printer = found or printers.folder_printer(ctx.paths.documents)
    return printers.print_pdf(printed.data, printer, title="VaxDesk slip")


def _told(desk: Desk, done: Printed) -> None:
    if done.path is not None:
        desk.toast(_("Saved as {file}").format(file=done.path.name))
    else:
        desk.toast(_("Sent to the printer: {job}").format(job=done.job))
