"""Reads requirements.lock and chooses the part a target needs; standard library only."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pin:
    """One pinned package: its lines as they stand, and which packages ask for it (empty in a lock without notes)."""

    name: str
    lines: tuple[str, ...]
    wanted_by: frozenset[str]


def normal_name(requirement: str) -> str:
    """`Psycopg[binary]>=3` → `psycopg` (PEP 503)."""
    return re.sub(r'[-_.]+', '-', re.split(r'[\[<>=!~; (]', requirement.strip(), maxsplit=1)[0]).lower()


def read_roots(setup_cfg: Path, extras: tuple[str, ...]) -> frozenset[str]:
    """Names that setup.cfg asks for directly, with the extras named."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(setup_cfg, encoding='utf-8')
    texts = [parser['options']['install_requires'], *(parser['options.extras_require'][extra] for extra in extras)]
    return frozenset(normal_name(line) for text in texts for line in text.splitlines() if line.strip())


def read_pins(lock: str) -> list[Pin]:
    """Every package of the lock, in its order."""
    blocks = re.split(r'^(?=[A-Za-z0-9])', lock, flags=re.MULTILINE)
    return [_read_pin(block) for block in blocks if '==' in block]


def _read_pin(block: str) -> Pin:
    lines = [line for line in block.splitlines() if line.strip()]
    notes = [line.strip().lstrip('#').strip() for line in lines if line.lstrip().startswith('#')]
    wanted_by = frozenset(normal_name(note.removeprefix('via')) for note in notes if note not in ('', 'via'))
    kept = tuple(line for line in lines if not line.lstrip().startswith('#'))
    return Pin(normal_name(lines[0]), kept, wanted_by)


def choose(pins: list[Pin], roots: frozenset[str]) -> list[Pin]:
    """The roots and all they need. A lock without `# via` notes cannot be parted, so all of it is chosen."""
    if not any(pin.wanted_by for pin in pins):
        return pins
    chosen = set(roots)
    while more := {pin.name for pin in pins if pin.wanted_by & chosen} - chosen:
        chosen |= more
    return [pin for pin in pins if pin.name in chosen]


def lock_for(root: Path, extras: tuple[str, ...]) -> tuple[str, int]:
    """The text of a requirements file with hashes for these extras, and how many packages it names."""
    pins = choose(read_pins((root / 'requirements.lock').read_text(encoding='utf-8')), read_roots(root / 'setup.cfg', extras))
    return '\n'.join(line for pin in pins for line in pin.lines) + '\n', len(pins)
