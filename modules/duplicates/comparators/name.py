"""Names of people, blind to case and accents: 'Đặng Thị Yến' and 'dang thi yen' are one."""

from __future__ import annotations

from modules.duplicates.comparators.base import Comparator


class PersonName(Comparator):
    """Rows hold the folded name beside the written one, so one index probe finds all spellings."""

    key = 'name'
