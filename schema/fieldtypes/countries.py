"""Countries and the provinces of Vietnam, by the names people write. Knows no address."""

from __future__ import annotations

from functools import cache

from babel import Locale

from schema.base.text import fold

LOCALES = ('vi', 'en')
PROVINCE_NAMES = (
    'Hà Nội', 'Huế', 'Quảng Ninh', 'Cao Bằng', 'Lạng Sơn', 'Lai Châu', 'Điện Biên', 'Sơn La', 'Thanh Hóa', 'Nghệ An',
    'Hà Tĩnh', 'Tuyên Quang', 'Lào Cai', 'Thái Nguyên', 'Phú Thọ', 'Bắc Ninh', 'Hưng Yên', 'Hải Phòng', 'Ninh Bình',
    'Quảng Trị', 'Đà Nẵng', 'Quảng Ngãi', 'Gia Lai', 'Khánh Hòa', 'Lâm Đồng', 'Đắk Lắk', 'TP. Hồ Chí Minh', 'Đồng Nai',
    'Tây Ninh', 'Cần Thơ', 'Vĩnh Long', 'Đồng Tháp', 'Cà Mau', 'An Giang',
)  # fmt: skip
"""The provinces and cities since 1 July 2025 (National Assembly, resolution 202/2025/QH15)."""
FORMER = (
    'Hà Giang', 'Yên Bái', 'Bắc Kạn', 'Vĩnh Phúc', 'Hòa Bình', 'Bắc Giang', 'Thái Bình', 'Hải Dương', 'Hà Nam', 'Nam Định',
    'Quảng Bình', 'Quảng Nam', 'Kon Tum', 'Bình Định', 'Ninh Thuận', 'Đắk Nông', 'Bình Thuận', 'Phú Yên', 'Bà Rịa - Vũng Tàu',
    'Bình Dương', 'Bình Phước', 'Long An', 'Sóc Trăng', 'Hậu Giang', 'Bến Tre', 'Trà Vinh', 'Tiền Giang', 'Bạc Liêu',
    'Kiên Giang', 'Thừa Thiên Huế', 'Hồ Chí Minh', 'HCM', 'Sài Gòn',
)  # fmt: skip
PROVINCES = frozenset(map(fold, (*PROVINCE_NAMES, *FORMER)))
_ALSO = {'viet nam': 'VN', 'vn': 'VN', 'usa': 'US', 'uk': 'GB', 'korea': 'KR'}


@cache
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """`(ISO 3166 code, name)` by name."""
    names = Locale.parse(locale if locale in LOCALES else 'en').territories
    known = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
    return tuple(sorted(known, key=lambda pair: fold(pair[1])))


_NO_COUNTRIES = frozenset({'EU', 'EZ', 'UN', 'ZZ', 'QO', 'XA', 'XB', 'AC', 'CP', 'DG', 'CQ', 'EA', 'IC', 'TA'})


def country_name(code: str, locale: str) -> str:
    return dict(countries(locale)).get(code, code)


def country_code(text: str) -> str | None:
    """The code of a country by its code or its name in any language of the product; None when it is none."""
    return _codes().get(fold(text))


@cache
def _codes() -> dict[str, str]:
    codes = {fold(code): code for code, _ in countries('en')}
    for locale in LOCALES:
        codes.update((fold(name), code) for code, name in countries(locale))
    return codes | _ALSO
