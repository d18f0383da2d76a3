"""SQL on both engines and Python give the same three answers, for every field type, operator and way between records."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.base.database import Database
from schema.base.errors import Invalid
from schema.conditions import aggregates
from schema.conditions import compile as compile_condition
from schema.conditions.lookup import Lookup
from schema.values import Link
from tests.conditions import samples
from tests.conditions.world import CATALOG, World, by_python, by_sql, uid_of
from tests.support.properties import examples

PATHS = {'thing': ['', 'crowd.', 'parent.', 'parent.crowd.', 'crowd.boss.', 'parent.parent.parent.'], 'crowd': ['', 'boss.'],
         'note': ['', 'thing.', 'thing.crowd.']}  # fmt: skip
ORDER = ('lt', 'lte', 'gt', 'gte', 'ne')
COUNTS: list[dict[str, Any]] = [{'op': 'gte', 'value': 1}, {'op': 'eq', 'value': 0}, {'op': 'between', 'value': [1, 2]}]
RELATIONS = {
    'thing': [('note', 'thing'), ('note', 'about'), ('thing', 'parent'), ('thing', 'about'), ('crowd', 'boss')],
    'crowd': [('thing', 'crowd'), ('note', 'about')],
    'note': [],
}
ENDS = {'crowd.': 'crowd', 'parent.': 'thing', 'parent.crowd.': 'crowd', 'crowd.boss.': 'thing', 'boss.': 'thing',
        'parent.parent.parent.': 'thing', 'thing.': 'thing', 'thing.crowd.': 'crowd'}  # fmt: skip


def rotating_world() -> World:
    """Every sample value in some record, blanks in others, and a deleted record at the end of a link."""
    world = World()
    gone = world.add('crowd', {'name': 'gone'}, deleted=True)
    ends = [gone, world.add('crowd', {'name': 'Hội Đá', 'fee': '7'}), world.add('crowd', {})]
    longest = max(map(len, samples.VALUES.values()))
    for number in range(longest + 2):
        wire: dict[str, Any] = {'crowd': ends[number % 3], 'about': ends[(number + 1) % 3] if number % 4 else None}
        for key, each in CATALOG.entity('thing').fields.items():
            pool = samples.VALUES.get(each.type.key)
            if pool and key not in {'created_at', 'changed_at', 'created_by', 'changed_by', 'revision'}:
                wire[key] = pool[number] if number < len(pool) else None
        ends.append(world.add('thing', wire))
        wire.clear()
    return world


def link_operands(field: str) -> list[Any]:
    numbers = (1, 2, 3, 4, 999)
    if field == 'about':
        return [{'entity': 'crowd', 'uid': uid_of(2)}, f'thing:{uid_of(4)}', {'entity': 'thing', 'uid': uid_of(2)}]
    return [uid_of(number) for number in numbers]


def leaves(field: str, type_key: str, op: str) -> list[dict[str, Any]]:
    """One test for each operand of the samples, or a few pairs and lists of them."""
    leaf = {'field': field, 'op': op}
    if samples.arity(op) == 'none':
        return [leaf]
    pool = samples.operands(type_key, op, link_operands(field))
    if samples.arity(op) == 'one':
        # Neighbouring samples differ in what matters; an order needs only every other one.
        return [{**leaf, 'value': value} for value in (pool[::2] if op in ORDER else pool)]
    pairs = [list(pair) for pair in zip(pool, pool[1:] + pool[:1], strict=True)]
    return [{**leaf, 'value': pair} for pair in pairs]


def test_every_operator_of_every_field_answers_alike_in_sql_and_python(connection: sa.Connection) -> None:
    world = rotating_world()
    world.insert(connection)
    answers = set()

    for field, type_key, op in samples.tests_of('thing'):
        answers_of_test: set[bool | None] = set()
        for document in leaves(field, type_key, op):
            try:
                expected = by_python(world, 'thing', document)
            except Invalid:  # a pair in the wrong order, amounts in two currencies
                continue
            assert by_sql(connection, world, 'thing', document) == expected, document
            answers_of_test |= set(expected.values())
        assert answers_of_test, f'no operand of {field} {op} could be read'
        answers |= answers_of_test

    assert answers == {True, False, None}


def test_every_aggregate_of_related_records_answers_alike_in_sql_and_python(connection: sa.Connection) -> None:
    world = rotating_world()
    things = [Link('thing', uid_of(number), number) for key, number in world.values if key == 'thing']
    for number, thing in enumerate(things):
        world.values['thing', thing.id or 0]['parent'] = things[number % 3]
    world.insert(connection)
    answers: dict[str, set[bool | None]] = {function: set() for function in aggregates.FUNCTIONS}

    for test in aggregates_of('thing'):
        function = test.pop('function')
        document = {f'{function}_related': {'entity': 'thing', 'field': 'parent'}, **test}
        try:
            expected = by_python(world, 'thing', document)
        except Invalid:  # a pair in the wrong order, amounts in two currencies, a finer number than the field holds
            continue
        assert by_sql(connection, world, 'thing', document) == expected, document
        answers[function] |= set(expected.values())

    assert answers == {function: {True, False, None} for function in aggregates.FUNCTIONS}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world, ends = World(), {'crowd': [], 'thing': [], 'note': []}
    order = draw(st.lists(st.sampled_from(['thing', 'thing', 'crowd', 'note', 'note']), min_size=2, max_size=9))
    for entity in order:
        wire: dict[str, Any] = {}
        for key, each in CATALOG.entity(entity).fields.items():
            known = [link for target in each.definition.targets for link in ends[target]]
            pool = known if each.is_link else samples.VALUES.get(each.type.key, [])
            if pool and (not each.system or key in {'owner', 'team'}) and draw(st.integers(0, 3)):
                wire[key] = draw(st.sampled_from(pool))
        if 'name' in wire and not draw(st.integers(0, 3)):
            wire['name'] = draw(st.text(st.characters(exclude_categories=['Cs', 'Cc']), max_size=8))
        ends[entity].append(world.add(entity, wire, deleted=draw(st.integers(0, 5)) == 0))
    return world


def aggregates_of(entity: str) -> list[dict[str, Any]]:
    """Every function with every operator over each field of the entity that it takes, with few operands each."""
    found = []
    face = Lookup(CATALOG).find(entity)
    assert face is not None
    for (key, field), function, op in product(face.fields.items(), aggregates.FUNCTIONS, aggregates.OPERATORS):
        if aggregates.can_take(function, field) and key not in {'created_at', 'changed_at'}:
            tests = leaves(key, field.type.key, op)[:: 3 if samples.arity(op) == 'one' else 1][:2]
            found += [
                {'function': function, 'of': key, **{name: test[name] for name in test if name != 'field'}} for test in tests
            ]
    return [*found, *({'function': 'avg', 'of': 'score', 'op': op, 'value': '2.5'} for op in ORDER if entity == 'note')]


def leaf_of(entity: str) -> st.SearchStrategy[Any]:
    @st.composite
    def strategy(draw: st.DrawFn) -> Any:
        path = draw(st.sampled_from(PATHS[entity]))
        field, type_key, op = draw(st.sampled_from(samples.tests_of(ENDS.get(path, entity))))
        document = draw(st.sampled_from(leaves(field, type_key, op)))
        return {**document, 'field': path + field}

    return strategy()


def condition_of(entity: str, depth: int) -> st.SearchStrategy[Any]:
    if depth == 0:
        return leaf_of(entity)

    @st.composite
    def strategy(draw: st.DrawFn) -> Any:
        kinds = ['leaf', 'all', 'any', 'not', 'related', 'related'] if RELATIONS[entity] else ['leaf', 'all', 'any', 'not']
        kind = draw(st.sampled_from(kinds))
        if kind == 'leaf':
            return draw(leaf_of(entity))
        if kind == 'not':
            return {'not': draw(condition_of(entity, depth - 1))}
        if kind in {'all', 'any'}:
            return {kind: draw(st.lists(condition_of(entity, depth - 1), max_size=3))}
        other, field = draw(st.sampled_from(RELATIONS[entity]))
        head = draw(st.sampled_from(['any_related', 'every_related', 'none_related', 'count_related', 'aggregate']))
        if head == 'aggregate':
            test = draw(st.sampled_from(aggregates_of(other)))
            function = test.pop('function')
            where = draw(condition_of(other, depth - 1))
            return {f'{function}_related': {'entity': other, 'field': field}, 'where': where, **test}
        document = {head: {'entity': other, 'field': field}, 'where': draw(condition_of(other, depth - 1))}
        if head == 'count_related':
            document |= draw(st.sampled_from(COUNTS))
        return document

    return strategy()


@given(world=worlds(), documents=st.lists(condition_of('thing', 3), min_size=2, max_size=4))
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
def test_random_conditions_over_random_records_answer_alike(database: Database, world: World, documents: list[Any]) -> None:
    with database.write_engine.connect() as connection:
        world.insert(connection)
        for document in documents:
            try:
                expected = by_python(world, 'thing', document)
            except Invalid:
                continue
            assert by_sql(connection, world, 'thing', document) == expected
        connection.rollback()


@pytest.mark.parametrize('head', ['any_related', 'every_related', 'none_related', 'count_related'])
def test_scope_hides_records_from_conditions_about_others(connection: sa.Connection, head: str) -> None:
    world = World()
    thing = world.add('thing', {'name': 'a'})
    world.add('note', {'title': 'hidden', 'thing': thing})
    world.insert(connection)
    where = {'field': 'title', 'op': 'eq', 'value': 'hidden'}
    document: dict[str, Any] = {head: {'entity': 'note', 'field': 'thing'}, 'where': where}
    if head == 'count_related':
        document |= {'op': 'gte', 'value': 1}

    seen = by_sql(connection, world, 'thing', document)
    unseen = by_sql(connection, world, 'thing', document, scope=lambda entity, table: table.c.owner_id == 1)

    expected = {'any_related': (True, False), 'every_related': (True, True), 'none_related': (False, True)}
    assert (seen[1], unseen[1]) == expected.get(head, (True, False))


def test_the_largest_conditions_run_on_both_engines(connection: sa.Connection) -> None:
    world = World()
    world.add('thing', {'met': samples.INSTANTS[0]})
    world.insert(connection)
    days = [f'{year}-01-{day:02}' for year in range(2000, 2018) for day in range(1, 26)]
    leaf = {'field': 'met', 'op': 'not_in', 'value': days}
    many = [{'field': 'crowd.boss.crowd.name', 'op': 'ne', 'value': 'x'}] * 10
    own = [{'field': 'name', 'op': 'ne', 'value': 'x'}] * 180
    document: Any = {'all': [*many, *own, *[leaf] * 2]}
    for _ in range(9):
        document = {'all': [document]}

    assert by_sql(connection, world, 'thing', document) == by_python(world, 'thing', document) == {1: True}


def test_condition_can_be_asked_of_an_alias(connection: sa.Connection) -> None:
    from_world = World()
    crowd = from_world.add('crowd', {'name': 'Đá'})
    thing = from_world.add('thing', {'crowd': crowd})
    from_world.insert(connection)
    condition = _compiled({'field': 'crowd.name', 'op': 'eq', 'value': 'da'})
    alias = CATALOG.entity('thing').table.alias()

    rows = connection.execute(sa.select(alias.c.id).where(condition.sql(from_world.binding(condition), alias)))

    assert rows.scalars().all() == [thing.id]


def test_looking_at_other_records_without_being_told_them_is_refused() -> None:
    condition = _compiled({'field': 'crowd.name', 'op': 'eq', 'value': 'da'})

    with pytest.raises(TypeError, match='from thing to crowd over crowd'):
        condition.decide({'crowd': Link('crowd', uid_of(1), 1)}, World().binding(condition))


def _compiled(document: Any) -> Any:
    from_entity = CATALOG.entity('thing')
    return compile_condition(document, from_entity, CATALOG)
