"""Names of companies without their legal form: 'Công ty TNHH Mộc An', 'MOC AN CO., LTD' and 'Mộc An' are one.

Rows hold the folded name with its legal form. Candidates are found by probing that index with the bare name in every usual
spelling of a legal form: about seventy probes for one name, whatever the number of rows. A spelling that is not listed here
is found only when both names carry it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Any

from modules.duplicates.comparators.base import Comparator
from schema.base.text import fold
from schema.catalog import Field

# As people write them in front of a name, folded. Longer ones first where one begins another.
_FIRMS = ('cong ty', 'cty', 'c.ty', 'cong ti')
_FORMS = (
    'trach nhiem huu han mot thanh vien', 'trach nhiem huu han', 'tnhh mot thanh vien', 'tnhh hai thanh vien', 'tnhh mtv',
    'tnhh 1tv', 'tnhh 2tv', 'tnhh 1 thanh vien', 'tnhh', 'co phan', 'cp', 'hop danh',
)  # fmt: skip
_ALONE = ('ctcp', 'ct cp', 'doanh nghiep tu nhan', 'dntn', 'hop tac xa', 'htx', 'ho kinh doanh', 'hkd')
PREFIXES = (
    *(f'{firm} {form}' for firm in _FIRMS[:2] for form in _FORMS),
    'c.ty tnhh', 'c.ty cp', 'cong ti tnhh', *_FIRMS, *_ALONE,
)  # fmt: skip

# As people write them behind a name, folded, with the blank or comma that leads to them.
SUFFIXES = (
    ' co., ltd', ' co., ltd.', ' co.,ltd', ' co.,ltd.', ' co ltd', ' co. ltd', ' co. ltd.', ', co., ltd', ' co., limited',
    ' company limited', ' company ltd', ' limited', ' ltd', ' ltd.', ', ltd', ', ltd.', ' pte ltd', ' pte. ltd.', ' pte. ltd',
    ' jsc', ' jsc.', ', jsc', ' j.s.c', ' joint stock company', ' corp', ' corp.', ', corp', ' corporation', ' inc', ' inc.',
    ', inc', ', inc.', ' llc', ', llc', ' llc.', ' gmbh', ' plc', ' company', ' co.', ' tnhh',
)  # fmt: skip


def _words(text: str) -> str:
    return ' '.join(re.sub(r'[^\w]+', ' ', text).split())


def _pattern(forms: Sequence[str], shape: str) -> re.Pattern[str]:
    """Forms with any punctuation between their words, longest first."""
    spelled = sorted({_words(form).replace(' ', r'[\W_]+') for form in forms}, key=len, reverse=True)
    return re.compile(shape.format('|'.join(spelled)))


_LEADING = _pattern((*(f'{firm} {form}' for firm in _FIRMS for form in _FORMS), *_FIRMS, *_ALONE), r'^\W*(?:{})(?=[\W_])[\W_]*')
_TRAILING = _pattern(SUFFIXES, r'[\W_]+(?:{})[\W_]*$')


def bare_name(folded: str) -> str:
    """A folded name without legal forms at either end; the name itself when nothing else would be left."""
    name = folded
    for pattern in (_LEADING, _TRAILING, _TRAILING):
        name = pattern.sub('', name) or name
    return name.strip(' ,.-')


class CompanyName(Comparator):
    key = 'company_name'

    def key_of(self, field: Field, value: Any) -> Hashable | None:
        if value is None:
            return None
        folded = fold(value)
        return _words(bare_name(folded)) or folded

    def probes(self, field: Field, value: Any) -> Sequence[Any]:
        folded = self._comparable(field, value)
        bare = bare_name(folded)
        return tuple(
            dict.fromkeys(
                (folded, bare, *(f'{prefix} {bare}' for prefix in PREFIXES), *(f'{bare}{suffix}' for suffix in SUFFIXES))
            )
        )
