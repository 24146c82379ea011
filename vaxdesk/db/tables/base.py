"""What all tables share: naming convention, column types, the columns of a fact."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, Date, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as sortable ISO text in UTC with microseconds."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the file: refuses a moment without a zone, which would be ambiguous."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From the file."""
        return None if value is None else datetime.fromisoformat(value)


def new_id() -> str:
    """A device-made random UUID, the id of every record here and at the portal."""
    return str(uuid.uuid4())


Id = Annotated[str, mapped_column(String(36), primary_key=True, default=new_id)]
JsonDict = dict[str, Any]


class Base(DeclarativeBase):
    """All tables of a station's file."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        date: Date,
        JsonDict: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


class Fact:
    """A fact is never changed: a correction is a new row with the same ``record_id`` and the next version.

    ``record_id`` is the id at the portal; the row with the highest version is the current one.
    ``status`` is ``completed``, ``not-done`` or ``entered-in-error`` (FHIR's words).
    """

    id: Mapped[Id]
    record_id: Mapped[str] = mapped_column(String(36), index=True)
    version: Mapped[int] = mapped_column(default=1)
    current: Mapped[bool] = mapped_column(default=True)
    status: Mapped[str] = mapped_column(String(20), default="completed")
    change_reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(36))
    desk: Mapped[str] = mapped_column(String(8))
    origin: Mapped[str] = mapped_column(String(12), default="desk")
