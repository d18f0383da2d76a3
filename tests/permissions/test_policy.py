"""What roles allow: scopes, fields, reasons."""

from __future__ import annotations

import pytest

from permissions.policy import Policy, RecordFacts
from schema.base.actor import system_actor
from schema.base.errors import Forbidden, NotFound
from schema.catalog import Catalog
from schema.definitions import ACTIONS
from tests.permissions.conftest import actor

SCOPES = {  # read, create, update, delete, import, export, assign, merge
    ('admin', 'contact'): ('all',) * 8,
    ('manager', 'contact'): ('all',) * 8,
    ('leader', 'contact'): ('team_below', 'all', 'team_below', 'team_below', 'all', 'team_below', 'team_below', 'team_below'),
    ('leader', 'product'): ('all', 'none', 'none', 'none', 'none', 'all', 'none', 'none'),
    ('rep', 'contact'): ('own', 'all', 'own', 'own', 'none', 'none', 'own', 'own'),
    ('rep', 'product'): ('all', 'none', 'none', 'none', 'none', 'none', 'none', 'none'),
    ('auditor', 'contact'): ('own', 'own', 'own', 'none', 'none', 'none', 'own', 'none'),
    ('auditor', 'company'): ('none',) * 8,
}


@pytest.mark.parametrize(('role', 'entity'), SCOPES, ids=lambda name: name)
def test_each_action_has_the_scope_the_role_document_gives(catalog: Catalog, role: str, entity: str) -> None:
    policy = Policy(catalog, actor(1, role))

    scopes = tuple(policy.scope(action, entity) for action in ACTIONS)

    assert scopes == SCOPES[role, entity]


def test_scopes_of_several_roles_add_up_to_the_widest(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'rep', 'leader', 'auditor'))

    assert tuple(policy.scope(action, 'contact') for action in ACTIONS) == SCOPES['leader', 'contact']


def test_update_reaches_no_further_than_read(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'auditor'))

    assert policy.scope('update', 'contact') == 'own'


def test_nobody_without_a_known_role_may_do_anything(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'no_such_role'))

    assert {policy.entities(action) for action in ACTIONS} == {()}
    assert (policy.readable('contact'), policy.writable('contact')) == (frozenset(), frozenset())


def test_the_system_may_do_everything(catalog: Catalog) -> None:
    policy = Policy(catalog, system_actor('nightly recount'))

    decision = policy.decide('delete', 'contact', RecordFacts(7, 8))

    assert decision.allowed
    assert decision.reasons[0].text('en') == 'The system itself acts: nightly recount.'
    assert policy.readable('product') == frozenset(catalog.entities['product'].fields)


def test_an_unknown_entity_is_out_of_reach_even_for_administrators(catalog: Catalog) -> None:
    assert Policy(catalog, actor(1, 'admin')).scope('read', 'spaceship') == 'none'


def test_hidden_field_is_not_readable_and_fixed_field_not_writable(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'auditor'))
    fields = frozenset(catalog.entities['contact'].fields)

    assert fields - policy.readable('contact') == {'email'}
    assert {'email', 'phone', 'uid', 'revision', 'created_at'} & policy.writable('contact') == set()
    assert {'full_name', 'owner', 'team'} <= policy.writable('contact')


def test_field_rights_of_several_roles_add_up_to_the_widest(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'auditor', 'manager'))

    assert 'email' in policy.readable('contact')
    assert {'email', 'phone'} <= policy.writable('contact')


def test_a_role_without_a_grant_does_not_open_hidden_fields(catalog: Catalog) -> None:
    reads_product_without_cost = Policy(catalog, actor(1, 'rep', 'auditor'))

    assert 'cost' in catalog.entities['product'].fields
    assert 'cost' not in reads_product_without_cost.readable('product')


def test_refusal_says_why_in_both_languages(catalog: Catalog) -> None:
    decision = Policy(catalog, actor(1, 'rep')).decide('update', 'contact', RecordFacts(owner_id=2, team_id=None))

    assert not decision
    assert decision.reasons[0].text('en') == 'Sales rep may change own Contacts only; somebody else owns this record.'
    assert decision.reasons[0].text('vi').startswith('Nhân viên kinh doanh chỉ được sửa')


def test_record_out_of_sight_is_not_found_and_one_in_sight_is_forbidden(catalog: Catalog) -> None:
    rep, leader = Policy(catalog, actor(1, 'rep')), Policy(catalog, actor(1, 'leader', teams=(5,)))
    foreign = RecordFacts(owner_id=2, team_id=9)

    with pytest.raises(NotFound) as out_of_sight:
        rep.require('update', 'contact', foreign)
    with pytest.raises(Forbidden) as in_sight:
        leader.require('update', 'product', foreign)

    assert out_of_sight.value.findings[0].code == 'REC-E028'
    assert [each.code for each in in_sight.value.findings] == ['PRM-E001', 'PRM-R005']


def test_create_for_somebody_else_needs_more_than_own_scope(catalog: Catalog) -> None:
    policy = Policy(catalog, actor(1, 'auditor'))

    assert policy.decide('create', 'contact', RecordFacts(1, None))
    assert not policy.decide('create', 'contact', RecordFacts(2, None))


def test_only_roles_that_say_so_open_studio_and_administration(catalog: Catalog) -> None:
    opened = {
        role: (policy.can_studio, policy.can_admin) for role in catalog.roles for policy in [Policy(catalog, actor(1, role))]
    }

    assert opened == {
        'admin': (True, True), 'manager': (False, False), 'leader': (False, False), 'rep': (False, False),
        'auditor': (False, False),
    }  # fmt: skip
