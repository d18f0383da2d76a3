"""Yes or no."""

from tests.fieldtypes.samples import Case, Sample

SAMPLE = Sample(
    cases=(Case(False, cell='No', shown='no'), Case(True, cell='Yes', shown='yes')),
    refused=(('maybe', 'REC-E013'), (2, 'REC-E013')),
)
