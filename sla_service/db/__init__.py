"""SQL to domain values and back; one module per noun, with ``load_``, ``find_``, ``save_``, ``list_`` and ``iter_``."""
