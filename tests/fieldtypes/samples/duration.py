"""Lengths of time."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(
        Case('PT45M', typed='45 phút', cell='0:45', shown='45 min'),
        Case('PT1H30M', write='PT90M', typed='1h30', cell='1:30', shown='1 h 30 min'),
        Case('PT48H', write='P2D', typed='2 ngày', cell='48:00'),
    ),
    extremes=(Case('PT0M', typed='0'), Case('PT26H5S', typed='26:00:05'), Case('PT878400H', typed='878400h')),
    refused=(('1h30', 'REC-E057'), ('P', 'REC-E057'), ('PT', 'REC-E057'), ('P1Y', 'REC-E057'), ('PT9999999H', 'REC-E057')),
)
