"""Policy files: YAML to ``Policy`` and back, with every problem at its path and line.

``docs/policies.md`` is the manual. What may stand in a file is said once, in ``policy_grammar``.
"""

from __future__ import annotations

from dataclasses import replace

from sla_service.domain.policies import Policy
from sla_service.domain.policies.digest import policy_digest
from sla_service.formats.policy_grammar.dialect import dialect_of, dialect_of_text
from sla_service.formats.policy_grammar.layout import laid_out
from sla_service.formats.policy_grammar.policy import policy as policy_shape
from sla_service.formats.yaml_reader import Reader, Refused, read_document


def parse_policy(text: str) -> Policy:
    """Read a policy file.

    Raises:
        InvalidValueError: Every problem in the file, each with its path, line, value and what to do.
    """
    root = read_document(text)
    reader = Reader()
    policy = policy_shape(dialect_of_text(root)).read(reader, root, "")
    reader.finish()
    if isinstance(policy, Refused):
        message = "a policy was refused without a problem"
        raise TypeError(message)
    return replace(policy, digest=policy_digest(policy))


def print_policy(policy: Policy) -> str:
    """Write a policy as its file: fields in a fixed order, defaults left out, and no comments.

    Raises:
        ValueError: A value that no policy file can say, such as a duration of parts of a second.
    """
    return laid_out(policy_shape(dialect_of(policy)).write(policy))
