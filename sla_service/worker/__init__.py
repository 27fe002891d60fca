"""Workers: processes that take batches of runs from the job queue on PostgreSQL, on as many machines as wanted.

Thin, beside cli and web: opens transactions, reads the clock, says what happens. What a batch is, use cases know.
"""
