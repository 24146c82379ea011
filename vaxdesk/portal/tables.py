"""The portal's own tables. They have nothing in common with the station's encrypted file."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Owner of what citizens and the portal itself wrote.
PORTAL = "-portal-"


class Base(DeclarativeBase):
    """Names of constraints are fixed, so that both databases agree."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Resource(Base):
    """The current version of each record. ``body`` lacks id and the server's meta, which are put in when read."""

    __tablename__ = "resource"
    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    #: Place in the order of commits; a record that changes moves to the end.
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    #: Milliseconds since 1970, strictly rising from commit to commit.
    updated: Mapped[int] = mapped_column(BigInteger)
    #: SHA-256 of the content as the sender gave it, for knowing a repeat.
    digest: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    patient: Mapped[str | None] = mapped_column(String(64))
    #: The day of the event in Viet Nam (dose, encounter, birth), for searching by ``date``.
    day: Mapped[str | None] = mapped_column(String(10))
    status: Mapped[str | None] = mapped_column(String(32))
    meta: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_resource_type_seq", "type", "seq"),
        Index("ix_resource_type_updated", "type", "updated"),
        Index("ix_resource_patient_type", "patient", "type"),
        Index("ix_resource_owner_type", "owner", "type"),
    )


class Superseded(Base):
    """Earlier versions: for reading them, and so that an old request that arrives late is known as such."""

    __tablename__ = "superseded"
    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    updated: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(64))
    meta: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


class Identifier(Base):
    """Business identifiers of the current versions."""

    __tablename__ = "identifier"
    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    system: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(String(200), primary_key=True)

    __table_args__ = (Index("ix_identifier_value", "value", "system", "type"),)


class Visibility(Base):
    """Which station may see a person's records."""

    __tablename__ = "visibility"
    patient: Mapped[str] = mapped_column(String(64), primary_key=True)
    station: Mapped[str] = mapped_column(String(64), primary_key=True)

    __table_args__ = (Index("ix_visibility_station", "station", "patient"),)


class Sequence(Base):
    """One row: the last number and the last moment given. Locked by whoever writes."""

    __tablename__ = "sequence"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    updated: Mapped[int] = mapped_column(BigInteger)


class Station(Base):
    """A station that may register people and sync."""

    __tablename__ = "station"
    #: The id that the station's own program gave it: its Organization, and ``station_id`` in the enrolment.
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: The facility code that people know; after a new set-up two ids can share it.
    code: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(200))
    province: Mapped[str] = mapped_column(String(100))
    commune: Mapped[str] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    #: Takes registrations from the public page.
    listed: Mapped[bool] = mapped_column(Boolean, default=True)
    enrolled: Mapped[int] = mapped_column(BigInteger)


class Token(Base):
    """A station's key for sync: 256 random bits, of which only the SHA-256 is kept."""

    __tablename__ = "token"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    made: Mapped[int] = mapped_column(BigInteger)
    revoked: Mapped[int | None] = mapped_column(BigInteger)


class EnrolmentCode(Base):
    """A one-time code, hashed, with which a station fetches its token."""

    __tablename__ = "enrolment_code"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    station: Mapped[str] = mapped_column(ForeignKey("station.id"), index=True)
    expires: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int | None] = mapped_column(BigInteger)


class Registration(Base):
    """A code that a citizen got, and where it leads. The code stays good whatever the station makes of the records."""

    __tablename__ = "registration"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    appointment: Mapped[str] = mapped_column(String(64))
    patient: Mapped[str] = mapped_column(String(64), index=True)
    made: Mapped[int] = mapped_column(BigInteger)


class Submission(Base):
    """Forms taken on the public page, by the form's own random number: a form sent twice registers once."""

    __tablename__ = "submission"
    form: Mapped[str] = mapped_column(String(64), primary_key=True)
    made: Mapped[int] = mapped_column(BigInteger)
    #: The codes given, as JSON.
    codes: Mapped[str] = mapped_column(Text)


class Secret(Base):
    """Named random values of this portal (for example the one that signs forms), and its mode."""

    __tablename__ = "secret"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


class CampaignFile(Base):
    """A campaign file that the administrator published, with its signed bytes. None is ever changed or removed."""

    __tablename__ = "campaign_file"
    #: SHA-256 of the bytes.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(80), index=True)
    version: Mapped[str] = mapped_column(String(24))
    valid_from: Mapped[str] = mapped_column(String(10))
    #: Title in Vietnamese, and who signed.
    title: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer)
    #: SHA-1 of the bytes, which FHIR's Attachment asks for.
    sha1: Mapped[bytes] = mapped_column(LargeBinary)
    published: Mapped[int] = mapped_column(BigInteger)
    #: When it was withdrawn; the bytes are then given to nobody.
    withdrawn: Mapped[int | None] = mapped_column(BigInteger)
