"""The API's codes: each has its text in both languages, and each text a use."""

from __future__ import annotations

import json
import re

from schema.texts import ROOT

TEXTS = json.loads((ROOT / 'modules/api/errors.json').read_text(encoding='utf-8'))


def test_texts_and_uses_agree_and_say_the_same_in_both_languages() -> None:
    sources = '\n'.join(path.read_text(encoding='utf-8') for path in (ROOT / 'modules').rglob('*.py'))

    assert set(re.findall(r"'(API-E\d{3})'", sources)) == set(TEXTS)
    for code, texts in TEXTS.items():
        assert set(texts) == {'en', 'vi'}
        assert set(texts['en']) == set(texts['vi'])
        for part, text in texts['en'].items():
            assert sorted(re.findall(r'{\w+}', text)) == sorted(re.findall(r'{\w+}', texts['vi'][part])), code
