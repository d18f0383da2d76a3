"""What a comparer is: the key two equal values share, and the stored spellings that may hold it. Reads no database."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from schema.catalog import Field


class Comparator:
    """Values match when their keys are equal; a None key is blank and never matches.

    `probes` lists what the field's comparable column can hold in a matching row, so that candidates come from its index and
    never from a scan. A comparer whose probes are wider or narrower than its keys says so; keys always decide.
    """

    key: ClassVar[str]

    def key_of(self, field: Field, value: Any) -> Hashable | None:
        """The form in which two matching values are equal."""
        return None if value is None else self._comparable(field, value)

    def probes(self, field: Field, value: Any) -> Sequence[Any]:
        """What `field.comparable` holds in rows that may match a value that is not blank."""
        return (self._comparable(field, value),)

    def _comparable(self, field: Field, value: Any) -> Any:
        return field.type.comparable(field.definition, value)
