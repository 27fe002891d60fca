"""Outages into money owed: availability, error budgets, service credits and statements."""

__version__ = "0.1.0"
