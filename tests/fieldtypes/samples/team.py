"""Teams."""

from tests.fieldtypes.samples import Case, Sample


def _case(name: str) -> Case:
    return Case(
        lambda uid_of: {'uid': uid_of(name), 'label': name}, write=lambda uid_of: uid_of(name),
        typed=lambda uid_of: uid_of(name), shown=name, cell=name,
    )  # fmt: skip


SAMPLE = Sample(cases=(_case('North'), _case('South')), refused=(('nobody', 'REC-E027'),), ordered=False)
