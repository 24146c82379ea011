"""Large signed lists lie in parts; doses that the portal brought are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "signed_list_part",
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("list_sha256", "place", name=op.f("pk_signed_list_part")),
    )
    op.create_index(
        "ix_immunization_portal",
        "immunization",
        ["campaign", "person_id", "dose_number", "record_id"],
        sqlite_where=sa.text("current = 1 AND status = 'completed' AND origin = 'portal'"),
    )


def downgrade() -> None:
    op.drop_index("ix_immunization_portal", table_name="immunization")
    op.drop_table("signed_list_part")
