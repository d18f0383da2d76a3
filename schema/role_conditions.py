"""What conditions of roles' grants may read, and when they move by themselves. Knows no role and no person.

A grant is decided about many records at once, and again at every change of one: it reads the record and what stands one link
away, and it names nobody in particular, for a role is written without knowing any record.
"""

from __future__ import annotations

from schema.conditions.binding import ME, MY_TEAMS
from schema.conditions.condition import Condition
from schema.conditions.relative import Point, Span
from schema.conditions.tree import Aggregate, Count, Node, Related, Test, walk
from schema.values import Link

MOST_STEPS = 1


def reaches_too_far(node: Node) -> bool:
    """Whether one part of a condition is more than a grant may ask."""
    if isinstance(node, (Related, Count, Aggregate)):
        return True
    if not isinstance(node, Test):
        return False
    if len(node.path) > MOST_STEPS or node.field.definition.table:  # a whole list of links or lines
        return True
    return any(isinstance(part, Link) and part not in (ME, MY_TEAMS) for part in node.operand.parts)


def is_fit(condition: Condition) -> bool:
    """Whether a grant may be decided by the condition."""
    return not any(reaches_too_far(each) for each in walk(condition.root))


def moves(condition: Condition) -> bool:
    """Whether the answer about the same record may change with time alone."""
    tests = (each for each in walk(condition.root) if isinstance(each, Test))
    return any(isinstance(part, (Point, Span)) for each in tests for part in each.operand.parts)
