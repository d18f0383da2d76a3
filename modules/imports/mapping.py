"""Which column of a file fills which field: what people chose, else what the headings suggest. Reads no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schema.base.errors import Invalid
from schema.base.findings import Finding, escape_pointer, finding, nearest
from schema.base.text import fold
from schema.catalog import Entity, Field
from schema.fieldtypes.autonumber import Autonumber

# Headings of other programs, folded, by what they tell: the key or the type of a field.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    'email': ('email', 'e mail', 'mail', 'email address', 'email 1', 'email work', 'work email',
              'dia chi email', 'thu dien tu'),
    'phone': (
        'phone', 'phone number', 'phone 1', 'phone work', 'work phone', 'business phone', 'tel', 'telephone', 'sdt',
        'so dien thoai', 'dien thoai', 'so dt', 'dt', 'phone no',
    ),
    'mobile': ('mobile', 'mobile phone', 'cell', 'cell phone', 'phone 2', 'di dong', 'so di dong', 'dtdd',
               'dien thoai di dong'),
    'full_name': ('name', 'full name', 'contact name', 'ho va ten', 'ho ten', 'ten', 'ten khach hang',
                  'ten lien he', 'khach hang'),
    'name': ('name', 'company name', 'ten', 'ten cong ty', 'organization', 'organisation', 'account name'),
    'company': ('company', 'company name', 'account', 'account name', 'organization', 'organisation',
                'cong ty', 'ten cong ty', 'don vi'),
    'company_name': ('company', 'company name', 'organization', 'organisation', 'cong ty', 'ten cong ty', 'don vi'),
    'birthday': ('birthday', 'birth date', 'date of birth', 'dob', 'ngay sinh', 'sinh nhat'),
    'job_title': ('title', 'job title', 'position', 'role', 'chuc vu', 'chuc danh', 'vi tri'),
    'address': ('address', 'street', 'mailing address', 'dia chi'),
    'website': ('website', 'web', 'url', 'homepage', 'trang web'),
    'description': ('description', 'notes', 'note', 'comment', 'ghi chu', 'mo ta'),
    'source': ('source', 'lead source', 'nguon', 'nguon khach'),
    'status': ('status', 'lead status', 'tinh trang', 'trang thai'),
    'stage': ('stage', 'deal stage', 'giai doan'),
    'tax_code': ('tax code', 'tax id', 'vat', 'mst', 'ma so thue'),
    'owner': ('owner', 'lead owner', 'contact owner', 'account owner', 'assigned to', 'sales', 'sales rep', 'nguoi phu trach',
              'phu trach', 'nhan vien', 'nhan vien kinh doanh'),
    'team': ('team', 'nhom', 'doi'),
    'uid': ('uid', 'record id', 'ma ban ghi'),
}  # fmt: skip
_GIVEN, _FAMILY = ('first name', 'given name', 'ten goi'), ('last name', 'surname', 'family name', 'ho')
JOINED_TYPES = ('text', 'long_text')
_UNIQUE_TAIL = re.compile(r' \(\d+\)$')


@dataclass(frozen=True)
class ColumnMapping:
    """`columns[i]` is the key of the field that column i fills, or None when it is ignored.

    Several columns of one text field are joined by a blank, in the order of the file.
    """

    headers: tuple[str, ...]
    columns: tuple[str | None, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key in self.columns if key))

    def header_of(self, key: str) -> str:
        """The heading of the first column of a field; the key itself for a field no column fills."""
        return next((header for header, each in zip(self.headers, self.columns, strict=True) if each == key), key)

    def as_choices(self) -> dict[str, str]:
        """`{heading: field key or ''}`, the form in which a mapping is kept and sent back."""
        return {header: key or '' for header, key in zip(self.headers, self.columns, strict=True)}


def identifies(field: Field) -> bool:
    """Whether a filled cell can only mean a record that is there: nobody but Trellis gives these values out."""
    return field.key == 'uid' or isinstance(field.type, Autonumber)


def given_keys(entity: Entity, mapped: Iterable[str]) -> list[str]:
    """Those of the mapped fields that are keys by themselves, the record ID first."""
    found = [key for key in mapped if (field := entity.find_field(key)) is not None and identifies(field)]
    return sorted(found, key=lambda key: key != 'uid')


def suggest(entity: Entity, headers: Sequence[str], writable: frozenset[str]) -> ColumnMapping:
    """Each field at most once, best match first: key or former key, label in any language (as it is spelled before as it
    sounds), a label it had before, then usual headings."""
    fields = [field for key, field in entity.fields.items() if (key in writable and field.type.importable) or identifies(field)]
    spelled = [_UNIQUE_TAIL.sub('', header).strip() for header in headers]
    plain = [_plain(header) for header in spelled]
    columns: list[str | None] = [None] * len(headers)
    taken: set[str] = set()
    for names_of, said in ((_own_names, spelled), (_own_plain_names, plain), (_former_names, plain), (_key_synonyms, plain),
                           (_type_synonyms, plain)):  # fmt: skip
        for field in fields:
            names = {} if field.key in taken else {name: rank for rank, name in reversed(list(enumerate(names_of(field))))}
            free = [(names[name], index) for index, name in enumerate(said) if name in names and columns[index] is None]
            if free:
                columns[min(free)[1]] = field.key
                _count_former(entity, field, headers[min(free)[1]])
                taken.add(field.key)
    _join_names(entity, plain, columns, taken, writable)
    return ColumnMapping(tuple(headers), tuple(columns))


def choose(entity: Entity, suggested: ColumnMapping, choices: Mapping[str, str], writable: frozenset[str]) -> ColumnMapping:
    """The suggestion with people's choices `{heading: field key, or '' to ignore}` laid over it.

    Raises: Invalid with IMP-E006 unknown heading, IMP-E007 unknown or unreachable field, IMP-E008 two columns that cannot be
    joined, IMP-E030 a field that no table can fill.
    """
    findings: list[Finding] = []
    columns = list(suggested.columns)
    chosen = [key for key in choices.values() if key]
    columns = [None if key in chosen else key for key in columns]
    for header, key in choices.items():
        index = _index(suggested.headers, header)
        if index is None:
            findings.append(finding('IMP-E006', value=header[:80], hint=nearest(header, suggested.headers)))
            continue
        field = entity.find_field(key) if key else None
        if key and (field is None or not (field.key in writable or identifies(field))):
            findings.append(finding('IMP-E007', value=key[:80], hint=nearest(key, writable)))
            continue
        if field is not None and not field.type.importable:
            pointer = f'/{escape_pointer(header[:80])}'
            findings.append(finding('IMP-E030', pointer, header=header[:80], label=field.definition.label))
            continue
        columns[index] = field.key if field else None
    findings += _repeated(entity, columns)
    if findings:
        raise Invalid(*findings)
    return ColumnMapping(suggested.headers, tuple(columns))


def _repeated(entity: Entity, columns: Iterable[str | None]) -> list[Finding]:
    seen: set[str] = set()
    findings = []
    for key in columns:
        if key and key in seen and entity.fields[key].type.key not in JOINED_TYPES:
            findings.append(finding('IMP-E008', label=entity.fields[key].definition.label))
        seen.add(key or '')
    return findings


def _index(headers: Sequence[str], wanted: str) -> int | None:
    for compare in (str, _plain):
        for index, header in enumerate(headers):
            if compare(header) == compare(wanted):
                return index
    return None


def _own_names(field: Field) -> list[str]:
    definition = field.definition
    return [definition.key, *definition.aliases, *definition.label.values()]


def _own_plain_names(field: Field) -> list[str]:
    return [_plain(name) for name in _own_names(field)]


def _former_names(field: Field) -> list[str]:
    return [_plain(label) for label in field.definition.former_labels]


def _count_former(entity: Entity, field: Field, header: str) -> None:
    """A heading that is a former key or label counts as its use, unless a label of today says the same."""
    plain, definition = _plain(header), field.definition
    if plain not in {_plain(name) for name in (definition.key, *definition.label.values())}:
        for alias in definition.aliases:
            if _plain(alias) == plain:
                entity.find_field(alias)
                return
        for label in definition.former_labels:
            if _plain(label) == plain:
                entity.used_before(definition.ref, label)
                return


def _key_synonyms(field: Field) -> tuple[str, ...]:
    return SYNONYMS.get(field.key, ())


def _type_synonyms(field: Field) -> tuple[str, ...]:
    return SYNONYMS.get(field.type.key, ()) if field.type.key in {'email', 'phone'} else ()


def _join_names(
    entity: Entity, plain: Sequence[str], columns: list[str | None], taken: set[str], writable: frozenset[str]
) -> None:
    """A person's name in two columns fills the title field, when nothing else does."""
    title = entity.title
    if title.key in taken or title.key not in writable or title.type.key not in JOINED_TYPES:
        return
    parts = [index for index, name in enumerate(plain) if name in _GIVEN + _FAMILY and columns[index] is None]
    for index in parts[:2]:
        columns[index] = title.key


def _plain(text: str) -> str:
    return ' '.join(re.sub(r'[\W_]+', ' ', fold(text)).split())
