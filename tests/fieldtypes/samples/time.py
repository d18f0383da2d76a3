"""Times of day."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('07:05', cell='07:05'), Case('14:30'), Case('21:00:30')),
    extremes=(Case('00:00'), Case('23:59:59')),
    refused=(('24:00', 'REC-E056'), ('9h30', 'REC-E056'), (930, 'REC-E056')),
)
