"""The search box: one table of cases, and the same answers on both databases, in lists, choices and the palette."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.lists.test_views import rows_of
from tests.support.site import Site
from tests.web.test_lists import statements

PEOPLE = {
    'yen': {'full_name': 'Đặng Thị Yến Nhi', 'phone': '0903 412 778', 'email': 'yennhi.dang@phuthinh.example'},
    'hien': {'full_name': 'Lý Thế Hiển', 'phone': '+84 939 284 016', 'email': 'hien@songhan.example'},
    'smith': {'full_name': 'Anna-Maria Smith', 'phone': '+1 202 555 0143', 'description': 'Gặp ở Hội thảo gỗ\nĐã gửi báo giá'},
    'percent': {'full_name': '100% Gỗ_Sồi', 'mobile': '0162 345 6789'},
}
CASES: dict[str, set[str]] = {
    'đặng thị yến nhi': {'yen'}, 'dang thi yen': {'yen'}, 'DANG YEN': {'yen'}, 'yến đặng': {'yen'}, 'nhi yen dang': {'yen'},
    'y': {'yen'}, 'd': {'yen'}, 'đ': {'yen'}, 'l': {'hien'}, 'ly th': {'hien'}, 'h': {'hien'},
    'an': {'smith'}, 'ang': {'yen'}, 'ien': {'hien'}, 'maria': {'smith'}, 'ma': set(), 'nhi@': set(),
    'phuthinh': {'yen'}, 'yennhi.dang@phuthinh.example': {'yen'}, 'songhan.example': {'hien'},
    '0903412778': {'yen'}, '0903 412 778': {'yen'}, '0903.412.778': {'yen'}, '+84903412778': {'yen'}, '84903412778': {'yen'},
    '+84 (0)903-412-778': {'yen'}, '0903': {'yen'}, '0903 4': {'yen'}, '412 778': {'yen'}, '778': {'yen'},
    '09': {'yen', 'hien'},
    '0778': set(), '016': {'hien'}, '016 ': {'hien'}, '0202 555 0143': {'smith'}, '020 2555': set(),
    '+84': {'yen', 'hien', 'percent'}, '+1 202': {'smith'}, '2025550143': {'smith'}, '0162 345 6789': {'percent'},
    '0323456789': {'percent'}, 'yen 0903': {'yen'}, 'yen 0939': set(),
    '100%': {'percent'}, '%': set(), '_': set(), 'go_soi': {'percent'}, 'gỗ': {'percent'}, 'soi': {'percent'},
    '\\': set(), "'; drop table": set(), 'không có ai': set(), '   ': {'yen', 'hien', 'smith', 'percent'},
}  # fmt: skip


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or '' for name, value in attrs if tag == 'a' and name == 'href']


def links_of(html: str) -> list[str]:
    parser = _Texts()
    parser.feed(html)
    return parser.links


def test_every_case_finds_the_same_people_on_both_databases(site: Site) -> None:
    uids = {site.create('manager', 'contact', **person): name for name, person in PEOPLE.items()}
    found: dict[str, set[str]] = {}
    with site.runtime.reader(site.actor('manager')) as reader:
        for text in CASES:
            found[text] = {uids[link.uid] for link, _ in reader.choices('contact', text)}

    assert found == CASES


def test_lists_and_the_palette_know_what_was_seen_and_the_palette_places_and_acts(site: Site) -> None:
    manager, rep = site.client('manager'), site.client('rep')
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    uid = site.create('manager', 'contact', full_name='Đặng Yến Nhi', company=company)
    for number in range(30):
        site.create('manager', 'contact', full_name=f'An Thịnh {number}')
    manager.get(f'/contact/{uid}')
    manager.get(f'/company/{company}')

    other = site.create('manager', 'contact', full_name='Mở sau cùng')
    manager.get(f'/contact/{other}')
    seen = manager.get('/contact/?seen=yes').text
    assert rows_of(seen) == ['Mở sau cùng', 'Đặng Yến Nhi'] and f'/contact/{uid}?in=seen%3Dyes' in seen
    assert rows_of(manager.get('/contact/?seen=yes&q=yen').text) == ['Đặng Yến Nhi']
    assert rows_of(manager.get('/contact/?seen=yes&sort=full_name').text) == ['Đặng Yến Nhi', 'Mở sau cùng']
    assert 'href="/contact/?seen=yes"' in manager.get(f'/contact/{uid}?in=seen%3Dyes').text
    assert 'You opened no contact lately' in rep.get('/contact/?seen=yes').text

    def palette(client: object, text: str) -> list[str]:
        answer = client.get('/search/', query_string={'q': text}, headers={'HX-Request': 'true'})  # type: ignore[attr-defined]
        assert answer.status_code == 200
        return links_of(answer.text)

    empty = palette(manager, '')
    assert empty[:3] == [f'/contact/{other}', f'/company/{company}', f'/contact/{uid}']
    assert '/contact/new' in empty and '/opportunity/' in empty
    assert palette(manager, 'phu thinh')[0] == f'/company/{company}'
    assert f'/contact/{uid}' in palette(manager, 'nhi')
    assert palette(manager, '> add cont') == ['/contact/new']
    assert (palette(rep, '> cal'), palette(rep, '> board opp')) == (['/calendar/'], ['/opportunity/board'])
    assert '/audit/' not in palette(rep, '>') and '/studio/' not in palette(rep, '>')
    assert any(link.startswith('/contact/?q=thinh') for link in palette(manager, 'thinh'))

    site.create('manager', 'contact', full_name='Lê Hòa', phone='0903 412 778', email='hoa@phuthinh.example')
    for asked, told in (
        ('0903 41', '<b>0903</b> <b>41</b>2 778'), ('+8490341', '<b>0903 41</b>2 778'), ('412778', '0903 <b>412 778</b>'),
        ('le 778', '0903 412 <b>778</b>'), ('phuthinh', 'hoa@<b>phuthinh</b>.example'), ('le hoa', '<b>Lê</b> <b>Hòa</b>'),
        ('hòa', 'Lê <b>Hòa</b>'),
    ):  # fmt: skip
        assert told in manager.get('/search/', query_string={'q': asked}, headers={'HX-Request': 'true'}).text, asked
    assert '<b>412 778</b>' in manager.get('/search/', query_string={'q': '412778'}).text
    assert not {f'/contact/{uid}', f'/company/{company}'} & set(
        palette(rep, 'phu thinh') + palette(rep, 'nhi') + palette(rep, '')
    )


def test_searching_costs_the_same_statements_however_much_is_found(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    for number in range(3):
        sqlite_site.create('manager', 'contact', full_name=f'Yến {number}')
    client.get('/search/?q=yen', headers={'HX-Request': 'true'})
    with statements(sqlite_site) as few:
        client.get('/search/?q=yen', headers={'HX-Request': 'true'})
    for number in range(30):
        sqlite_site.create('manager', 'contact', full_name=f'Yến Nhi {number}')
    with statements(sqlite_site) as many:
        client.get('/search/?q=yen', headers={'HX-Request': 'true'})

    assert len(many) <= len(few) <= 6, '\n'.join(many)
