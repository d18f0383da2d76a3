"""Folding text, so that people find 'Đặng Thị Yến' by typing 'dang thi yen'."""

from __future__ import annotations

import unicodedata

_STROKES = str.maketrans({'đ': 'd', 'Đ': 'd', 'ð': 'd', 'ł': 'l', 'ø': 'o', 'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'ı': 'i'})


def is_text(text: str) -> bool:
    """Whether it can be kept at all: no NUL, no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return '\x00' not in text


def _fold(text: str) -> str:
    lowered = unicodedata.normalize('NFC', text).casefold().translate(_STROKES)
    bare = ''.join(letter for letter in unicodedata.normalize('NFD', lowered) if not unicodedata.combining(letter))
    return ' '.join(unicodedata.normalize('NFC', bare).split())


PLAIN_FROM = ''.join(
    chr(number)
    for low, high in ((0x41, 0x5A), (0xC0, 0x24F), (0x1E00, 0x1EFF))
    for number in range(low, high + 1)
    if len(_fold(chr(number))) == 1 and _fold(chr(number)) != chr(number)
)
PLAIN_TO = ''.join(map(_fold, PLAIN_FROM))
_PLAIN = str.maketrans(PLAIN_FROM, PLAIN_TO)


def fold(text: str) -> str:
    """Lower case, marks removed, đ as d, inner blanks single. The one definition for search, sort, unique and match.

    Imports fold millions of short texts, so what one table of Latin letters settles does not go letter by letter.
    """
    plainer = unicodedata.normalize('NFC', text).translate(_PLAIN)
    return ' '.join(plainer.split()) if plainer.isascii() else _fold(text)


def plain(text: str) -> str:
    """Letter by letter what `fold` makes of Latin letters, and nothing else: the same in Python, SQLite and PostgreSQL.

    Long texts have no fold column; words are found in them with this.
    """
    return text.translate(_PLAIN)


def in_sentence(label: str) -> str:
    """A label in the middle of a sentence: in lower case, but for abbreviations."""
    return ' '.join(word if len(word) > 1 and word.isupper() else word.lower() for word in label.split(' '))


def begun(sentence: str) -> str:
    """A sentence with its first letter in upper case; the others stay."""
    return sentence[:1].upper() + sentence[1:]


def tidy(text: str) -> str:
    """NFC, without control characters or blanks at the ends; line breaks stay."""
    if text.isprintable():  # no control character and no line break in it
        return unicodedata.normalize('NFC', text).strip()
    normal = unicodedata.normalize('NFC', text.replace('\r\n', '\n').replace('\r', '\n'))
    return ''.join(letter for letter in normal if letter in '\n\t' or unicodedata.category(letter) != 'Cc').strip()


def initials(name: str) -> str:
    """Two letters for an avatar: first letters of the last two words, as Vietnamese given names come last."""
    words = [word for word in name.split() if word[0].isalnum()]
    return ''.join(word[0] for word in words[-2:]).upper()
