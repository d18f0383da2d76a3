"""What a plan step is: one reversible act that describes itself, applies itself and knows whether it has been done."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from migrations.site import Site
from schema.definitions import in_locale

Risk = Literal['safe', 'careful', 'loss']
Phase = Literal['expand', 'permissions', 'activate', 'adopt', 'contract']


@dataclass(frozen=True)
class Step:
    """Fields of derived steps are JSON values: a plan is stored and read back.

    Everything up to `activate` can be undone; what comes later is only ever completed. `forward` may be run again after a
    kill at any point.
    """

    kind: ClassVar[str]
    phase: ClassVar[Phase] = 'expand'
    risk: ClassVar[Risk] = 'safe'
    texts: ClassVar[dict[str, str]]
    quick: ClassVar[bool] = True
    """False when its time grows with the number of records."""

    def describe(self, locale: str) -> str:
        return in_locale(self.texts, locale).format_map(asdict(self))

    def forward(self, site: Site) -> None:
        raise NotImplementedError

    def undo(self, site: Site) -> None:
        """Take it back; nothing to do when nothing was done."""

    def done(self, site: Site) -> bool:
        """Whether the database already is as after `forward`."""
        return False

    def as_stored(self) -> dict[str, Any]:
        return {'kind': self.kind, **asdict(self)}
