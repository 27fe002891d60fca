"""The grammar of the policy language, said once: reading, writing and the JSON Schema all come from it.

``shapes``, ``members`` and ``records`` are what a grammar is made of; the other modules are the grammar, one for each
group of stages of the calculation.
"""
