"""The ``sla`` command: reads the clock, opens transactions, shows progress; decides nothing."""
