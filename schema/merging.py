"""What the texts of mail templates name: fields of the record, of what it is linked to, of lists of related records. Pure.

A path is a tuple: `('record', 'company', 'phone')`; `('related', 'task', 'deal', '[]', 'title')`, where `[]` stands for one of
a list, whatever the loop calls it. Renders nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

EACH = '[]'
PICKING = ('first', 'last')
UNREADABLE = (TemplateError, SyntaxError, ValueError, RecursionError, OverflowError, MemoryError)
"""What Jinja and Python's own limits raise for texts that cannot be read: parentheses by the thousand, 5,000 digits."""
_READER = SandboxedEnvironment()
# A block ends before the next one opens, or braces by the thousand would be looked at by the million.
_BLOCK = re.compile(r'\{\{(?:(?!\{\{).)*?\}\}|\{%(?:(?!\{%).)*?%\}', re.DOTALL)
_LOOP = re.compile(r'\{%[-+]?\s*for\s+([a-z_][a-z0-9_]*)\s+in\s+([a-z_][a-z0-9_.]*)')
_PATH = re.compile(r'(?<![\w.\'"])([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+)')

Path = tuple[str, ...]
Scope = Mapping[str, Path | None]


@dataclass(frozen=True)
class Named:
    path: Path
    line: int


@dataclass
class Needs:
    """What a template reads beside the record's own fields: `behind[link]` and `inside[list]` are sets of fields one step on,
    `related[entity, field]` those of records elsewhere whose field points here."""

    behind: dict[str, set[str]] = field(default_factory=dict)
    inside: dict[str, set[str]] = field(default_factory=dict)
    related: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def parse(text: str) -> nodes.Template:
    """Raises: one of `UNREADABLE`."""
    return _READER.parse(text)


def names_in(tree: nodes.Node) -> Iterator[Named]:
    """Every path that a text names, outermost first."""
    return _walk(tree, {})


def needs_of(texts: Iterator[str]) -> Needs:
    """Texts that cannot be read need nothing: filling them in says why."""
    needs = Needs()
    for text in texts:
        try:
            found = list(names_in(parse(text)))
        except UNREADABLE:
            continue
        for each in found:
            _note(needs, each.path)
    return needs


def _note(needs: Needs, path: Path) -> None:
    head, *rest = path
    if head == 'record' and len(rest) >= 2:
        if EACH in rest[1:]:
            needs.inside.setdefault(rest[0], set()).update(rest[2:3])
        else:
            needs.behind.setdefault(rest[0], set()).add(rest[1])
    elif head == 'related' and len(rest) >= 2:
        needs.related.setdefault((rest[0], rest[1]), set()).update(rest[3:4])


def _walk(node: nodes.Node, scope: Scope) -> Iterator[Named]:
    if isinstance(node, nodes.For):
        yield from _walk_loop(node, scope)
        return
    path = _path(node, scope)
    if path is not None:
        if isinstance(node, (nodes.Getattr, nodes.Getitem, nodes.Filter)):
            yield Named(path, node.lineno)
        return
    for child in node.iter_child_nodes():
        yield from _walk(child, scope)


def _walk_loop(node: nodes.For, scope: Scope) -> Iterator[Named]:
    yield from _walk(node.iter, scope)
    path = _path(node.iter, scope)
    inner = dict(scope)
    for target in node.target.find_all(nodes.Name) if not isinstance(node.target, nodes.Name) else [node.target]:
        inner[target.name] = (*path, EACH) if path is not None else None
    for child in (*node.body, *([node.test] if node.test else [])):
        yield from _walk(child, inner)
    for child in node.else_:
        yield from _walk(child, scope)


def _path(node: nodes.Node, scope: Scope) -> Path | None:
    if isinstance(node, nodes.Name):
        return scope.get(node.name, (node.name,))
    if isinstance(node, nodes.Getattr):
        holder = _path(node.node, scope)
        return (*holder, node.attr) if holder is not None else None
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        holder = _path(node.node, scope)
        named = node.arg.value if isinstance(node.arg.value, str) else EACH
        return (*holder, named) if holder is not None else None
    if isinstance(node, nodes.Filter) and node.name in PICKING and node.node is not None:
        holder = _path(node.node, scope)
        return (*holder, EACH) if holder is not None else None
    return None


class Renaming:
    """Rewrites the paths of one text. `field(entity, path)` and `entity(key)` answer the names of today, `target(entity,
    field)` the entity that a field leads to, all by today's names."""

    def __init__(
        self, field: Callable[[str, str], str], entity: Callable[[str], str], target: Callable[[str, str], str | None]
    ) -> None:
        self._field, self._entity, self._target = field, entity, target

    def text(self, text: str, entity: str) -> str:
        """Loops are followed in the order of the text; a variable keeps its meaning until another loop takes its name."""
        scope: dict[str, str] = {'record': entity}

        def block(found: re.Match[str]) -> str:
            moved = _PATH.sub(lambda path: self._renamed(path.group(), scope), found.group())
            loop = _LOOP.match(moved)
            if loop:
                scope[loop.group(1)] = self._leads_to(loop.group(2), scope)
            return moved

        return _BLOCK.sub(block, text)

    def _renamed(self, path: str, scope: Mapping[str, str]) -> str:
        head, _, rest = path.partition('.')
        if head == 'related':
            name, dot, field_name = rest.partition('.')
            entity = self._entity(name)
            return f'related.{entity}' + (f'.{self._field(entity, field_name)}' if dot else '')
        return f'{head}.{self._field(scope[head], rest)}' if scope.get(head) else path

    def _leads_to(self, path: str, scope: Mapping[str, str]) -> str:
        """The entity of the records in a list; blank when it cannot be told."""
        head, _, rest = path.partition('.')
        if head == 'related':
            return rest.partition('.')[0]
        return self._target(scope[head], rest.partition('.')[0]) or '' if scope.get(head) and rest else ''
