"""Exclusions of one unit

Why: what a contract leaves out often happened at one of its units only (rain at one antenna, the customer's own work at
one site), and left the time out for all of them.

Safe while the previous release runs? Yes: the column is null for whatever it writes, which means every unit, as before.
It asks for its own revision before every command all the same, so stop it first.

Down again: exclusions of one unit are forgotten, because without the column they would hold for all units; so are the
digests of files of exclusions, so that they can be imported again.

Revision ID: 20261125_0001
Revises: 20261124_0001
"""

import sqlalchemy as sa
from alembic import op

revision = '20261125_0001'
down_revision = '20261124_0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('exclusions', sa.Column('unit', sa.Text(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM imports WHERE noun = 'exclusions'")
    op.execute("DELETE FROM exclusions WHERE unit IS NOT NULL")
    op.drop_column('exclusions', 'unit')
