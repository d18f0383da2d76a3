"""Reads the manifest of built assets and names their addresses; knows nothing of Flask or of how assets are built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

VENDOR = Path(__file__).parent / 'static' / 'vendor'
FALLBACK_ICON = 'circle-dashed'
KEPT = 1000


class AssetsMissing(RuntimeError):
    """The front-end build has not been run, or an asset is asked for that it does not make."""


@dataclass(frozen=True)
class AssetManifest:
    """Names of built files. `prefix` is the address of the vendor folder, without a slash at its end."""

    files: Mapping[str, str]
    icons: frozenset[str]
    prefix: str = '/static/vendor'
    _sprite: str = field(init=False, default='')
    _drawn: dict[tuple[str | None, str], Markup] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, '_sprite', self.url('icons.svg'))

    @classmethod
    def read(cls, folder: Path = VENDOR, *, prefix: str = '/static/vendor') -> AssetManifest:
        """The manifest of one build. Raises: AssetsMissing when there is none or it is unreadable."""
        path = folder / 'manifest.json'
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
            return cls(files=content['files'], icons=frozenset(content['icons']), prefix=prefix)
        except FileNotFoundError as error:
            raise AssetsMissing(f'{path} is missing: run `make install` (or `npm ci && npm run build`) first.') from error
        except (ValueError, KeyError) as error:
            raise AssetsMissing(f'{path} cannot be read ({error}): run `npm run build` again.') from error

    def url(self, name: str) -> str:
        """Address of an asset by its plain name, such as `app.js`; it may be cached for a year. Raises: AssetsMissing."""
        try:
            return f'{self.prefix}/{self.files[name]}'
        except KeyError as error:
            known = ', '.join(sorted(self.files))
            raise AssetsMissing(f"The build made no '{name}'; it made: {known}.") from error

    def icon(self, name: str | None, label: str = '') -> Markup:
        """An icon of the sprite; an unknown name shows a dashed circle. Without a label it is hidden from screen readers."""
        shown = name if name in self.icons else FALLBACK_ICON
        if (found := self._drawn.get((shown, label))) is None:
            if len(self._drawn) >= KEPT:
                self._drawn.clear()
            voice = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
            found = Markup('<svg class="ti"{}><use href="{}#{}"/></svg>').format(voice, self._sprite, shown)
            self._drawn[shown, label] = found
        return found
