"""Formulas: what an expression reads, how it is renamed, checked and computed. Knows no entity, no record, no database."""

from schema.formulas.compiling import Formula, Outcome, compile_formula
from schema.formulas.functions import FUNCTIONS
from schema.formulas.text import MOST_CHARACTERS, Scope, fields_of, rename, reword

__all__ = ['FUNCTIONS', 'MOST_CHARACTERS', 'Formula', 'Outcome', 'Scope', 'compile_formula', 'fields_of', 'rename', 'reword']
