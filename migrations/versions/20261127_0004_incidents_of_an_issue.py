"""Incidents of an issue

Why: statements tell the incidents behind them, with titles and what was reported when. A run that is being issued must
tell all merchants the same, although incidents may be mended while its batches are written.

Safe while the previous release runs? Yes: the column is null for whatever it writes. It asks for its own revision before
every command all the same, so stop it first.

Revision ID: 20261127_0004
Revises: 20261127_0003
"""

import sqlalchemy as sa
from alembic import op

revision = '20261127_0004'
down_revision = '20261127_0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('runs', sa.Column('incidents', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('runs', 'incidents')
