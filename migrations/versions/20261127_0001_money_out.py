"""Money out: batches, the ledger, chains, the audit log, corrections and voids

Why: a run is worked in batches that survive dying anywhere; what is issued is booked in a ledger that shows tampering;
every change says who made it; later evidence becomes a correction for the difference, never an edit; an export's digest
and a call's answer are kept, so that the second one is the same as the first.

Safe while the previous release runs? No: stop it first. It asks for its own revision before every command, and
answers /readyz with 503 over any other.

A run that was calculated or approved by the previous release has no batches to check it by, and is superseded:
calculate its month again. An issued one stays; its statements get their totals. It has no entries in the ledger, which
begins with the first run that this release issues.

Down again: ledger, audit log and digests are forgotten with their tables, and so are runs on their way. A correction or
a void that was issued stops the way down.

Revision ID: 20261127_0001
Revises: 20261125_0001
"""

import sqlalchemy as sa
from alembic import op

revision = '20261127_0001'
down_revision = '20261125_0001'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STRICT = {"sqlite_strict": True}
STATES_BEFORE = "'calculated', 'approved', 'issued', 'rejected', 'superseded'"
STATES = "'draft', 'calculated', 'submitted', 'approved', 'issuing', 'issued', 'rejected', 'superseded'"
LIVE_BEFORE = sa.text("state IN ('calculated', 'approved', 'issued')")
LIVE = sa.text("state NOT IN ('rejected', 'superseded')")
SIX_EYES = "first_approved_by IS NULL OR approved_by IS NULL OR first_approved_by <> approved_by"
VOID = "is_void IN (0, 1) AND (is_void = 0 OR (reason IS NOT NULL AND corrects IS NOT NULL))"


