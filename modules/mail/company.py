"""What the company is called and where its mail comes from. Takes a connection or session; never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from modules.mail.tables import company_profile
from permissions.actors import bump_rights
from schema.base.database import Database
from schema.definitions import in_locale

ONLY_ROW = 1
UNNAMED = 'Trellis'


@dataclass(frozen=True)
class Company:
    """`name` is text by locale; `mail_address` is None until an admin chooses one."""

    name: Mapping[str, str] = field(default_factory=dict)
    mail_address: str | None = None

    def name_in(self, locale: str) -> str:
        return in_locale(self.name, locale) or UNNAMED


def read_company(executor: Any) -> Company:
    """Answers an unnamed company before anything was saved."""
    row = executor.execute(sa.select(company_profile.c.name, company_profile.c.mail_address)).first()
    return Company(row.name, row.mail_address) if row else Company()


_known: WeakKeyDictionary[Database, tuple[int, Company]] = WeakKeyDictionary()


def company_at(database: Database, epoch: int) -> Company:
    """The company as of a `rights_epoch`, read once per process and epoch; saving it moves the epoch."""
    known = _known.get(database)
    if known is None or known[0] != epoch:
        with database.reading() as connection:
            known = _known[database] = (epoch, read_company(connection))
    return known[1]


def save_company(executor: Any, company: Company) -> None:
    """Replace the company's facts and tell every process."""
    bump_rights(executor)
    executor.execute(company_profile.delete())
    executor.execute(company_profile.insert().values(id=ONLY_ROW, name=dict(company.name), mail_address=company.mail_address))
