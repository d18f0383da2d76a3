"""`trellis schema …`: validate, show, plan, apply, look back, roll back and export from the command line.

Expects `ctx.obj.runtime` with `database`, `catalogs`, `clock` and `publisher`; app.py puts it there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from migrations.looking import Looking
from migrations.plans import StoredPlan
from migrations.requests import SECTIONS, without_physical
from migrations.service import Publisher
from migrations.telling import carried, looked, tell_plan, telling
from schema.base.actor import system_actor
from schema.base.errors import NotFound, TrellisError
from schema.base.findings import Finding, nearest
from schema.checks import check_documents, parse_json
from schema.definitions import in_locale
from schema.loading import PLURALS, bare

ACTOR = system_actor('command line')
INCLUDABLE = ('role', 'workflow', 'template')
SOURCE = click.Path(exists=True, path_type=Path)
ANSWERS = click.option(
    '--answers', type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar='FILE',
    help='JSON: what values become that cannot be read, and blanks: {POINTER: {"map": {TEXT: VALUE}, "default": VALUE}}.',
)  # fmt: skip


@contextmanager
def _refusals() -> Iterator[None]:
    """One located message a line, and a non-zero exit."""
    try:
        yield
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error


def _publisher(entry: Any) -> Publisher:
    publisher: Publisher = entry.runtime.publisher
    return publisher


def _refuse(findings: Iterable[Finding]) -> None:
    errors = [str(each) for each in findings if each.level == 'error']
    if errors:
        raise click.ClickException('\n'.join(errors))


@click.group('schema')
def schema_commands() -> None:
    """Check, plan and publish the schema, look back and roll back."""


@schema_commands.command('validate')
@click.argument('source', required=False, type=SOURCE)
@click.option('--live', 'merges', is_flag=True, help='A folder holds only what changes: check it merged into the live schema.')
@click.pass_obj
def validate(entry: Any, source: Path | None, *, merges: bool) -> None:
    """Check a folder of definitions by itself, a request file against the live schema, or the live schema. Changes nothing."""
    with _refusals():
        if source is None:
            findings = check_documents(_publisher(entry).documents())
        elif source.is_dir() and not merges:
            request = read_request(source)
            documents = {(SECTIONS[name], key): each for name, part in request.items() for key, each in part.items()}
            findings = check_documents(documents)
        else:
            findings = _publisher(entry).check(read_request(source))
    _refuse(findings)
    click.echo('Nothing is wrong.')


@schema_commands.command('show')
@click.argument('name', required=False)
@click.pass_obj
def show(entry: Any, name: str | None) -> None:
    """List the entities and roles, or print a definition as JSON: NAME is an entity, or roles/KEY."""
    with _refusals():
        catalog = entry.runtime.catalogs.current()
        if name:
            section, _, key = name.rpartition('/')
            found = catalog.find_entity(key) if not section else None
            document = catalog.roles[key].document if section == 'roles' and key in catalog.roles else None
            if found is None and document is None:
                known = [*catalog.entities, *(f'roles/{each}' for each in catalog.roles)]
                raise NotFound.of('REC-E029', value=name[:80], hint=nearest(name, known))
            click.echo(_json(without_physical(found.definition.document if found else document)))
            return
    click.echo(f'version {catalog.number}')
    for each in catalog.entities.values():
        click.echo(f'{each.key:<24} {len(each.own_fields):>3} fields  {each.definition.label_in("en")}')
    for role in catalog.roles.values():
        click.echo(f'{f"roles/{role.key}":<24} {len(role.grants):>3} rows    {in_locale(role.label, "en")}')


@schema_commands.command('plan')
@click.argument('source', required=False, type=SOURCE)
@click.option('--remove', multiple=True, metavar='POINTER', help='JSON pointer of a part to drop; may be repeated.')
@click.option('--remap', multiple=True, metavar='REF=KEY', help='Option that replaces a dropped one; REF= clears.')
@ANSWERS
@click.option('--note', default='', help='Why; stands in the history.')
@click.pass_obj
def plan(entry: Any, /, source: Path | None, **wishes: Any) -> None:
    """Merge SOURCE, a folder of definitions or a request file, into the live schema and show what publishing would do. What a
    folder leaves out stays as it is."""
    with _refusals():
        request = read_request(source) if source else {}
        request['remove'] = [*request.get('remove', []), *wishes['remove']]
        request['remap'] = {**request.get('remap', {}), **_pairs(wishes['remap'])}
        request['answers'] = {**request.get('answers', {}), **_answers(wishes['answers'])}
        request['note'] = wishes['note'] or request.get('note', '')
        tell_plan(_planned(partial(_publisher(entry).plan, request, ACTOR)))


@schema_commands.command('apply')
@click.argument('plan_id')
@click.pass_obj
def apply(entry: Any, plan_id: str) -> None:
    """Publish exactly the plan with this id."""
    with _refusals():
        _apply(_publisher(entry), plan_id)


@schema_commands.command('history')
@click.pass_obj
def history(entry: Any) -> None:
    """List the versions, newest first."""
    with _refusals():
        versions = _publisher(entry).versions()
    for each in versions:
        mark = '*' if each.is_active else ' '
        click.echo(f'{mark}{each.number:>4}  {each.created_at:%Y-%m-%d %H:%M}  {each.author}  {each.note}'.rstrip())
        for sentence in each.summary:
            click.echo(f'        {sentence["en"]}')


@schema_commands.command('aliases')
@click.pass_obj
def aliases(entry: Any) -> None:
    """List former keys that still work, with how often and when last each was used. Retire one: plan --remove POINTER."""
    with _refusals():
        found = _publisher(entry).former_keys()
    for each in found:
        last = f', last {each.last_used_at:%Y-%m-%d %H:%M}' if each.last_used_at else ''
        click.echo(f'{each.alias} -> {each.key}  used {each.count} times{last}  {each.pointer}')


@schema_commands.command('unread')
@click.argument('version', type=int)
@click.pass_obj
def unread(entry: Any, version: int) -> None:
    """List the values that could not be read as the new type when VERSION was published."""
    with _refusals():
        catalog = entry.runtime.catalogs.current()
        for each in _publisher(entry).unread(version):
            entity = catalog.holders.get(each.entity_ref)
            field = entity.by_ref.get(each.field_ref) if entity else None
            name = f'{entity.key}.{field.key}' if entity and field else each.field_ref
            click.echo(f'{name}  {each.uid}  {each.title}: {each.value}')


@schema_commands.command('rollback')
@click.argument('version', type=int)
@click.option(
    '--include', multiple=True, type=click.Choice(INCLUDABLE), help='Goes back beside the structure; may be repeated.'
)
@click.option('--remap', multiple=True, metavar='REF=KEY', help='Option that replaces a dropped one; REF= clears.')
@ANSWERS
@click.option('--apply', 'applies', is_flag=True, help='Publish the plan at once.')
@click.pass_obj
def rollback(entry: Any, /, version: int, *, applies: bool, **wishes: Any) -> None:
    """Plan the way back (or forward again) to the structure of VERSION."""
    with _refusals():
        publisher = _publisher(entry)
        back = partial(publisher.rollback_plan, version, ACTOR, include=wishes['include'])
        made = _planned(partial(back, remap=_pairs(wishes['remap']), answers=_answers(wishes['answers']) or None))
        if applies:
            _apply(publisher, made.plan_id)
        else:
            tell_plan(made)


@schema_commands.command('export')
@click.argument('folder', type=click.Path(file_okay=False, path_type=Path))
@click.option('--version', type=int, help='[default: the live one]')
@click.option('--refs', is_flag=True, help='Keep refs, so that a changed key is a rename when the files are planned again.')
@click.pass_obj
def export(entry: Any, folder: Path, version: int | None, *, refs: bool) -> None:
    """Write the definitions to FOLDER, one file each, as a pack holds them."""
    with _refusals():
        documents = _publisher(entry).documents(version)
    for (kind, key), document in documents.items():
        path = folder / PLURALS[kind] / f'{key}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_json(without_physical(document) if refs else bare(document)) + '\n', encoding='utf-8')
    click.echo(f'{len(documents)} definitions in {folder}')


def read_request(source: Path) -> dict[str, Any]:
    """A plan request out of a JSON file, or of a folder laid out like a pack. Raises: click's error with every finding."""
    if source.is_file():
        request, findings = parse_json(source.read_bytes())
        _refuse(findings)
        if not isinstance(request, dict):
            raise click.ClickException(f'{source.name} holds no JSON object.')
        return request
    request, wrong = {}, []
    for section in SECTIONS:
        for path in sorted((source / section).glob('*.json')):
            document, findings = parse_json(path.read_bytes(), f'/{section}/{path.stem}')
            wrong += findings
            key = document.get('x-key', path.stem) if isinstance(document, dict) else path.stem
            request.setdefault(section, {})[key] = document
    _refuse(wrong)
    if not request:
        raise click.ClickException(
            f'{source} holds no definition; they stand in {", ".join(f"{each}/*.json" for each in SECTIONS)}.'
        )
    return request


def _pairs(given: Iterable[str]) -> dict[str, str | None]:
    return {left: right or None for left, _, right in (each.partition('=') for each in given)}


def _answers(source: Path | None) -> dict[str, Any]:
    """Raises: click's error when the file holds no mapping of mappings."""
    if source is None:
        return {}
    found, findings = parse_json(source.read_bytes())
    _refuse(findings)
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise click.ClickException(f'{source.name} holds no answers: {{POINTER: {{"map": …, "default": …}}}}.')
    return found


def _planned(make: Callable[..., StoredPlan]) -> StoredPlan:
    looking = Looking()
    with telling(lambda: looked(looking)):
        return make(looking=looking)


def _apply(publisher: Publisher, plan_id: str) -> None:
    def line() -> str:
        course = publisher.course_of(plan_id)
        return carried(course, publisher.walks(course) if course else [])

    with telling(line):
        publish = publisher.apply(plan_id, ACTOR)
    click.echo(f'Version {publish.version} is live.')


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
