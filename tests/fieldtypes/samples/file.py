"""Files of any type, of which a record holds several."""

from tests.fieldtypes.samples import Case, Sample
from tests.files.kept import keep_files, kept_file

CONTRACT, OFFER, NOTES = (
    kept_file('01900000-0000-7000-8000-00000000f001', 'Biên bản.txt', b'xin ch\xc3\xa0o', 'text/plain'),
    kept_file('01900000-0000-7000-8000-00000000f002', 'Hợp đồng.pdf', b'%PDF-1.4 hop dong', 'application/pdf'),
    kept_file('01900000-0000-7000-8000-00000000f003', f'{"ă" * 140}.csv', b'a,b', 'text/csv'),
)
SAMPLE = Sample(
    keywords={'x-many': True},
    cases=(
        Case([CONTRACT.wire], write=[CONTRACT.uid], typed=[CONTRACT.uid], cell='Biên bản.txt', imported=None),
        Case([OFFER.wire, CONTRACT.wire], typed=[OFFER.uid, CONTRACT.uid], cell='Hợp đồng.pdf, Biên bản.txt',
             shown='Hợp đồng.pdf', imported=None),
    ),
    extremes=(Case([NOTES.wire], typed=[NOTES.uid], imported=None),),
    refused=(
        ('Hợp đồng.pdf', 'REC-E060'), ([5], 'REC-E060'), ([CONTRACT.uid[:-1] + 'f'], 'REC-E062'),
        ([f'01900000-0000-7000-8000-0000000001{number:02}' for number in range(51)], 'REC-E061'),
    ),
    operands={'contains': ['hop dong', 'BIÊN'], 'starts_with': ['biên b']},
    prepare=lambda site: keep_files(site, [CONTRACT, OFFER, NOTES]),
)  # fmt: skip
