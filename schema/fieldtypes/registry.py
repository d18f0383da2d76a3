"""The field types of this product, by key."""

from __future__ import annotations

from schema.base.registry import Registry
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.boolean import Boolean
from schema.fieldtypes.choices import MultiPicklist, Picklist, Stage
from schema.fieldtypes.dates import Date, DateTime
from schema.fieldtypes.email import Email
from schema.fieldtypes.links import LinkAny, LinkType, TeamType, UserType
from schema.fieldtypes.money import MoneyType
from schema.fieldtypes.numbers import DecimalNumber, Integer, Percent
from schema.fieldtypes.phone import Phone
from schema.fieldtypes.text import LongText, Text
from schema.fieldtypes.url import Url


def _built_in() -> Registry[FieldType]:
    registry: Registry[FieldType] = Registry('field types')
    for field_type in (
        Text(), LongText(), Email(), Phone(), Url(), Integer(), DecimalNumber(), MoneyType(), Percent(), Boolean(), Date(),
        DateTime(), Picklist(), MultiPicklist(), Stage(), LinkType(), LinkAny(), UserType(), TeamType(),
    ):  # fmt: skip
        registry.register(field_type.key, field_type, owner=__name__)
    registry.freeze()
    return registry


FIELD_TYPES = _built_in()
