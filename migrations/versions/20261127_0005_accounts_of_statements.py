"""The account in billing that each statement is credited to

Why: exports told the account that a merchant has at that moment, so a merchant who moved to another account changed the
export of a month long issued. Statements of before get the account that the merchant has now: what a ledger's file said
then is what it says after this, unless the account has changed in between. A register also has rows without a statement,
and those have no account any more: a register that was exported before, with such rows, is refused after this, and the
file from then stays the one to use.

Safe while the previous release runs? Yes: the column is null for whatever it writes. It asks for its own revision before
every command all the same, so stop it first.

Revision ID: 20261127_0005
Revises: 20261127_0004
"""

import sqlalchemy as sa
from alembic import op

revision = '20261127_0005'
down_revision = '20261127_0004'
branch_labels = None
depends_on = None

KNOWN = """
    UPDATE statements SET billing_ref = (
        SELECT merchants.billing_ref FROM merchants WHERE merchants.merchant_id = statements.party_id
    ) WHERE kind = 'merchant'
"""


def upgrade() -> None:
    op.add_column('statements', sa.Column('billing_ref', sa.Text(), nullable=True))
    op.execute(KNOWN)


def downgrade() -> None:
    op.drop_column('statements', 'billing_ref')
