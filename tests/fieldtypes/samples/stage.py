"""Where a record stands in a pipeline."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case('open', cell='Open'), Case('talks'), Case('won')),
    refused=(('gone', 'REC-E014'),),
    labelled=False,
    ordered=False,
    imported_blank='open',
)
