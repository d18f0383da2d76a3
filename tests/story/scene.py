"""A site with something on every page, and what the addresses of these pages take. Knows no browser."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from migrations.journal import Publish
from migrations.tables import schema_outlook
from modules.assignment.model import Strategy
from modules.assignment.rules import Wanted, save_rule
from modules.calendar import feeds
from modules.certificate import service as certificates
from modules.certificate.report import Report
from modules.hooks.secrets import save_secret
from modules.mail.suppression import unsubscribe_link
from modules.operations import service as operations
from modules.saved_views import service as views
from modules.saved_views.model import Wish
from modules.studio.editing import on, put_entity, put_part
from modules.studio.service import Workshop
from schema.base.ids import new_uid
from schema.base.sealing import NAMED_SECRETS, Seal
from tests.pools.conftest import make_pool, put_leads
from tests.support.site import Site
from tests.web.pages import token_of
from workflows import control
from workflows.dispatcher import Dispatcher
from workflows.runner import Runner
from workflows.tables import workflow_run

CONTACTS = 'full_name,email\nAn,an@khach.example\nBình,hỏng\n'
LARGE = {
    'key': 'large',
    'label': {'en': 'Large', 'vi': 'Lớn'},
    'refuse_when': {'all': [{'field': 'amount', 'op': 'gt', 'value': 500}, {'field': 'source', 'op': 'in', 'value': ['zalo']},
                            {'field': 'company.name', 'op': 'contains', 'value': 'gỗ'},
                            {'not': {'field': 'owner', 'op': 'eq', 'value': {'me': True}}},
                            {'any_related': {'entity': 'activity', 'field': 'regarding'}, 'where': {'all': []}},
                            {'field': 'created_at', 'op': 'gte', 'value': {'days': -30}}]},
    'message': {'en': 'Ask the manager first.', 'vi': 'Hãy hỏi quản lý trước.'},
}  # fmt: skip
CALL = {
    'entity': 'opportunity', 'enabled': True, 'x-label': {'en': 'Win it', 'vi': 'Chốt'}, 'trigger': {'type': 'button'},
    'steps': [{'key': 'far', 'type': 'move_stage', 'stage': 'won'}],
}  # fmt: skip
PARTS = {'nickname': {'x-type': 'text', 'x-label': {'en': 'Called', 'vi': 'Tên gọi khác'}}}


def set_scene(site: Site) -> dict[str, str]:
    """Fill the site and name what stands there: `{argument of an address: value}`."""
    records = _records(site)
    found = {**records, **_work(site), **_settings(site), **_structure(site)}
    return {**found, 'run_id': _run(site, records['uid'])}


def _records(site: Site) -> dict[str, str]:
    now = site.runtime.clock.now()
    company = site.create('manager', 'company', name='Nội thất Bàn Tròn', phone='02838220011', tags=['Khách quen'], rating=4)
    contact = site.create('manager', 'contact', full_name='Lê Văn Tám', email='tam@bantron.example', company=company,
                          birthday=f'1990-{now:%m-%d}' if f'{now:%m-%d}' != '02-29' else '1992-02-29')  # fmt: skip
    deal = site.create('manager', 'opportunity', title='Bàn họp', company=company, contact=contact, stage='survey',
                       owner='admin', amount={'amount': '190000000', 'currency': 'VND'})  # fmt: skip
    site.runtime.write(site.actor('manager'), lambda store: store.update('opportunity', deal, {'next_step': 'Gửi báo giá'}))
    about = {'entity': 'opportunity', 'uid': deal}
    talk = site.create('manager', 'activity', subject='Gọi lần đầu', kind='call', regarding=about, body='Hẹn gọi lại.')
    starts, ends, due = (f'{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:00Z}' for hours in (1, 2, -24))
    meeting = site.create('admin', 'appointment', title='Khảo sát', regarding=about, starts_at=starts, ends_at=ends)
    site.create('admin', 'task', title='Gửi mẫu vải', due_at=due, regarding=about)
    gone = site.create('manager', 'company', name='Công ty đã xóa')
    site.runtime.write(site.actor('manager'), lambda store: store.delete('company', gone))
    return {'entity': 'opportunity', 'contact_key': 'contact', 'appointment_key': 'appointment', 'uid': deal, 'log_uid': talk,
            'number': '1', 'contact': contact, 'meeting': meeting, 'company': company}  # fmt: skip


def _work(site: Site) -> dict[str, str]:
    """What people do beside records: a bulk change, an import that waits for its columns, a view, a calendar's address."""
    runtime, admin = site.runtime, site.actor('admin')
    leads = [site.create('admin', 'lead', full_name=f'Khách {number}') for number in range(3)]
    order = operations.Order('edit', 'lead', {'uids': leads}, {'job_title': 'Kế toán'})
    changed = operations.start(runtime, admin, order)
    client = site.client('admin')
    file = {'file': (io.BytesIO(CONTACTS.encode()), 'khách.csv')}
    token = token_of(client.get('/offline').text)
    sent = client.post('/contact/import', data={**file, 'csrf_token': token}, content_type='multipart/form-data')
    assert sent.status_code in {302, 303}, sent.text
    catalog, now = runtime.catalogs.current(), runtime.clock.now()
    wish = Wish('Sắp chốt', 'public', document={'filter': {'field': 'stage', 'op': 'in', 'value': ['survey', 'quote']}})
    with runtime.database.session() as session:
        view = views.create(session, runtime.policy(admin, catalog), catalog.entity('opportunity'), wish, now=now)
        feeds.make_feed(session.connection(), admin, 'Điện thoại', now, everyone=False)
    pool = make_pool(site, managers=('manager', 'admin'), description='Khách từ hội chợ')
    waiting = put_leads(site, pool, 2)
    return {'operation_id': changed.id, 'job_id': urlsplit(sent.headers['Location']).path.rsplit('/', 1)[1], 'view': view.uid,
            'pool': pool.uid, 'record': waiting[0]}  # fmt: skip


