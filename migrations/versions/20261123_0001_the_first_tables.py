"""The first tables

Why: the tables of the first release; see sla_service/db/tables for what each one holds.

Safe while the previous release runs? There is none.

Revision ID: 20261123_0001
Revises: 
"""

import sqlalchemy as sa
from alembic import op

revision = '20261123_0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('key_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('secret_sha256', sa.Text(), nullable=False),
    sa.Column('created_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('revoked_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.PrimaryKeyConstraint('key_id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('secret_sha256', name=op.f('uq_api_keys_secret_sha256')),
    sqlite_strict=True
    )
    op.create_table('counters',
    sa.Column('series', sa.Text(), nullable=False),
    sa.Column('next_number', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.CheckConstraint('next_number > 0', name=op.f('ck_counters_positive')),
    sa.PrimaryKeyConstraint('series', name=op.f('pk_counters')),
    sqlite_strict=True
    )
    op.create_table('imports',
    sa.Column('noun', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('rows', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('added', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('imported_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('imported_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('noun', 'sha256', name=op.f('pk_imports')),
    sqlite_strict=True
    )
    op.create_table('incidents',
    sa.Column('incident_id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=True),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('upstream', sa.Text(), nullable=True),
    sa.Column('started_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('ended_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_ref', sa.Text(), nullable=False),
    sa.CheckConstraint('ended_at_ms IS NULL OR ended_at_ms > started_at_ms', name=op.f('ck_incidents_window')),
    sa.PrimaryKeyConstraint('incident_id', name=op.f('pk_incidents')),
    sqlite_strict=True
    )
    op.create_table('partners',
    sa.Column('partner_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('partner_id', name=op.f('pk_partners')),
    sqlite_strict=True
    )
    op.create_table('policies',
    sa.Column('policy', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('effective_from', sa.Text(), nullable=False),
    sa.Column('effective_to', sa.Text(), nullable=True),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('published_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('published_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('policy', 'version', name=op.f('pk_policies')),
    sa.UniqueConstraint('digest', name=op.f('uq_policies_digest')),
    sqlite_strict=True
    )
    op.create_table('runs',
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('tzdb_version', sa.Text(), nullable=False),
    sa.Column('created_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('approved_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('approved_by', sa.Text(), nullable=True),
    sa.Column('issued_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('issued_by', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('calculated', 'approved', 'issued', 'rejected', 'superseded')", name=op.f('ck_runs_state')),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> created_by', name=op.f('ck_runs_four_eyes')),
    sa.CheckConstraint('version > 0', name=op.f('ck_runs_version')),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_runs')),
    sqlite_strict=True
    )
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.create_index('uq_runs_live_period', ['period'], unique=True, sqlite_where=sa.text("state IN ('calculated', 'approved', 'issued')"), postgresql_where=sa.text("state IN ('calculated', 'approved', 'issued')"))

    op.create_table('credits',
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('credit_no', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('partner_id', sa.Text(), nullable=True),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('contract_starts_on', sa.Text(), nullable=False),
    sa.Column('policy', sa.Text(), nullable=False),
    sa.Column('policy_version', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('policy_digest', sa.Text(), nullable=True),
    sa.Column('curve', sa.Text(), nullable=True),
    sa.Column('time_zone', sa.Text(), nullable=True),
    sa.Column('period_start_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('period_end_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('fee_minor', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('bad_ppm_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('excluded_ppm_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('unmeasured_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('total_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('target', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('tier', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('rate', sa.Text(), nullable=True),
    sa.Column('before_cap_minor', sa.Text(), nullable=True),
    sa.Column('cap_minor', sa.Text(), nullable=True),
    sa.Column('minimum_minor', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('unrounded_minor', sa.Text(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.CheckConstraint("(outcome = 'credited') = (amount_minor > 0)", name=op.f('ck_credits_amount')),
    sa.CheckConstraint("outcome IN ('met', 'credited', 'below_minimum', 'nothing_owed', 'undefined', 'parked')", name=op.f('ck_credits_outcome')),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_credits_run_id_runs')),
    sa.PrimaryKeyConstraint('run_id', 'credit_no', name=op.f('pk_credits')),
    sa.UniqueConstraint('run_id', 'merchant_id', 'service', 'contract_starts_on', name=op.f('uq_credits_run_id_merchant_id_service_contract_starts_on')),
    sqlite_strict=True
    )
    with op.batch_alter_table('credits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_credits_merchant_id'), ['merchant_id'], unique=False)

    op.create_table('merchants',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('partner_id', sa.Text(), nullable=True),
    sa.Column('billing_ref', sa.Text(), nullable=True),
    sa.Column('active_from', sa.Text(), nullable=False),
    sa.Column('active_to', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['partner_id'], ['partners.partner_id'], name=op.f('fk_merchants_partner_id_partners')),
    sa.PrimaryKeyConstraint('merchant_id', name=op.f('pk_merchants')),
    sqlite_strict=True
    )
    with op.batch_alter_table('merchants', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_merchants_partner_id'), ['partner_id'], unique=False)

    op.create_table('statements',
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('party_id', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('revision', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('issued_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('snapshot', sa.Text(), nullable=False),
    sa.Column('snapshot_sha256', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('merchant', 'partner')", name=op.f('ck_statements_kind')),
    sa.ForeignKeyConstraint(['run_id'], ['runs.run_id'], name=op.f('fk_statements_run_id_runs')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_statements')),
    sa.UniqueConstraint('kind', 'party_id', 'period', 'currency', 'revision', name=op.f('uq_statements_kind_party_id_period_currency_revision')),
    sqlite_strict=True
    )
    with op.batch_alter_table('statements', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_statements_run_id'), ['run_id'], unique=False)

    op.create_table('timeline_points',
    sa.Column('incident_id', sa.Text(), nullable=False),
    sa.Column('at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('available_ppm', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=True),
    sa.CheckConstraint('available_ppm BETWEEN 0 AND 1000000', name=op.f('ck_timeline_points_available')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.incident_id'], name=op.f('fk_timeline_points_incident_id_incidents')),
    sa.PrimaryKeyConstraint('incident_id', 'at_ms', name=op.f('pk_timeline_points')),
    sqlite_strict=True
    )
    op.create_table('contracts',
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('policy', sa.Text(), nullable=False),
    sa.Column('monthly_fee_minor', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Text(), nullable=False),
    sa.Column('ends_on', sa.Text(), nullable=True),
    sa.CheckConstraint('ends_on IS NULL OR ends_on > starts_on', name=op.f('ck_contracts_days')),
    sa.CheckConstraint('monthly_fee_minor >= 0', name=op.f('ck_contracts_fee')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_contracts_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('merchant_id', 'service', 'starts_on', name=op.f('pk_contracts')),
    sqlite_strict=True
    )
    op.create_table('credit_lines',
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('credit_no', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('line_no', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('incident_id', sa.Text(), nullable=False),
    sa.Column('started_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('ended_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('impact_ppm_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('counted_ppm_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("status = 'counted' OR counted_ppm_ms = 0", name=op.f('ck_credit_lines_counted')),
    sa.CheckConstraint("status IN ('counted', 'excluded', 'too_short')", name=op.f('ck_credit_lines_status')),
    sa.CheckConstraint('ended_at_ms > started_at_ms', name=op.f('ck_credit_lines_window')),
    sa.ForeignKeyConstraint(['run_id', 'credit_no'], ['credits.run_id', 'credits.credit_no'], name=op.f('fk_credit_lines_run_id_credit_no_credits')),
    sa.PrimaryKeyConstraint('run_id', 'credit_no', 'line_no', name=op.f('pk_credit_lines')),
    sqlite_strict=True
    )
    op.create_table('exclusions',
    sa.Column('exclusion_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=True),
    sa.Column('merchant_id', sa.Text(), nullable=True),
    sa.Column('started_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('ended_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('announced_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint('ended_at_ms > started_at_ms', name=op.f('ck_exclusions_window')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_exclusions_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('exclusion_id', name=op.f('pk_exclusions')),
    sqlite_strict=True
    )
    op.create_table('impacts',
    sa.Column('incident_id', sa.Text(), nullable=False),
    sa.Column('merchant_id', sa.Text(), nullable=False),
    sa.Column('service', sa.Text(), nullable=False),
    sa.Column('started_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('ended_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('share_ppm', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('orders_expected', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.Column('orders_actual', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=True),
    sa.CheckConstraint('ended_at_ms > started_at_ms', name=op.f('ck_impacts_window')),
    sa.CheckConstraint('share_ppm BETWEEN 0 AND 1000000', name=op.f('ck_impacts_share')),
    sa.ForeignKeyConstraint(['incident_id'], ['incidents.incident_id'], name=op.f('fk_impacts_incident_id_incidents')),
    sa.ForeignKeyConstraint(['merchant_id'], ['merchants.merchant_id'], name=op.f('fk_impacts_merchant_id_merchants')),
    sa.PrimaryKeyConstraint('incident_id', 'merchant_id', 'service', 'started_at_ms', name=op.f('pk_impacts')),
    sqlite_strict=True
    )
    with op.batch_alter_table('impacts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_impacts_merchant_id'), ['merchant_id'], unique=False)

    op.create_table('outbox',
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('updated_at_ms', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'sending', 'accepted', 'refused', 'uncertain')", name=op.f('ck_outbox_state')),
    sa.ForeignKeyConstraint(['number'], ['statements.number'], name=op.f('fk_outbox_number_statements')),
    sa.PrimaryKeyConstraint('number', 'recipient', name=op.f('pk_outbox')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbox_message_id')),
    sqlite_strict=True
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outbox_state'), ['state'], unique=False)

    op.create_table('statement_credits',
    sa.Column('run_id', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('credit_no', sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['statements.number'], name=op.f('fk_statement_credits_number_statements')),
    sa.ForeignKeyConstraint(['run_id', 'credit_no'], ['credits.run_id', 'credits.credit_no'], name=op.f('fk_statement_credits_run_id_credit_no_credits')),
    sa.PrimaryKeyConstraint('run_id', 'credit_no', name=op.f('pk_statement_credits')),
    sqlite_strict=True
    )
    with op.batch_alter_table('statement_credits', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_statement_credits_number'), ['number'], unique=False)

    op.create_table('statement_documents',
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('pdf', sa.LargeBinary(), nullable=True),
    sa.Column('pdf_sha256', sa.Text(), nullable=True),
    sa.Column('parked_reason', sa.Text(), nullable=True),
    sa.CheckConstraint('(pdf IS NULL) = (parked_reason IS NOT NULL)', name=op.f('ck_statement_documents_parked')),
    sa.CheckConstraint('(pdf IS NULL) = (pdf_sha256 IS NULL)', name=op.f('ck_statement_documents_digest')),
    sa.ForeignKeyConstraint(['number'], ['statements.number'], name=op.f('fk_statement_documents_number_statements')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_statement_documents')),
    sqlite_strict=True
    )


def downgrade() -> None:
    op.drop_table('statement_documents')
    with op.batch_alter_table('statement_credits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_statement_credits_number'))

    op.drop_table('statement_credits')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_outbox_state'))

    op.drop_table('outbox')
    with op.batch_alter_table('impacts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_impacts_merchant_id'))

    op.drop_table('impacts')
    op.drop_table('exclusions')
    op.drop_table('credit_lines')
    op.drop_table('contracts')
    op.drop_table('timeline_points')
    with op.batch_alter_table('statements', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_statements_run_id'))

    op.drop_table('statements')
    with op.batch_alter_table('merchants', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_merchants_partner_id'))

    op.drop_table('merchants')
    with op.batch_alter_table('credits', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_credits_merchant_id'))

    op.drop_table('credits')
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index('uq_runs_live_period', sqlite_where=sa.text("state IN ('calculated', 'approved', 'issued')"), postgresql_where=sa.text("state IN ('calculated', 'approved', 'issued')"))

    op.drop_table('runs')
    op.drop_table('policies')
    op.drop_table('partners')
    op.drop_table('incidents')
    op.drop_table('imports')
    op.drop_table('counters')
    op.drop_table('api_keys')
