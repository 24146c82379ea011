"""A session keeps whom its list calls and in which order."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("vaccination_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("called_groups", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("list_order", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("vaccination_session", schema=None) as batch_op:
        batch_op.drop_column("list_order")
        batch_op.drop_column("called_groups")
