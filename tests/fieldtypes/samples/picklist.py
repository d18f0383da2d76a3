"""One of several options."""

from tests.fieldtypes.samples import Case, Sample

OPTIONS = [{'key': key, 'label': {'en': key.title(), 'vi': vi}} for key, vi in (('cold', 'Lạnh'), ('warm', 'Ấm'))]
OPTIONS.append({'key': 'tepid', 'label': {'en': 'WARM', 'vi': 'Nóng vừa'}})
SAMPLE = Sample(
    keywords={'x-options': OPTIONS},
    cases=(Case('cold', cell='Cold'), Case('warm')),
    extremes=(Case('tepid', cell='WARM (tepid)'),),
    refused=(('hot', 'REC-E014'), (5, 'REC-E014')),
    ordered=False,
)
