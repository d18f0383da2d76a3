"""Formatted text."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case(
            '<p>Một <strong>hai</strong></p><ul><li>ba &amp; bốn</li></ul>',
            cell='Một hai\nba & bốn',
            shown='ba & bốn',
            imported='<p>Một hai</p><p>ba &amp; bốn</p>',
        ),
        Case(
            '<p>điều <a href="https://a.vn" rel="noopener noreferrer nofollow">hòa</a></p>',
            shown='hòa',
            imported='<p>điều hòa</p>',
        ),
    ),
    extremes=(
        Case('<p>x</p>', write='<p onclick="x()">x<script>alert(1)</script><img src=x onerror=y></p>'),
        Case(
            '<p>a <a rel="noopener noreferrer nofollow">b</a></p>',
            write='<p style="x">a <a href="javascript:x()">b</a></p>',
            imported='<p>a b</p>',
        ),
        Case('<p>1 &lt; 2</p>'),
    ),
    refused=((5, 'REC-E002'), ('<p>' + 'x' * 50_000 + '</p>', 'REC-E003')),
    operands={'contains': ['DIEU', 'hai', '&'], 'starts_with': ['mot']},
)
