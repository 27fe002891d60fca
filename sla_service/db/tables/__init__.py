"""Every table, as SQLModel records: columns and constraints, no behaviour.

A record checks nothing in Python and everything in SQL. Instants are milliseconds since 1970 in UTC, days are ISO text,
money is minor units, exact ratios are text (``1999/2000``): all of them the same on SQLite (STRICT) and PostgreSQL.
"""

from sla_service.db.tables.columns import BIG, metadata
from sla_service.db.tables.documents import (
    OutboxRecord,
    StatementCreditRecord,
    StatementDocumentRecord,
    StatementRecord,
)
from sla_service.db.tables.evidence import (
    ChargeRecord,
    ClaimRecord,
    ContractRecord,
    ExclusionRecord,
    ImpactRecord,
    IncidentRecord,
    MerchantRecord,
    PartnerRecord,
    PolicyRecord,
    TimelinePointRecord,
    UnitRecord,
    UsageRecord,
)
from sla_service.db.tables.house import ApiKeyRecord, CounterRecord, ExportRecord, IdempotencyRecord, ImportRecord
from sla_service.db.tables.ledger import AuditRecord, ChainBlockRecord, LedgerEntryRecord
from sla_service.db.tables.money import (
    CreditLineRecord,
    CreditRecord,
    DecisionRecord,
    RunBatchRecord,
    RunRecord,
    RunStopRecord,
)

__all__ = [
    "BIG",
    "ApiKeyRecord",
    "AuditRecord",
    "ChainBlockRecord",
    "ChargeRecord",
    "ClaimRecord",
    "ContractRecord",
    "CounterRecord",
    "CreditLineRecord",
    "CreditRecord",
    "DecisionRecord",
    "ExclusionRecord",
    "ExportRecord",
    "IdempotencyRecord",
    "ImpactRecord",
    "ImportRecord",
    "IncidentRecord",
    "LedgerEntryRecord",
    "MerchantRecord",
    "OutboxRecord",
    "PartnerRecord",
    "PolicyRecord",
    "RunBatchRecord",
    "RunRecord",
    "RunStopRecord",
    "StatementCreditRecord",
    "StatementDocumentRecord",
    "StatementRecord",
    "TimelinePointRecord",
    "UnitRecord",
    "UsageRecord",
    "metadata",
]
