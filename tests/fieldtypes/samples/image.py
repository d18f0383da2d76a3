"""One picture."""

from tests.fieldtypes.samples import Case, Sample
from tests.files.kept import keep_files, kept_file, picture

LOGO, SHOP, NOTE = (
    kept_file('01900000-0000-7000-8000-00000000f011', 'Ảnh cửa hàng.png', picture('PNG'), 'image/png'),
    kept_file('01900000-0000-7000-8000-00000000f012', 'Logo.webp', picture('WEBP'), 'image/webp'),
    kept_file('01900000-0000-7000-8000-00000000f013', 'Ghi chú.txt', b'khong phai anh', 'text/plain'),
)
SAMPLE = Sample(
    cases=(
        Case(LOGO.wire, write=LOGO.uid, typed=LOGO.uid, cell='Ảnh cửa hàng.png', shown='Ảnh cửa hàng.png', imported=None),
        Case(SHOP.wire, typed=SHOP.uid, cell='Logo.webp', imported=None),
    ),
    refused=(([LOGO.uid, SHOP.uid], 'REC-E061'), (NOTE.uid, 'REC-E064'), ({'hidden': 1}, 'REC-E060')),
    operands={'contains': ['CUA HANG'], 'starts_with': ['logo']},
    prepare=lambda site: keep_files(site, [LOGO, SHOP, NOTE]),
)
