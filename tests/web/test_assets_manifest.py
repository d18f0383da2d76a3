"""The manifest names built assets and icons, and says what to do when the build is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modules.web.assets_manifest import AssetManifest, AssetsMissing

MANIFEST = {'files': {'app.js': 'app.ABC.js', 'icons.svg': 'icons.1f.svg'}, 'icons': ['user', 'circle-dashed']}


@pytest.fixture
def manifest(tmp_path: Path) -> AssetManifest:
    (tmp_path / 'manifest.json').write_text(json.dumps(MANIFEST), encoding='utf-8')
    return AssetManifest.read(tmp_path, prefix='/static/vendor')


def test_an_asset_is_addressed_by_its_hashed_name(manifest: AssetManifest) -> None:
    assert manifest.url('app.js') == '/static/vendor/app.ABC.js'


def test_an_unknown_asset_names_those_that_were_built(manifest: AssetManifest) -> None:
    with pytest.raises(AssetsMissing, match=r"made no 'studio/editor\.js'; it made: app\.js, icons\.svg"):
        manifest.url('studio/editor.js')


def test_a_missing_build_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match='run `make install`'):
        AssetManifest.read(tmp_path)


def test_a_half_written_manifest_asks_for_a_new_build(tmp_path: Path) -> None:
    (tmp_path / 'manifest.json').write_text('{"files": {', encoding='utf-8')

    with pytest.raises(AssetsMissing, match='run `npm run build` again'):
        AssetManifest.read(tmp_path)


@pytest.mark.parametrize(
    ('name', 'shown'), [('user', 'user'), ('"><script>', 'circle-dashed'), (None, 'circle-dashed')],
    ids=['known', 'markup typed as a name', 'none'],
)  # fmt: skip
def test_an_icon_is_drawn_from_the_sprite_and_an_unknown_one_falls_back(
    manifest: AssetManifest, name: str | None, shown: str
) -> None:
    drawn = f'<svg class="ti" aria-hidden="true"><use href="/static/vendor/icons.1f.svg#{shown}"/></svg>'

    assert manifest.icon(name) == drawn


def test_the_label_of_an_icon_is_escaped(manifest: AssetManifest) -> None:
    assert 'aria-label="a &#34; b"' in manifest.icon('user', 'a " b')
