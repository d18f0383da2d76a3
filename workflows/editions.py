"""A workflow as it is live, in a person's draft or in an earlier version, each on the live tables. Publishes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.errors import BadRequest, Invalid, NotFound
from schema.base.findings import nearest
from schema.base.numbers import whole
from schema.catalog import Catalog
from schema.loading import Documents
from schema.reading import read_template, read_workflow
from workflows.definitions import Rule, compile_workflow, rules_of

LIVE, DRAFT = 'live', 'draft'


@dataclass(frozen=True, eq=False)
class Edition:
    """A rule ready to be rehearsed. `catalog` has its templates and, of the other workflows, those that are live."""

    name: str
    catalog: Catalog
    rule: Rule


def edition(runtime: Runtime, actor: Actor, key: str, name: str = LIVE) -> Edition:
    """`name` is `live`, `draft` (the actor's own) or the number of a version.

    Raises: NotFound WFL-E014, MIG-E010; BadRequest WFL-E061; Invalid with what keeps it from running on the live tables.
    """
    live = runtime.catalogs.current()
    if name == LIVE:
        return Edition(LIVE, live, _usable(live, key))
    return edition_of(live, documents_named(runtime, actor, name), key, name)


def documents_named(runtime: Runtime, actor: Actor, name: str) -> Documents:
    """The documents of a draft or of a version."""
    publisher = runtime.publisher
    if name == DRAFT:
        return publisher.preview(publisher.draft(actor).request)
    number = whole(name)
    if number is None:
        raise BadRequest.of('WFL-E061', '/version', value=name[:40])
    return publisher.documents(number)


def edition_of(live: Catalog, documents: Documents, key: str, name: str) -> Edition:
    """The workflow of these documents with their templates, on the live tables. Raises as `edition`."""
    document = _find(live, documents, key)
    if document is None:
        known = [each for kind, each in documents if kind == 'workflow']
        raise NotFound.of('WFL-E014', value=key[:60], hint=nearest(key, known))
    definition = read_workflow({'x-key': key, 'x-ref': f'{document.get("x-key", key)}_draft', **document})
    templates = {
        each: read_template({'x-key': each, 'x-ref': f'{each}_draft', **body})
        for (kind, each), body in documents.items()
        if kind == 'template' and 'entity' in body
    }
    catalog = with_parts(live, {**live.workflows, definition.key: definition}, {**live.templates, **templates})
    rule, findings = compile_workflow(definition, catalog)
    if rule is None:
        raise Invalid(*findings)
    return Edition(name, catalog, rules_of(catalog).usable.get(rule.key, rule))


def with_parts(catalog: Catalog, workflows: Mapping[str, Any], templates: Mapping[str, Any]) -> Catalog:
    """The catalog with other workflows and templates: the same tables, and nothing kept of what was made of the old ones."""
    return replace(catalog, workflows=workflows, templates=templates, kept={})


def _usable(catalog: Catalog, key: str) -> Rule:
    rules = rules_of(catalog)
    if key in rules.broken:
        raise Invalid(*rules.broken[key])
    if key not in rules.usable:
        raise NotFound.of('WFL-E014', value=key[:60], hint=nearest(key, rules.usable))
    return rules.usable[key]


def _find(live: Catalog, documents: Documents, key: str) -> Mapping[str, Any] | None:
    """By key, or under the key that the same workflow had then."""
    found: Mapping[str, Any] | None = documents.get(('workflow', key))
    ref = live.workflows[key].ref if key in live.workflows else ''
    if found is None and ref:
        found = next((each for (kind, _), each in documents.items() if kind == 'workflow' and each.get('x-ref') == ref), None)
    return found
