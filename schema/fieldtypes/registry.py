"""The field types of this product, by key."""

from __future__ import annotations

from schema.base.registry import Registry
from schema.definitions import FieldDef
from schema.fieldtypes.address import AddressType
from schema.fieldtypes.autonumber import Autonumber
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.boolean import Boolean
from schema.fieldtypes.date import Date
from schema.fieldtypes.datetime import DateTime
from schema.fieldtypes.decimal import DecimalNumber
from schema.fieldtypes.duration import Duration
from schema.fieldtypes.email import Email
from schema.fieldtypes.file import FileType
from schema.fieldtypes.formula import FormulaType
from schema.fieldtypes.image import ImageType
from schema.fieldtypes.integer import Integer
from schema.fieldtypes.lines import LinesType
from schema.fieldtypes.link import LinkType
from schema.fieldtypes.link_any import LinkAny
from schema.fieldtypes.links import LinksType
from schema.fieldtypes.long_text import LongText
from schema.fieldtypes.money import MoneyType
from schema.fieldtypes.multi_picklist import MultiPicklist
from schema.fieldtypes.percent import Percent
from schema.fieldtypes.phone import Phone
from schema.fieldtypes.picklist import Picklist
from schema.fieldtypes.rating import Rating
from schema.fieldtypes.rich_text import RichText
from schema.fieldtypes.rollup import RollupType
from schema.fieldtypes.stage import Stage
from schema.fieldtypes.tags import Tags
from schema.fieldtypes.team import TeamType
from schema.fieldtypes.text import Text
from schema.fieldtypes.through import ThroughType
from schema.fieldtypes.time import Time
from schema.fieldtypes.url import Url
from schema.fieldtypes.user import UserType


def _built_in() -> Registry[FieldType]:
    registry: Registry[FieldType] = Registry('field types')
    for field_type in (
        Text(), LongText(), Email(), Phone(), Url(), RichText(), AddressType(), Tags(), Autonumber(), Time(),
        Duration(), Rating(), Integer(), DecimalNumber(), MoneyType(), Percent(), Boolean(), Date(), DateTime(),
        Picklist(), MultiPicklist(), Stage(), LinkType(), LinkAny(), UserType(), TeamType(), FileType(), ImageType(),
        LinksType(), LinesType(registry.get), FormulaType(registry.get), RollupType(registry.get),
        ThroughType(registry.get),
    ):  # fmt: skip
        registry.register(field_type.key, field_type, owner=__name__)
    registry.freeze()
    return registry


FIELD_TYPES = _built_in()


def type_of(definition: FieldDef) -> FieldType:
    """The type that a field's values have: of a derived field that of its result, else its own."""
    return FIELD_TYPES.get(definition.type).face(definition)
