"""One of several options."""

from tests.fieldtypes.samples import Case, Sample

OPTIONS = [{'key': key, 'label': {'en': key.title(), 'vi': vi}} for key, vi in (('cold', 'Lạnh'), ('warm', 'Ấm'))]
SAMPLE = Sample(
    keywords={'x-options': OPTIONS},
    cases=(Case('cold', cell='Cold'), Case('warm')),
    refused=(('hot', 'REC-E014'), (5, 'REC-E014')),
    ordered=False,
)
