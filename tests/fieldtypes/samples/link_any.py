"""A link to a record of one of several entities."""

from tests.fieldtypes.samples import PLACE_NAMES, PLACES, Case, Sample

SAMPLE = Sample(
    keywords={'x-targets': ['place', 'company']},
    cases=tuple(
        Case(
            {'entity': 'place', 'uid': uid, 'label': name},
            write={'entity': 'place', 'uid': uid},
            typed={'': [uid], '.target': ['place']},
            shown=name,
            cell=name,
        )
        for uid, name in zip(PLACES, PLACE_NAMES, strict=True)
    ),
    refused=(({'entity': 'task', 'uid': PLACES[0]}, 'REC-E026'),),
)
