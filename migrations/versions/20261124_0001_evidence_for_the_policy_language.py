"""Evidence for the policy language

Why: policies can be written over usage, units and charges, may ask for a claim, and leave some cases to a person's
decision; impacts tell the unit and when they were confirmed, ticketed and reported; exclusions tell the upstream
provider and its confirmation. A contract can have several credits in a run, one for each of its own periods, and a
credit can be service time instead of money; it keeps its exact availability and the steps of its calculation.

Safe while the previous release runs? No: stop it first. It asks for its own revision before every command, and
answers /readyz with 503 over any other. A call that is on its way while the tables change does no harm: the key of
impacts only grows by a column that is empty for it, and the new columns of credits are null or 0.

Down again: what the previous release has no place for is forgotten with its tables; so are the digests of the files
it came in, so that they can be imported again. A run that has credits of a new kind stops the way down.

Revision ID: 20261124_0001
Revises: 20261123_0001
"""

import sqlalchemy as sa
from alembic import op

revision = '20261124_0001'
down_revision = '20261123_0001'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
STRICT = {"sqlite_strict": True}

OUTCOMES = "'met', 'credited', 'below_minimum', 'nothing_owed', 'undefined', 'parked'"
STATUSES = "'counted', 'excluded', 'too_short'"
CREDIT_KEY = ['run_id', 'merchant_id', 'service', 'contract_starts_on']
UNIQUE_BEFORE = 'uq_credits_run_id_merchant_id_service_contract_starts_on'
UNIQUE = 'uq_credits_contract_period'
IMPACT_KEY = ['incident_id', 'merchant_id', 'service', 'started_at_ms']
IMPACT_INSTANTS = ('confirmed_at_ms', 'ticket_at_ms', 'reported_at_ms')
CREDIT_TEXTS = ('availability', 'rights', 'steps', 'claim_until', 'decided_by')

CHECKS_BEFORE = {
    'ck_credits_amount': "(outcome = 'credited') = (amount_minor > 0)",
    'ck_credits_outcome': f"outcome IN ({OUTCOMES})",
    'ck_credit_lines_status': f"status IN ({STATUSES})",
}
CHECKS = {
    'ck_credits_amount': "(outcome = 'credited') = (amount_minor > 0 OR service_ms > 0)",
    'ck_credits_outcome': f"outcome IN ({OUTCOMES}, 'unclaimed')",
    'ck_credit_lines_status': f"status IN ({STATUSES}, 'not_affected', 'grace', 'partial_slot')",
}