def _settings(site: Site) -> dict[str, str]:
    runtime, admin = site.runtime, site.actor('admin')
    now, catalog = runtime.clock.now(), runtime.catalogs.current()
    even = Strategy('round_robin', users=(site.actor('rep').user_id or 0, site.actor('rep2').user_id or 0))
    with runtime.database.session() as session:
        rule = save_rule(session, catalog, Wanted(catalog.entity('lead'), 'Lần lượt', even), admin, now)
        save_secret(session, Seal(runtime.settings.secret_key, NAMED_SECRETS), 'hook', 'mật khẩu', actor=admin, now=now)
    words = {'en': 'Sales', 'vi': 'Bán hàng'}
    matrix = {'rep': {'list': {'contact': 'sk-'}}}
    report = Report({'rep': words}, {'list': words}, {'contact': words}, {'contact': dict.fromkeys('abc', words)}, matrix)
    return {'rule_uid': rule, 'run_of_certificate': certificates.keep(runtime, admin, report, runtime.database.dialect, 12),
            'pk': str(site.actor('rep').user_id), 'user_id': str(site.actor('rep').user_id), 'team_id': '1',
            'unsubscribe': unsubscribe_link(runtime.settings, 'tam@bantron.example', 'vi').rsplit('/', 1)[1]}  # fmt: skip


def _structure(site: Site) -> dict[str, str]:
    """Versions that could not read everything, a run of a workflow that failed, and a draft of changes."""
    runtime, admin = site.runtime, site.actor('admin')
    publish(site, entities={'contact': {'properties': PARTS}}, workflows={'call': CALL})
    site.create('admin', 'contact', full_name='Trần Bình', nickname='Tí')
    contact = deepcopy(PARTS)
    contact['nickname']['x-type'] = 'integer'
    done = publish(site, entities={'contact': {'properties': contact}})
    shop = Workshop(runtime.publisher, admin)
    shop.rework(on(put_part, 'opportunity', 'x-rules', '', LARGE))
    shop.rework(on(put_entity, 'company', {'x-help': {'en': 'Firms', 'vi': 'Các công ty'}}))
    outlook_id, soon = new_uid(), runtime.clock.now() + timedelta(hours=1)  # a plan that goes on for as long as anybody looks
    with runtime.database.writing() as connection:
        connection.execute(schema_outlook.insert().values(
            id=outlook_id, author_id=admin.user_id, state='running', seen=40, total=100, findings=[], asked={}, told_at=soon,
        ))  # fmt: skip
    return {'outlook_id': outlook_id, 'publish_id': done.id,
            'version': str(done.version), 'old': str(done.version - 1), 'new': str(done.version),
            'role': 'rep', 'action': 'read', 'rule': 'birthday_mail', 'key': 'birthday_mail', 'mail': 'birthday'}  # fmt: skip


def publish(site: Site, **request: Any) -> Publish:
    publisher, admin = site.runtime.publisher, site.actor('admin')
    return publisher.apply(publisher.plan(request, admin).plan_id, admin)


def _run(site: Site, deal: str) -> str:
    """A run of the workflow that stopped, for the deal lacks what its stage asks for."""
    runtime = site.runtime
    control.press(runtime, site.actor('admin'), 'call', 'opportunity', deal, new_uid())
    Dispatcher(runtime, 'dispatcher', runtime.clock).drain()
    runner = Runner(runtime, 'worker', runtime.clock)
    runner.drain(20)
    runner.close()
    with runtime.database.reading() as connection:
        return str(connection.execute(sa.select(workflow_run.c.id)).scalar_one())
