"""Mail templates: their entity exists, their text can be read, the fields they name exist. Rendering is not done here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import EntityView, Target, mapping

BODIES = ('subject', 'html', 'text')


def check(target: Target) -> Iterator[Finding]:
    environment = SandboxedEnvironment()
    for _, pointer, template in target.of_kind('template'):
        name = template.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        entity = target.entities.get(name) if isinstance(name, str) else None
        for part in BODIES:
            for locale, text in mapping(template.get(part)).items():
                if isinstance(text, str):
                    yield from _check_text(environment, text, f'{pointer}/{part}/{escape_pointer(locale)}', entity)


def _check_text(environment: Environment, text: str, pointer: str, entity: EntityView | None) -> Iterator[Finding]:
    try:
        tree = environment.parse(text)
        fields = [*_fields(tree)] if entity else []
    except TemplateSyntaxError as error:
        yield finding('SCH-E094', pointer, line=error.lineno, reason=error.message)
        return
    except (RecursionError, OverflowError, ValueError) as error:  # parentheses by the thousand, numbers of 5,000 digits
        yield finding('SCH-E094', pointer, line=1, reason=type(error).__name__)
        return
    if entity:
        for name in fields:
            yield from entity.unknown(name, pointer)


def _fields(tree: nodes.Template) -> Iterator[Any]:
    """Names in `record.<name>`, each once, in order."""
    names = (
        node.attr for node in tree.find_all(nodes.Getattr) if isinstance(node.node, nodes.Name) and node.node.name == 'record'
    )
    return iter(dict.fromkeys(names))
