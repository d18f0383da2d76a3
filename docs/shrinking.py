"""Makes a browser's PNG small: 256 colours, the frequent ones exact. Knows only true-colour PNG without interlace."""

from __future__ import annotations

import math
import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b'\x89PNG\r\n\x1a\n'
COLOURS = 256
FREQUENT = 128
SEEN = 4  # pixels that make a colour one of the picture rather than of a letter's edge
Colour = tuple[int, int, int]


def shrink(png: bytes) -> bytes:
    """The same picture with a palette; other colours become the nearest of it."""
    width, height, step, rows = _read(png)
    pixels = [list(zip(row[0::step], row[1::step], row[2::step], strict=True)) for row in rows]
    counted: Counter[Colour] = Counter()
    for row in pixels:
        counted.update(row)
    palette = _palette(counted)
    index = {colour: number for number, colour in enumerate(palette)}
    for colour in counted:
        if colour not in index:
            index[colour] = min(range(len(palette)), key=lambda number, colour=colour: _distance(palette[number], colour))  # type: ignore[misc]
    lines = b''.join(b'\0' + bytes(map(index.__getitem__, row)) for row in pixels)
    head = struct.pack('>IIBBBBB', width, height, 8, 3, 0, 0, 0)
    colours = bytes(part for colour in palette for part in colour)
    parts = ((b'IHDR', head), (b'PLTE', colours), (b'IDAT', zlib.compress(lines, 9)), (b'IEND', b''))
    return SIGNATURE + b''.join(_chunk(kind, body) for kind, body in parts)


def _palette(counted: Counter[Colour]) -> list[Colour]:
    """The most frequent colours, and those of small signs that none of these comes near."""
    palette = [colour for colour, _count in counted.most_common(FREQUENT)]
    apart = {
        colour: min(_distance(colour, other) for other in palette) * math.log1p(count)
        for colour, count in counted.items()
        if count >= SEEN
    }
    while apart and len(palette) < COLOURS:
        farthest = max(apart, key=apart.__getitem__)
        if not apart.pop(farthest):
            break
        palette.append(farthest)
        for colour in apart:
            apart[colour] = min(apart[colour], _distance(colour, farthest) * math.log1p(counted[colour]))
    return palette


def _read(png: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, bytes of a pixel, rows of bytes without filters."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _compression, _filter, interlaced = struct.unpack('>IIBBBBB', chunks[0][1])
    if (depth, interlaced) != (8, 0) or kind not in {2, 6}:
        raise ValueError(f'a PNG of depth {depth}, colour type {kind}, interlace {interlaced} is not read here')
    step = 3 if kind == 2 else 4
    raw = zlib.decompress(b''.join(body for name, body in chunks if name == b'IDAT'))
    length = width * step
    rows: list[bytes] = []
    above = bytes(length)
    for start in range(0, height * (length + 1), length + 1):
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + length], above, step)
        rows.append(above)
    return width, height, step, rows


def _unfiltered(kind: int, line: bytes, above: bytes, step: int) -> bytes:
    """https://www.w3.org/TR/png-3/#9Filter-types"""
    if kind == 0:
        return line
    if kind == 2:
        return bytes([(value + up) & 255 for value, up in zip(line, above, strict=True)])
    made = bytearray(line)
    for place in range(len(line)):
        left = made[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        guess = (left, (left + above[place]) // 2, _paeth(left, above[place], corner))[(0, 0, 0, 1, 2)[kind]]
        made[place] = (line[place] + guess) & 255
    return bytes(made)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _distance(one: Colour, other: Colour) -> int:
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from('>I', png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
