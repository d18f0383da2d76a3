"""The mark as a picture, for phones that install the application: they take no drawing. Knows no request."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw

SIZES = (180, 192, 512)
SHARP = 4  # drawn so many times larger, then made small: that smooths the edges
STROKES = (
    ((2.5, 14.5, 14.5, 2.5), '#0b6681'),
    ((9.5, 21.5, 21.5, 9.5), '#0b6681'),
    ((2.5, 9.5, 14.5, 21.5), '#85b2c0'),
    ((9.5, 2.5, 21.5, 14.5), '#85b2c0'),
)
"""The lines of web/assets/mark.svg on its 24 units, the faint ones as they look on white."""
UNITS, WIDTH, MARGIN = 24.0, 2.5, 0.22


@cache
def mark(size: int) -> bytes:
    """A PNG of `size` pixels on white, with the margin that launchers may cut away."""
    whole = size * SHARP
    picture = Image.new('RGB', (whole, whole), '#ffffff')
    pen = ImageDraw.Draw(picture)
    scale, start = whole * (1 - 2 * MARGIN) / UNITS, whole * MARGIN
    for ends, colour in reversed(STROKES):
        x1, y1, x2, y2 = (start + each * scale for each in ends)
        pen.line((x1, y1, x2, y2), fill=colour, width=round(WIDTH * scale))
        for x, y in ((x1, y1), (x2, y2)):
            radius = WIDTH * scale / 2
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    made = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(made, 'PNG', optimize=True)
    return made.getvalue()
