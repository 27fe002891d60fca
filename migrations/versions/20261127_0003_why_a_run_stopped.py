"""Why a run stopped

Why: with workers on other machines, the reason why a run cannot be finished is kept where whoever asked for it looks.

Safe while the previous release runs? Yes: it does not know the table. It asks for its own revision before every
command, though, and answers /readyz with 503 over any other.

Revision ID: 20261127_0003
Revises: 20261127_0002
"""

import sqlalchemy as sa
from alembic import op

revision = '20261127_0003'
down_revision = '20261127_0002'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table('run_stops',
    sa.Column('run_id', BIG, nullable=False),
    sa.Column('batch_no', BIG, nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('stopped_at_ms', BIG, nullable=False),
    sa.Column('stopped_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_run_stops_run_id_runs')),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_run_stops')),
    sqlite_strict=True
    )


def downgrade() -> None:
    op.drop_table('run_stops')