def upgrade() -> None:
    op.create_table('audit_log',
    sa.Column('entry_no', BIG, sa.Identity(always=False), nullable=False),
    sa.Column('at_ms', BIG, nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('origin', sa.Text(), server_default='', nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('entry_no', name=op.f('pk_audit_log')),
    **STRICT
    )
    with op.batch_alter_table('audit_log') as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_log_subject'), ['subject'], unique=False)

    op.create_table('chain_blocks',
    sa.Column('chain', sa.Text(), nullable=False),
    sa.Column('block_no', BIG, nullable=False),
    sa.Column('block', sa.Text(), nullable=False),
    sa.Column('first_entry', sa.Text(), nullable=False),
    sa.Column('last_entry', sa.Text(), nullable=False),
    sa.Column('entries', BIG, nullable=False),
    sa.Column('entries_sha256', sa.Text(), nullable=False),
    sa.Column('previous_sha256', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('sealed_at_ms', BIG, nullable=False),
    sa.CheckConstraint("chain IN ('ledger', 'audit')", name=op.f('ck_chain_blocks_chain')),
    sa.CheckConstraint('block_no > 0 AND entries > 0', name=op.f('ck_chain_blocks_positive')),
    sa.PrimaryKeyConstraint('chain', 'block_no', name=op.f('pk_chain_blocks')),
    **STRICT
    )
    with op.batch_alter_table('chain_blocks') as batch_op:
        batch_op.create_index(batch_op.f('ix_chain_blocks_chain_block'), ['chain', 'block'], unique=True)

    op.create_table('idempotency_keys',
    sa.Column('caller', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('operation', sa.Text(), nullable=False),
    sa.Column('body_sha256', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('status', BIG, nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('created_at_ms', BIG, nullable=False),
    sa.Column('updated_at_ms', BIG, nullable=False),
    sa.CheckConstraint("state IN ('running', 'done')", name=op.f('ck_idempotency_keys_state')),
    sa.PrimaryKeyConstraint('caller', 'key', name=op.f('pk_idempotency_keys')),
    **STRICT
    )
    op.create_table('exports',
    sa.Column('run_id', BIG, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('options', sa.Text(), server_default='', nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('bytes', BIG, nullable=False),
    sa.Column('rows', BIG, nullable=False),
    sa.Column('made_at_ms', BIG, nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_exports_run_id_runs')),
    sa.PrimaryKeyConstraint('run_id', 'kind', 'options', name=op.f('pk_exports')),
    **STRICT
    )
    op.create_table('run_batches',
    sa.Column('run_id', BIG, nullable=False),
    sa.Column('batch_no', BIG, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('first_id', sa.Text(), nullable=False),
    sa.Column('last_id', sa.Text(), nullable=False),
    sa.Column('first_credit_no', BIG, nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempt', BIG, nullable=False),
    sa.Column('credits', BIG, server_default='0', nullable=False),
    sa.Column('statements', BIG, server_default='0', nullable=False),
    sa.Column('figures_sha256', sa.Text(), nullable=True),
    sa.Column('inputs', sa.Text(), nullable=True),
    sa.Column('first_number', BIG, nullable=True),
    sa.Column('ledger_sha256', sa.Text(), nullable=True),
    sa.Column('changed_at_ms', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('merchants', 'partners')", name=op.f('ck_run_batches_kind')),
    sa.CheckConstraint("state IN ('planned', 'calculated', 'issued')", name=op.f('ck_run_batches_state')),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_run_batches_run_id_runs')),
    sa.PrimaryKeyConstraint('run_id', 'batch_no', name=op.f('pk_run_batches')),
    **STRICT
    )
    op.create_table('ledger_entries',
    sa.Column('entry_id', sa.Text(), nullable=False),
    sa.Column('block', sa.Text(), nullable=False),
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('account_debit', sa.Text(), nullable=False),
    sa.Column('account_credit', sa.Text(), nullable=False),
    sa.Column('amount_minor', BIG, nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('run_id', BIG, nullable=True),
    sa.Column('effective_on', sa.Text(), nullable=False),
    sa.Column('recorded_at_ms', BIG, nullable=False),
    sa.Column('recorded_by', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.CheckConstraint("account_debit IN ('granted', 'owed', 'applied', 'expired', 'reversed') AND account_credit IN ('granted', 'owed', 'applied', 'expired', 'reversed')", name=op.f('ck_ledger_entries_accounts')),
    sa.CheckConstraint("kind IN ('issued', 'applied', 'expired', 'reversed')", name=op.f('ck_ledger_entries_kind')),
    sa.CheckConstraint('account_debit <> account_credit', name=op.f('ck_ledger_entries_move')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_ledger_entries_amount')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_ledger_entries_merchant_id_merchants')),
    sa.ForeignKeyConstraint(['number'], ['statements.number'], name=op.f('fk_ledger_entries_number_statements')),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_ledger_entries_run_id_runs')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_ledger_entries')),
    **STRICT
    )
    with op.batch_alter_table('ledger_entries') as batch_op:
        batch_op.create_index(batch_op.f('ix_ledger_entries_block'), ['block'], unique=False)
        batch_op.create_index(batch_op.f('ix_ledger_entries_merchant_id'), ['merchant_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ledger_entries_number'), ['number'], unique=False)

    with op.batch_alter_table('credits', table_kwargs=STRICT) as batch_op:
        batch_op.add_column(sa.Column('before_minor', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('before_service_ms', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('stated_minor', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('stated_service_ms', BIG, server_default='0', nullable=False))

    with op.batch_alter_table('runs', table_kwargs=STRICT) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.Text(), server_default='close', nullable=False))
        batch_op.add_column(sa.Column('revision', BIG, server_default='1', nullable=False))
        batch_op.add_column(sa.Column('binding', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('submitted_at_ms', BIG, nullable=True))
        batch_op.add_column(sa.Column('submitted_by', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('first_approved_at_ms', BIG, nullable=True))
        batch_op.add_column(sa.Column('first_approved_by', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('approval_reason', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('rejected_at_ms', BIG, nullable=True))
        batch_op.add_column(sa.Column('rejected_by', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('rejected_reason', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('ledger_head', sa.Text(), nullable=True))
        batch_op.drop_constraint(op.f('ck_runs_state'), type_='check')
        batch_op.create_check_constraint(op.f('ck_runs_state'), f"state IN ({STATES})")
        batch_op.create_check_constraint(op.f('ck_runs_six_eyes'), SIX_EYES)
        batch_op.create_check_constraint(op.f('ck_runs_kind'), "kind IN ('close', 'correction')")
        batch_op.create_check_constraint(op.f('ck_runs_revision'), "(kind = 'correction') = (revision > 1)")
        batch_op.drop_index('uq_runs_live_period')
        batch_op.create_index('uq_runs_live_period', ['period', 'revision'], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

    with op.batch_alter_table('statements', table_kwargs=STRICT) as batch_op:
        batch_op.add_column(sa.Column('party_name', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('total_minor', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('total_service_ms', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('corrects', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('is_void', BIG, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('reason', sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f('ix_statements_corrects'), ['corrects'], unique=False)
        batch_op.create_check_constraint(op.f('ck_statements_void'), VOID)
        batch_op.create_foreign_key(batch_op.f('fk_statements_corrects_statements'), 'statements', ['corrects'], ['number'])

    _carry_over()


def _carry_over() -> None:
    """What the new columns say of rows that are there."""
    op.execute("UPDATE runs SET state = 'superseded' WHERE state IN ('calculated', 'approved')")
    op.execute("UPDATE credits SET stated_minor = amount_minor, stated_service_ms = service_ms")
    name = (
        "json_extract(snapshot, '$.recipient.name')"
        if op.get_bind().dialect.name == "sqlite"
        else "snapshot::json -> 'recipient' ->> 'name'"
    )
    op.execute(f"UPDATE statements SET party_name = COALESCE({name}, '')")
    stated = (
        "SELECT COALESCE(SUM(c.{column}), 0) FROM statement_credits s"
        " JOIN credits c ON c.run_id = s.run_id AND c.credit_no = s.credit_no WHERE s.number = statements.number"
    )
    op.execute(
        f"UPDATE statements SET total_minor = ({stated.format(column='amount_minor')}),"
        f" total_service_ms = ({stated.format(column='service_ms')})"
    )


def downgrade() -> None:
    op.execute("UPDATE runs SET state = 'superseded' WHERE state IN ('draft', 'submitted')")
    with op.batch_alter_table('statements', table_kwargs=STRICT) as batch_op:
        batch_op.drop_constraint(op.f('fk_statements_corrects_statements'), type_='foreignkey')
        batch_op.drop_constraint(op.f('ck_statements_void'), type_='check')
        batch_op.drop_index('ix_statements_corrects')
        for column in ('reason', 'is_void', 'corrects', 'total_service_ms', 'total_minor', 'party_name'):
            batch_op.drop_column(column)
    with op.batch_alter_table('runs', table_kwargs=STRICT) as batch_op:
        for name in ('ck_runs_state', 'ck_runs_six_eyes', 'ck_runs_kind', 'ck_runs_revision'):
            batch_op.drop_constraint(op.f(name), type_='check')
        batch_op.create_check_constraint(op.f('ck_runs_state'), f"state IN ({STATES_BEFORE})")
        batch_op.drop_index('uq_runs_live_period')
        batch_op.create_index('uq_runs_live_period', ['period'], unique=True, sqlite_where=LIVE_BEFORE, postgresql_where=LIVE_BEFORE)
        for column in (
            'ledger_head', 'rejected_reason', 'rejected_by', 'rejected_at_ms', 'approval_reason', 'first_approved_by',
            'first_approved_at_ms', 'submitted_by', 'submitted_at_ms', 'binding', 'revision', 'kind',
        ):
            batch_op.drop_column(column)
    with op.batch_alter_table('credits', table_kwargs=STRICT) as batch_op:
        for column in ('stated_service_ms', 'stated_minor', 'before_service_ms', 'before_minor'):
            batch_op.drop_column(column)
    for table in ('ledger_entries', 'run_batches', 'exports', 'idempotency_keys', 'chain_blocks', 'audit_log'):
        op.drop_table(table)
