"""Bytes to domain values and back: files in, documents and exports out; no database, no HTTP."""
