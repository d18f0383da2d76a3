"""Steps that tell people, give records and share them: each reads under their own rights, turns go round, chains hold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from modules.assignment.model import Strategy
from modules.installation.service import save_settings
from modules.leaving import service
from modules.leaving.model import Wanted
from modules.leaving.standing import in_service
from modules.notices.tables import notice
from modules.operations.service import undo
from modules.records.model import ListQuery
from modules.studio.workflow_people import read_roster
from permissions.tables import ab_user
from tests.sharing.test_transfers import sees
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_steering import workflow


def told(plant: Plant) -> dict[str, list[tuple[str, str]]]:
    """`{user name: [(kind, Vietnamese words)]}`."""
    joined = notice.join(ab_user, ab_user.c.id == notice.c.user_id)
    found: dict[str, list[tuple[str, str]]] = {}
    with plant.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(ab_user.c.username, notice).select_from(joined).order_by(notice.c.id))
        for row in rows:
            found.setdefault(row.username, []).append((row.kind, row.texts['vi']))
    return found


def owner_of(plant: Plant, uid: str) -> Any:
    with plant.runtime.reader(plant.site.actor('admin')) as reader:
        return reader.get('contact', uid).values['owner'].label


def test_turns_go_round_and_whoever_gets_a_record_hears_of_it(plant: Plant) -> None:
    give = {'key': 'give', 'type': 'assign', 'strategy': 'round_robin', 'users': ['leader', 'rep2']}
    publish(plant, workflow('deal', {'type': 'created'}, give))
    uids = [plant.person(name, email=f'{number}@vd.vn') for number, name in enumerate(('An', 'Ba', 'Tư'))]

    for _turn in range(3):
        plant.tick()

    names = [owner_of(plant, uid) for uid in uids]
    assert names[0] == names[2] != names[1]
    assert [run.state for run in plant.runs] == ['done'] * 3
    assert sorted(len(each) for each in told(plant).values()) == [1, 2]
    assert {kind for each in told(plant).values() for kind, _words in each} == {'assigned'}
    assert [sees(plant.site, 'rep', uid) for uid in uids] == [True] * 3  # the setting keeps a former owner's sight
    with plant.runtime.database.writing() as connection:
        save_settings(connection, {'transfer_sight': 'drop'}, plant.site.actor('admin'), plant.clock.now())
    dropped = plant.person('Năm', email='nam@vd.vn')
    plant.tick()
    assert (sees(plant.site, 'rep', dropped), sees(plant.site, 'manager', dropped)) == (False, True)


def test_words_are_read_and_records_shared_under_the_rights_of_people(plant: Plant) -> None:
    text = {'en': '{{ record.full_name }}: {{ record.email }}', 'vi': '{{ record.full_name }}: {{ record.email }}'}
    everybody = {'key': 'all', 'type': 'notify', 'to': {'people': ['rep', 'rep2', 'manager']}, 'text': text}
    role = {'key': 'heads', 'type': 'notify', 'to': {'role': 'manager'}, 'text': {'en': 'New', 'vi': 'Có khách mới'}}
    nobody = {'key': 'tell', 'type': 'notify', 'to': {'people': ['nobody_here']}, 'text': {'vi': 'Có khách'}}
    share = {'key': 'show', 'type': 'share', 'with': {'teams': ['South']}, 'level': 'edit'}
    publish(
        plant,
        workflow('a_tell', {'type': 'created'}, everybody, role, {**share, 'with': {'users': ['rep2']}}),
        workflow('b_lost', {'type': 'created'}, nobody),
        workflow('c_mine', {'type': 'created'}, share, run_as='rep2'),
    )
    uid = plant.person()

    plant.tick()
    plant.tick()

    seen = told(plant)
    assert seen['rep'] == [('workflow', 'Lê Văn Tám: tam@congty.vn')]
    assert seen['rep2'] == [('workflow', 'một hồ sơ:'), ('share', 'Bạn được xem người liên hệ {title}')]
    assert seen['manager'] == [('workflow', 'Lê Văn Tám: tam@congty.vn'), ('workflow', 'Có khách mới')]
    ends = {run.rule_ref.rsplit('_', 1)[0]: (run.state, (run.error or {}).get('code')) for run in plant.runs}
    assert (ends['a_tell'], ends['b_lost']) == (('done', None), ('skipped', 'WFL-W010'))
    assert ends['c_mine'][0] != 'done'  # whoever only sees it shares nothing
    with plant.runtime.reader(plant.site.actor('rep2')) as reader:
        assert reader.get('contact', uid).title == 'Lê Văn Tám'


def test_whoever_took_over_from_somebody_acts_for_them_also_in_runs_that_wait_until_it_is_undone(plant: Plant) -> None:
    site, runtime = plant.site, plant.runtime
    ids = {name: site.actor(name).user_id or 0 for name in ('rep', 'leader')}
    rest = {'key': 'rest', 'type': 'wait', 'for': {'days': 1}}
    tell = {'key': 'tell', 'type': 'notify', 'to': {'people': ['rep']}, 'text': {'vi': 'Có khách mới'}}
    task = {'key': 'task', 'type': 'create_task', 'title': {'vi': 'Gọi'}, 'assign': 'rep', 'due': {'days': 1}}
    made = {'key': 'made', 'type': 'create_record', 'entity': 'task', 'values': {'title': 'Báo giá', 'owner': 'rep'}}
    show = {'key': 'show', 'type': 'share', 'with': {'users': ['rep']}}
    give = {'key': 'give', 'type': 'assign', 'strategy': 'person', 'users': ['rep']}
    publish(plant, workflow('mine', {'type': 'created'}, rest, tell, task, made, show, give, run_as='rep'))
    uid = plant.person()
    plant.tick()
    wanted = Wanted(ids['rep'], Strategy('person', (ids['leader'],)), successor_id=ids['leader'])

    left = service.run_handover(runtime, site.actor('admin'), wanted)
    plant.later(days=1, hours=1).tick()
    plant.tick()

    assert {(run.state, run.error) for run in plant.runs} == {('done', None)}
    with runtime.reader(site.actor('admin')) as reader:
        tasks = reader.list_page('task', ListQuery(columns=('title', 'owner', 'created_by'))).records
        assert {each.title: (each.values['owner'].uid, each.values['created_by'].uid) for each in tasks} == {
            'Gọi': ('leader', 'leader'), 'Báo giá': ('leader', 'leader'),
        }  # fmt: skip
        assert reader.get('contact', uid).values['owner'].uid == 'leader'
    assert 'rep' not in told(plant)
    assert ('workflow', 'Có khách mới') in told(plant)['leader']
    roster = read_roster(runtime.database)
    assert roster.heirs == {'rep': site.actor('leader').name} and site.actor('leader').name in roster.say('rep')

    undo(runtime, site.actor('admin'), left.id)

    with runtime.database.reading() as connection:
        assert in_service(connection, ['rep', 'nobody'])['rep'].username == 'rep'
    assert read_roster(runtime.database).heirs == {}
