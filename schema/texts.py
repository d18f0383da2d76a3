"""The catalogue of findings' texts: every package's `errors.json`, brought together at start."""

from __future__ import annotations

from pathlib import Path

from schema.base.findings import load_texts

ROOT = Path(__file__).parent.parent
FOLDERS = ('schema', 'schema/conditions', 'schema/formulas', 'migrations', 'permissions', 'modules', 'modules/*', 'workflows')


def find_catalogues(root: Path = ROOT) -> list[Path]:
    """Paths of all `errors.json` of the product, sorted."""
    return sorted(path for folder in FOLDERS for path in root.glob(f'{folder}/errors.json'))


def load_all(root: Path = ROOT) -> None:
    """Load every catalogue; loading again is harmless. Raises: ValueError when two files claim a code with other texts."""
    for path in find_catalogues(root):
        load_texts(path)
