"""The tables of a station's file, one module a room of the data."""

from vaxdesk.db.tables.audit import AuditEntry, AuditHead
from vaxdesk.db.tables.base import Base, Fact, new_id
from vaxdesk.db.tables.campaigns import CampaignPack
from vaxdesk.db.tables.care import Consent, Immunization, Reaction, Release, Screening, Visit
from vaxdesk.db.tables.certificates import Certificate, EarlierPaper, Print, SignedList, SignedListPart
from vaxdesk.db.tables.people import Person, PersonChange, PersonGroup, PersonToken, PersonTouch, Registration
from vaxdesk.db.tables.sessions import Lot, StockMovement, VaccinationSession
from vaxdesk.db.tables.station import Setting, Station, User
from vaxdesk.db.tables.sync import OPEN_STATES, Conflict, Outbox, PortalCopy, SyncMark

__all__ = [
    "OPEN_STATES",
    "AuditEntry",
    "AuditHead",
    "Base",
    "CampaignPack",
    "Certificate",
    "Conflict",
    "Consent",
    "EarlierPaper",
    "Fact",
    "Immunization",
    "Lot",
    "Outbox",
    "Person",
    "PersonChange",
    "PersonGroup",
    "PersonToken",
    "PersonTouch",
    "PortalCopy",
    "Print",
    "Reaction",
    "Registration",
    "Release",
    "Screening",
    "Setting",
    "SignedList",
    "SignedListPart",
    "Station",
    "StockMovement",
    "SyncMark",
    "User",
    "VaccinationSession",
    "Visit",
    "new_id",
]
