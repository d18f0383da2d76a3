"""What is taken in, under which name, and how it is given out again."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from modules.files.naming import safe_name
from tests.files.conftest import PDF, Cabinet
from tests.files.kept import picture

NO_PROGRAM = b'MZ\x90\x00' + bytes(200)


def packed(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, 'w') as archive:
        for name in names:
            archive.writestr(name, 'x')
    return written.getvalue()


def huge_png() -> bytes:
    """A few hundred bytes that would unpack to ten gigabytes."""

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))

    head = part(b'IHDR', struct.pack('>IIBBBBB', 50_000, 50_000, 8, 6, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + head + part(b'IDAT', zlib.compress(bytes(1000))) + part(b'IEND', b'')


@pytest.mark.parametrize(
    ('name', 'content', 'media'),
    [
        ('Hợp đồng.pdf', PDF, 'application/pdf'),
        ('ghi chú.txt', 'Xin chào'.encode(), 'text/plain'),
        ('bang.csv', b'a,b\n1,2', 'text/csv'),
        ('anh.JPG', picture('JPEG'), 'image/jpeg'),
        ('anh.webp', picture('WEBP'), 'image/webp'),
        ('sheet.xlsx', packed('[Content_Types].xml', 'xl/workbook.xml'),
         'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
        ('all.zip', packed('a'), 'application/zip'),
        ('page.html', b'<!DOCTYPE html><script>alert(1)</script>', 'text/html'),
        ('drawing', b'\x01\x02\x03', 'application/octet-stream'),
    ],
)  # fmt: skip
def test_a_file_is_taken_for_what_it_is(one_cabinet: Cabinet, name: str, content: bytes, media: str) -> None:
    answer = one_cabinet.upload('rep', name, content)

    assert answer.status_code == 201, answer.text
    taken = answer.get_json()
    assert {key: taken[key] for key in ('name', 'size', 'type')} == {'name': name, 'size': len(content), 'type': media}


@pytest.mark.parametrize(
    ('name', 'content', 'code'),
    [
        ('anh.pdf', picture('PNG'), 'REC-E065'),
        ('anh.png', PDF, 'REC-E065'),
        ('anh.png', picture('JPEG'), 'REC-E065'),
        ('note.txt', b'<!DOCTYPE html><html><script>alert(1)</script></html>', 'REC-E065'),
        ('note.txt', b'\x00\x01\x02binary', 'REC-E065'),
        ('hop-dong.pdf', NO_PROGRAM, 'REC-E065'),
        ('program', NO_PROGRAM, 'REC-E065'),
        ('setup.exe', NO_PROGRAM, 'REC-E064'),
        ('report.docx', packed('xl/workbook.xml'), 'REC-E065'),
        ('report.pdf', packed('a'), 'REC-E065'),
        ('broken.png', picture('PNG')[:40], 'REC-E066'),
        ('bomb.png', huge_png(), 'REC-E066'),
        ('empty.txt', b'', 'REC-E069'),
    ],
)
def test_what_is_not_what_it_says_is_refused(one_cabinet: Cabinet, name: str, content: bytes, code: str) -> None:
    answer = one_cabinet.upload('rep', name, content)

    assert answer.status_code == 422
    assert one_cabinet.codes(answer) == [code]
    assert answer.get_json()['errors'][0]['pointer'] == '/file'


def test_a_field_bounds_size_and_type_before_anything_is_kept(one_cabinet: Cabinet) -> None:
    place = {'entity': 'contact', 'field': 'contracts'}

    large = one_cabinet.upload('rep', 'a.txt', b'x' * (1024 * 1024 + 1), **place)
    odd = one_cabinet.upload('rep', 'a.csv', b'a,b', **place)
    fit = one_cabinet.upload('rep', 'a.txt', b'x' * 1024 * 1024, **place)
    drawing = one_cabinet.upload('rep', 'a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>', entity='contact', field='photo')
    elsewhere = one_cabinet.upload('rep', 'a.txt', b'x', entity='contact', field='full_name')
    unseen = one_cabinet.upload('rep', 'a.txt', b'x', entity='lead', field='secret')

    found = [one_cabinet.codes(answer) for answer in (large, odd, drawing, elsewhere, unseen)]
    assert found == [['REC-E063'], ['REC-E064'], ['REC-E064'], ['REC-E036'], ['REC-E036']]
    assert fit.status_code == 201


def test_limits_of_the_field_hold_when_a_file_is_attached_too(one_cabinet: Cabinet) -> None:
    uid = one_cabinet.uploaded('rep', 'a.csv', b'a,b')

    answer = one_cabinet.send('rep', 'POST', '/api/v1/contact/', json={'full_name': 'An', 'contracts': [uid], 'photo': uid})

    assert [(each['code'], each['pointer']) for each in answer.get_json()['errors']] == [
        ('REC-E064', '/contracts'),
        ('REC-E064', '/photo'),
    ]


def test_more_than_the_largest_field_takes_ends_early(one_cabinet: Cabinet) -> None:
    answer = one_cabinet.upload('rep', 'a.txt', b'x' * (21 * 1024 * 1024))

    assert (answer.status_code, one_cabinet.codes(answer)) == (422, ['REC-E063'])


@pytest.mark.parametrize(
    ('raw', 'name'),
    [
        ('../../etc/passwd', 'passwd'),
        ('C:\\Users\\an\\Hợp đồng.pdf', 'Hợp đồng.pdf'),
        ('a\x00b\r\n.txt', 'ab.txt'),
        ('invoice\u202efdp.exe', 'invoicefdp.exe'),
        ('CON.txt', '_CON.txt'),
        ('   .  ', 'file'),
        ('.htaccess', 'htaccess'),
        ('<b>"a"|?*.txt', '_b__a____.txt'),
        (f'{"ă" * 300}.pdf', f'{"ă" * 146}.pdf'),
    ],
)
def test_names_are_safe_wherever_they_are_saved(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@pytest.mark.parametrize(
    ('name', 'content'),
    [('a.html', b'<script>alert(1)</script>'), ('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
)
def test_what_a_browser_would_run_comes_as_bytes_to_save(one_cabinet: Cabinet, name: str, content: bytes) -> None:
    _, uid = one_cabinet.holding('rep', name, content)

    answer = one_cabinet.content('rep', uid)

    assert answer.data == content
    headers = answer.headers
    assert headers['Content-Type'] == 'application/octet-stream'
    assert headers['Content-Disposition'].startswith('attachment')
    assert headers['X-Content-Type-Options'] == 'nosniff'
    assert "default-src 'none'" in headers['Content-Security-Policy'] and 'sandbox' in headers['Content-Security-Policy']
    assert 'no-store' in headers['Cache-Control']
    assert one_cabinet.send('rep', 'GET', f'/files/{uid}/thumbnail').status_code == 303
    assert one_cabinet.content('rep', uid, small=True).status_code == 404


def test_a_vietnamese_name_reaches_the_browser(one_cabinet: Cabinet) -> None:
    _, uid = one_cabinet.holding('rep')

    answer = one_cabinet.content('rep', uid)

    assert "filename*=UTF-8''H%E1%BB%A3p%20%C4%91%E1%BB%93ng.pdf" in answer.headers['Content-Disposition']
    assert answer.headers['Content-Type'] == 'application/pdf'


def test_a_small_picture_is_upright_bare_and_kept(one_cabinet: Cabinet) -> None:
    written = io.BytesIO()
    noted = Image.Exif()
    noted[0x0112] = 6  # lies on its side
    noted[0x010F] = 'Camera of Nguyen Van An'
    Image.new('RGB', (1600, 1200), (200, 30, 30)).save(written, 'JPEG', exif=noted)
    uid = one_cabinet.uploaded('rep', 'ảnh.jpg', written.getvalue())
    one_cabinet.contact('rep', photo=uid)

    answer = one_cabinet.content('rep', uid, small=True)

    assert answer.headers['Content-Type'] == 'image/webp'
    with Image.open(io.BytesIO(answer.data)) as small:
        assert small.size == (360, 480)
    assert b'Camera of' not in answer.data
    assert one_cabinet.content('rep', uid, small=True).data == answer.data
