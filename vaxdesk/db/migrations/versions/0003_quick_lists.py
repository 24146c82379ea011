"""Indexes that the lists of everybody are read from, and notes of whose record changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

#: Index, table, columns, condition. An index of that name with fewer columns makes room.
INDEXES = (
    ("ix_person_listed", "person", "merged_into id birth_date sex name_key village conditions", ""),
    ("ix_person_village", "person", "village name_key merged_into id", ""),
    ("ix_person_group_person_id", "person_group", "person_id campaign kind group_code", ""),
    ("ix_person_group_group_code", "person_group", "campaign group_code person_id", ""),
    ("ix_consent_person", "consent", "person_id campaign current status at answer", ""),
    (
        "ix_screening_person",
        "screening",
        "person_id campaign current status at product_code next_list deferred_until",
        "",
    ),
    ("ix_immunization_person", "immunization", "person_id campaign current status product_code occurred", ""),
    ("ix_immunization_session", "immunization", "session_id current status", ""),
    (
        "ix_immunization_here",
        "immunization",
        "campaign person_id occurred record_id visit_id id",
        "current = 1 AND status = 'completed' AND evidence = 'here'",
    ),
    ("ix_release_visit", "release", "visit_id current status", ""),
    ("ix_certificate_person", "certificate", "person_id campaign revoked_at replaced_by kind id dose_records", ""),
    ("ix_certificate_revoked", "certificate", "campaign revoked_at person_id id", "revoked_at IS NOT NULL"),
    (
        "ix_certificate_standing",
        "certificate",
        "campaign kind code_until person_id id",
        "revoked_at IS NULL AND replaced_by IS NULL",
    ),
    ("ix_certificate_issued", "certificate", "issued_at number", ""),
    ("ix_stock_movement_lot", "stock_movement", "lot_id current status kind doses", ""),
    ("ix_stock_movement_session", "stock_movement", "session_id kind current status doses", ""),
    ("ix_stock_movement_immunization_id", "stock_movement", "immunization_id", ""),
    ("ix_registration_state", "registration", "state source person_id", ""),
)
#: What each of them was before.
NARROW = {
    "ix_person_village": "village",
    "ix_person_group_person_id": "person_id",
    "ix_consent_person": "person_id",
    "ix_screening_person": "person_id",
    "ix_immunization_person": "person_id",
    "ix_immunization_session": "session_id",
    "ix_release_visit": "visit_id",
    "ix_certificate_person": "person_id",
    "ix_stock_movement_lot": "lot_id",
}


def upgrade() -> None:
    op.create_table(
        "person_touch",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_person_touch")),
    )
    for name, table, columns, condition in INDEXES:
        if name in NARROW:
            op.drop_index(name, table_name=table)
        op.create_index(name, table, columns.split(), sqlite_where=sa.text(condition) if condition else None)


def downgrade() -> None:
    for name, table, _columns, _condition in INDEXES:
        op.drop_index(name, table_name=table)
        if name in NARROW:
            op.create_index(name, table, [NARROW[name]])
    op.drop_table("person_touch")
