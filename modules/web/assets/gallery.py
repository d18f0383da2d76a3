"""Draws the page templates with invented content into a folder, to be looked at in a browser; needs no application.

Run: python modules/web/assets/gallery.py FOLDER [--serve PORT]
"""

from __future__ import annotations

import argparse
import http.server
import io
import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader

WEB = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(WEB.parents[1]))

from modules.web.assets_manifest import VENDOR, AssetManifest  # noqa: E402
from modules.web.drawing import Drawing  # noqa: E402
from schema.base.text import begun, in_sentence  # noqa: E402

SAMPLES = Path(__file__).parent / 'gallery'


def translations(locale: str) -> Translations:
    """Texts of one locale, compiled from the catalogue on the spot."""
    path = WEB / 'translations' / locale / 'LC_MESSAGES' / 'messages.po'
    if not path.exists():
        return Translations()
    binary = io.BytesIO()
    with path.open('rb') as source:
        write_mo(binary, read_po(source, locale=locale))
    binary.seek(0)
    return Translations(binary)


def environment(locale: str, *, flashes: list[list[str]]) -> Environment:
    """Templates with the globals that the application gives them."""
    manifest = AssetManifest.read(prefix='vendor')
    made = Environment(loader=FileSystemLoader([WEB / 'templates', SAMPLES]), autoescape=True, extensions=['jinja2.ext.i18n'])
    made.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    typed = {'typed_number': str, 'when_text': lambda value, kind: value, 'when_iso': lambda value, kind: value}
    made.filters.update(in_sentence=in_sentence, begun=begun, **typed)
    made.globals.update(
        asset=manifest.url, icon=manifest.icon, csrf_token=lambda: 'token', csp_nonce=lambda: 'nonce',
        drawn=Drawing(manifest.icon, value_text),
        told_now=lambda: flashes, value_text=value_text, when_hint=str,
    )  # fmt: skip
    return made


def value_text(field: dict[str, Any], value: Any) -> str:
    """A value as people read it, near enough for samples."""
    if field['widget'] == 'money':
        return f'{int(float(value["amount"])):,}'.replace(',', '.') + ' ₫'
    if field['widget'] == 'date':
        return '/'.join(reversed(value.split('-')))
    return f'{value}%' if field['widget'] == 'percent' else str(value)


def draw(folder: Path) -> list[str]:
    """Writes every sample page in each of its locales and themes; returns the file names."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / 'vendor', ignore_errors=True)
    shutil.copytree(VENDOR, folder / 'vendor')
    shared = json.loads((SAMPLES / 'context.json').read_text(encoding='utf-8'))
    names = []
    for path in sorted(SAMPLES.glob('*.html')):
        page = shared['pages'].get(path.stem, {})
        for locale in page.get('locales', ['vi']):
            for theme in ('light', 'dark'):
                context = {**shared['common'], **shared['by_locale'][locale], **page, 'locale': locale, 'theme': theme}
                made = environment(locale, flashes=page.get('flashes', []))
                name = f'{path.stem}-{locale}-{theme}.html'
                (folder / name).write_text(made.get_template(path.name).render(context), encoding='utf-8')
                names.append(name)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--serve', type=int, metavar='PORT')
    options = parser.parse_args()
    names = draw(options.folder)
    sys.stdout.write(f'Drew {len(names)} pages into {options.folder}.\n')
    if options.serve:
        answer = partial(http.server.SimpleHTTPRequestHandler, directory=str(options.folder))
        http.server.ThreadingHTTPServer(('127.0.0.1', options.serve), answer).serve_forever()


if __name__ == '__main__':
    main()
