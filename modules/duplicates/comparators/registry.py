"""The comparers of this product, by the key that duplicate rules name."""

from __future__ import annotations

from modules.duplicates.comparators.base import Comparator
from modules.duplicates.comparators.company_name import CompanyName
from modules.duplicates.comparators.email import EmailAddress
from modules.duplicates.comparators.exact import Exact
from modules.duplicates.comparators.name import PersonName
from modules.duplicates.comparators.phone import PhoneNumber
from schema.base.registry import Registry


def _built_in() -> Registry[Comparator]:
    registry: Registry[Comparator] = Registry('duplicate comparers')
    for each in (Exact(), EmailAddress(), PhoneNumber(), PersonName(), CompanyName()):
        registry.register(each.key, each, owner=__name__)
    registry.freeze()
    return registry


COMPARATORS = _built_in()
