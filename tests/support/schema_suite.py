"""The official JSON Schema test suite, 2020-12: fetched once from the package registry, inside the source of `jsonschema`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schema.texts import ROOT

LOCK = ROOT / 'requirements.lock'
KEPT = Path(sys.prefix) / 'share' / 'json-schema-suite'
PATTERN = re.compile(r'^jsonschema==(?P<version>\S+) \\\n(?P<hashes>(?: +--hash=\S+(?: \\)?\n)+)', re.MULTILINE)


@dataclass(frozen=True)
class Group:
    """One schema of the suite with instances: `(instance, whether it is valid)`."""

    name: str
    schema: Any
    instances: tuple[tuple[Any, bool], ...]


def groups() -> Iterator[Group]:
    """Every group of the suite, those of the optional parts included."""
    with tarfile.open(_archive()) as archive:
        for member in archive:
            inside = member.name.split('/json/tests/draft2020-12/')
            if len(inside) != 2 or not inside[1].endswith('.json'):
                continue
            stream = archive.extractfile(member)
            assert stream is not None
            for number, group in enumerate(json.load(stream)):
                instances = tuple((test['data'], test['valid']) for test in group['tests'])
                yield Group(f'{inside[1]}/{number}', group['schema'], instances)


def _archive() -> Path:
    locked = PATTERN.search(LOCK.read_text(encoding='utf-8'))
    assert locked is not None, 'requirements.lock names no jsonschema'
    kept = KEPT / f'jsonschema-{locked["version"]}.tar.gz'
    if not kept.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            wanted = Path(folder) / 'wanted.txt'
            hashes = locked['hashes'].replace('\\\n', '').split()
            wanted.write_text(f'jsonschema=={locked["version"]} {" ".join(hashes)}\n', encoding='utf-8')
            command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--quiet', '--no-deps', '--no-binary', 'jsonschema']
            subprocess.run([*command, '--require-hashes', '--dest', folder, '--requirement', str(wanted)], check=True)
            next(Path(folder).glob('*.tar.gz')).replace(kept)
    return kept
