"""Who may import whom: the one table of the house, and the check of one import against it."""

from __future__ import annotations

import sys

#: Everyone may import these; they themselves use the standard library and one another.
BASE = frozenset({"", "errors", "settings", "assets", "paths", "i18n", "clock"})

#: The only places that wire rooms together: the window's and the command line's entry, the station's commands
#: behind the latter, and the practice day that the former opens.
WIRING = frozenset({"app", "cli", "commands", "practice", "__main__"})

#: Room → what it may import of the program, besides itself and the base. ``room.part`` allows only that part.
ALLOWED: dict[str, frozenset[str]] = {
    "gui": frozenset(
        {"services", "queries", "reports", "devices", "sync", "certificates.verify", "certificates.trust", "domain"}
    ),
    "portal": frozenset({"sync.fhir", "campaigns", "certificates", "documents", "domain"}),
    "sync": frozenset({"services", "queries", "certificates", "db", "domain"}),
    "reports": frozenset({"queries", "documents", "certificates", "domain"}),
    "services": frozenset({"queries", "campaigns", "documents", "certificates", "db", "domain"}),
    "certificates": frozenset({"documents", "domain"}),
    "devices": frozenset({"certificates", "domain"}),
    "queries": frozenset({"db", "domain"}),
    "campaigns": frozenset({"domain"}),
    "db": frozenset({"domain"}),
    "documents": frozenset({"domain"}),
    "domain": frozenset(),
}

#: Packages from outside that live only in some rooms (the wiring places may use them as well).
ONLY_IN: dict[str, frozenset[str]] = {
    "sqlalchemy": frozenset({"db", "queries", "portal"}),
    "alembic": frozenset({"db", "queries", "portal"}),
    "sqlcipher3": frozenset({"db"}),
    "PySide6": frozenset({"gui"}),
    "shiboken6": frozenset({"gui"}),
    "starlette": frozenset({"portal"}),
    "uvicorn": frozenset({"portal"}),
    "jinja2": frozenset({"portal"}),
    "python_multipart": frozenset({"portal"}),
    "requests": frozenset({"sync"}),
}

#: These rooms use the standard library only.
PURE = BASE | {"domain"}


def complaint(importer: str, imported: str) -> str | None:
    """Why ``importer`` (a module of the program) may not import ``imported``, or None when it may."""
    room = _room(importer)
    if room in WIRING:
        return None
    if imported != "vaxdesk" and not imported.startswith("vaxdesk."):
        return _outside(room, imported.split(".")[0])
    target = _room(imported)
    if target == room or target in BASE:
        return None
    if room in BASE:
        return f"the base may not import {target}"
    if room not in ALLOWED:
        return f"'{room}' is no room of the house"
    below = imported.removeprefix("vaxdesk.")
    if any(below == allowed or below.startswith(f"{allowed}.") for allowed in ALLOWED[room]):
        if room == "gui" and target == "sync" and not importer.startswith("vaxdesk.gui.bridges"):
            return "in gui only the bridges import sync"
        return None
    return f"{room} may not import {below}"


def _outside(room: str, top: str) -> str | None:
    if top in sys.stdlib_module_names:
        return None
    if room in PURE:
        return f"{room or 'vaxdesk'} uses the standard library only, not {top}"
    rooms = ONLY_IN.get(top)
    if rooms is not None and room not in rooms:
        return f"{top} lives only in {', '.join(sorted(rooms))}"
    return None


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""