def upgrade() -> None:
    op.create_table('units',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Text(), nullable=False),
    sa.Column('ends_on', sa.Text(), nullable=True),
    sa.Column('monthly_fee_minor', BIG, nullable=True),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.CheckConstraint('(monthly_fee_minor IS NULL) = (currency IS NULL)', name=op.f('ck_units_currency')),
    sa.CheckConstraint('ends_on IS NULL OR ends_on > starts_on', name=op.f('ck_units_days')),
    sa.CheckConstraint('monthly_fee_minor >= 0', name=op.f('ck_units_fee')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_units_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('merchant_id', 'service', 'unit', 'starts_on', name=op.f('pk_units')),
    **STRICT
    )
    op.create_table('charges',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('month', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('amount', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_charges_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('merchant_id', 'service', 'month', 'kind', 'currency', name=op.f('pk_charges')),
    **STRICT
    )
    op.create_table('usage',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), server_default='', nullable=False),
    sa.Column('started_at_ms', BIG, nullable=False),
    sa.Column('ended_at_ms', BIG, nullable=False),
    sa.Column('requests', BIG, nullable=True),
    sa.Column('failed', BIG, nullable=True),
    sa.Column('tolerated', BIG, nullable=True),
    sa.Column('users', BIG, nullable=True),
    sa.Column('users_affected', BIG, nullable=True),
    sa.Column('value_nano', BIG, nullable=True),
    sa.CheckConstraint('ended_at_ms > started_at_ms', name=op.f('ck_usage_window')),
    sa.CheckConstraint('requests >= 0 AND users >= 0', name=op.f('ck_usage_counts')),
    sa.CheckConstraint('requests IS NOT NULL OR users IS NOT NULL OR value_nano IS NOT NULL', name=op.f('ck_usage_figure')),
    sa.CheckConstraint('(failed IS NULL AND tolerated IS NULL) OR (requests IS NOT NULL AND COALESCE(failed, 0) >= 0 AND COALESCE(tolerated, 0) >= 0 AND COALESCE(failed, 0) + COALESCE(tolerated, 0) <= requests)', name=op.f('ck_usage_requests')),
    sa.CheckConstraint('users_affected IS NULL OR (users IS NOT NULL AND users_affected BETWEEN 0 AND users)', name=op.f('ck_usage_users')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_usage_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('merchant_id', 'service', 'unit', 'started_at_ms', name=op.f('pk_usage')),
    **STRICT
    )
    op.create_index(op.f('ix_usage_ended_at_ms'), 'usage', ['ended_at_ms'])
    op.create_table('claims',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('month', sa.Text(), nullable=False),
    sa.Column('claimed_at_ms', BIG, nullable=False),
    sa.Column('aware_at_ms', BIG, nullable=True),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_claims_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('merchant_id', 'service', 'month', name=op.f('pk_claims')),
    **STRICT
    )
    op.create_table('decisions',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('contract_starts_on', sa.Text(), nullable=False),
    sa.Column('period_start_ms', BIG, server_default='0', nullable=False),
    sa.Column('amount_minor', BIG, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_at_ms', BIG, nullable=False),
    sa.Column('decided_by', sa.Text(), nullable=False),
    sa.CheckConstraint('amount_minor >= 0', name=op.f('ck_decisions_amount')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_decisions_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('period', 'merchant_id', 'service', 'contract_starts_on', 'period_start_ms', name=op.f('pk_decisions')),
    **STRICT
    )
    op.add_column('incidents', sa.Column('confirmed_at_ms', BIG, nullable=True))
    op.add_column('exclusions', sa.Column('upstream', sa.Text(), nullable=True))
    op.add_column('exclusions', sa.Column('confirmed_at_ms', BIG, nullable=True))
    with op.batch_alter_table('impacts', table_kwargs=STRICT) as impacts:
        impacts.add_column(sa.Column('unit', sa.Text(), server_default='', nullable=False))
        for name in IMPACT_INSTANTS:
            impacts.add_column(sa.Column(name, BIG, nullable=True))
        impacts.drop_constraint(op.f('pk_impacts'), type_='primary')
        impacts.create_primary_key(op.f('pk_impacts'), [*IMPACT_KEY[:3], 'unit', 'started_at_ms'])
    put_aside('credit_lines', 'statement_credits')
    with op.batch_alter_table('credits', table_kwargs=STRICT) as credits:
        credits.add_column(sa.Column('service_ms', BIG, server_default='0', nullable=False))
        for name in CREDIT_TEXTS:
            credits.add_column(sa.Column(name, sa.Text(), nullable=True))
        credits.drop_constraint(op.f(UNIQUE_BEFORE), type_='unique')
        credits.create_unique_constraint(op.f(UNIQUE), [*CREDIT_KEY, 'period_start_ms'])
        check_anew(credits, CHECKS, 'ck_credits_amount', 'ck_credits_outcome')
    with op.batch_alter_table('credit_lines', table_kwargs=STRICT) as lines:
        check_anew(lines, CHECKS, 'ck_credit_lines_status')
    put_back('credit_lines', 'statement_credits')


def downgrade() -> None:
    op.execute("DELETE FROM imports WHERE noun IN ('units', 'charges', 'usage', 'claims', 'incidents', 'impacts', 'exclusions')")
    op.execute("DELETE FROM impacts WHERE unit <> ''")
    put_aside('credit_lines', 'statement_credits')
    with op.batch_alter_table('credit_lines', table_kwargs=STRICT) as lines:
        check_anew(lines, CHECKS_BEFORE, 'ck_credit_lines_status')
    with op.batch_alter_table('credits', table_kwargs=STRICT) as credits:
        check_anew(credits, CHECKS_BEFORE, 'ck_credits_amount', 'ck_credits_outcome')
        credits.drop_constraint(op.f(UNIQUE), type_='unique')
        credits.create_unique_constraint(op.f(UNIQUE_BEFORE), CREDIT_KEY)
        for name in ('service_ms', *CREDIT_TEXTS):
            credits.drop_column(name)
    put_back('credit_lines', 'statement_credits')
    with op.batch_alter_table('impacts', table_kwargs=STRICT) as impacts:
        impacts.drop_constraint(op.f('pk_impacts'), type_='primary')
        impacts.create_primary_key(op.f('pk_impacts'), IMPACT_KEY)
        for name in ('unit', *IMPACT_INSTANTS):
            impacts.drop_column(name)
    op.drop_column('exclusions', 'confirmed_at_ms')
    op.drop_column('exclusions', 'upstream')
    op.drop_column('incidents', 'confirmed_at_ms')
    op.drop_table('decisions')
    op.drop_table('claims')
    op.drop_index(op.f('ix_usage_ended_at_ms'), 'usage')
    op.drop_table('usage')
    op.drop_table('charges')
    op.drop_table('units')


def on_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def check_anew(table, checks, *names):
    for name in names:
        table.drop_constraint(op.f(name), type_='check')
        table.create_check_constraint(op.f(name), checks[name])


def put_aside(*tables):
    # SQLite drops no table that rows of another refer to, and foreign keys cannot be switched off within a transaction.
    if on_sqlite():
        for table in tables:
            op.execute(f'CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}')
            op.execute(f'DELETE FROM {table}')


def put_back(*tables):
    if on_sqlite():
        for table in tables:
            op.execute(f'INSERT INTO {table} SELECT * FROM kept_{table}')
            op.execute(f'DROP TABLE kept_{table}')
