"""Voids: a run that takes one statement back says which, and why

Why: a statement that should never have been issued is taken back by a run of its own, which a second person approves as
any other; it is a correction that states one thing, and the run has to name it.

Safe while the previous release runs? Yes: both columns are null for whatever it writes. It asks for its own revision
before every command all the same, so stop it first.

Down again: a void that was issued stops the way down; voids on their way are forgotten with their columns, and left as
corrections of one merchant, which are rejected.

Revision ID: 20261127_0002
Revises: 20261127_0001
"""

import sqlalchemy as sa
from alembic import op

revision = '20261127_0002'
down_revision = '20261127_0001'
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}
VOID = "voids IS NULL OR (reason IS NOT NULL AND kind = 'correction')"


def upgrade() -> None:
    with op.batch_alter_table('runs', table_kwargs=STRICT) as batch_op:
        batch_op.add_column(sa.Column('voids', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('reason', sa.Text(), nullable=True))
        batch_op.create_check_constraint(op.f('ck_runs_void'), VOID)


def downgrade() -> None:
    issued = op.get_bind().execute(sa.text("SELECT count(*) FROM runs WHERE voids IS NOT NULL AND state = 'issued'"))
    if issued.scalar_one():
        message = "statements were voided; the release before cannot say so, and would count them as owed"
        raise RuntimeError(message)
    op.execute(
        "UPDATE runs SET state = 'rejected', rejected_reason = 'the release that voids was taken back'"
        " WHERE voids IS NOT NULL AND state NOT IN ('rejected', 'superseded')"
    )
    with op.batch_alter_table('runs', table_kwargs=STRICT) as batch_op:
        batch_op.drop_constraint(op.f('ck_runs_void'), type_='check')
        batch_op.drop_column('reason')
        batch_op.drop_column('voids')
