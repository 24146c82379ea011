"""Every setting is declared once: key, kind, default, label. Values live in the station's file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vaxdesk.i18n import N_

T = TypeVar("T")
_declared: dict[str, Setting[Any]] = {}


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A declared setting. ``low`` and ``high`` bound numbers; ``choices`` bound texts."""

    key: str
    default: T
    label: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.key in _declared:
            raise ValueError(f"setting declared twice: {self.key}")
        _declared[self.key] = self

    def accept(self, value: Any) -> T:
        """The value if it has the kind and range declared.

        :raises ValueError: it does not.
        """
        kind = type(self.default)
        if type(value) is not kind:
            raise ValueError(f"{self.key}: expected {kind.__name__}")
        if kind is list and not all(isinstance(item, str) for item in value):
            raise ValueError(f"{self.key}: expected texts")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ValueError(f"{self.key}: expected {self.low} to {self.high}")
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.key}: expected one of {', '.join(self.choices)}")
        return value  # type: ignore[no-any-return]  # its type was just compared with T's

    def fitting(self, value: Any) -> T:
        """The stored value, or the default where none is stored or it no longer fits."""
        try:
            return self.accept(value)
        except ValueError:
            return self.default


def declared() -> dict[str, Setting[Any]]:
    """All settings by key."""
    return dict(_declared)


LANGUAGE = Setting("language", "vi", N_("Language"), choices=("vi", "en"))
OBSERVATION_MINUTES = Setting("observation.minutes", 30, N_("Observation after a dose, minutes"), 15, 120)
LOCK_MINUTES = Setting("lock.minutes", 10, N_("Lock the window after minutes without a key"), 1, 120)
CERTIFICATE_SIZE = Setting("certificate.size", "A5", N_("Paper size of certificates"), choices=("A4", "A5", "card"))
PRINTER = Setting("printer", "", N_("Printer"))
CAMERA = Setting("camera", "", N_("Camera"))
PORTAL_URL = Setting("portal.url", "", N_("Address of the portal"))
PORTAL_TOKEN = Setting("portal.token", "", N_("Key for the portal"))
PORTAL_STATION = Setting("portal.station", "", N_("The station's id at the portal"))
AUTO_SYNC = Setting("sync.automatic", True, N_("Send by itself when the line is there"))
LATEST_TIME = Setting("clock.latest", "", N_("Latest time ever seen"))
SIGNING_WRAP = Setting("signing.wrap", "", N_("Key of the signing key file"))
LAST_BACKUP = Setting("backup.last", "", N_("Last backup"))
LAST_SENT = Setting("sync.last-sent", "", N_("Last time everything was sent"))
CODE_DAYS = Setting("certificate.code-days", 180, N_("Life of the station's code, days"), 1, 365)
PORTAL_PROFILE = Setting("portal.profile", "", N_("What the portal can do"))
CAPABILITIES: Setting[list[str]] = Setting(
    "station.capabilities", [], N_("What the station can do beyond a commune station")
)
ADDED_GROUPS = Setting("priority.added", "", N_("Priority groups added by decision"))
