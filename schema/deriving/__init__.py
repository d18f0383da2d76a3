"""Derived values kept right: which field depends on which, computing formulas and rollups, carrying changes on.

Opens no session: callers hand in the one they write with. Knows no rights, no history and no events.
"""

from schema.deriving.graph import FormulaPlan, Graph, RollupPlan, graph_of

__all__ = ['FormulaPlan', 'Graph', 'RollupPlan', 'graph_of']
