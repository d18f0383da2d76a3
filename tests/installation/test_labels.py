"""Missing texts of the live version, as `trellis doctor` tells them."""

from __future__ import annotations

from modules.installation.labels import check_labels
from tests.support.site import Site


def test_missing_texts_are_listed_by_the_doctor(sqlite_site: Site) -> None:
    assert check_labels(sqlite_site.runtime) == (True, 'every part has its texts in every language')
    publisher, admin = sqlite_site.runtime.publisher, sqlite_site.actor('admin')
    part = {'x-type': 'text', 'x-label': {'vi': 'Biển số'}}
    plan = publisher.plan({'entities': {'contact': {'properties': {'plate': part}}}}, admin)
    publisher.apply(plan.plan_id, admin)

    ok, text = check_labels(sqlite_site.runtime)

    assert ok and '/entities/contact/properties/plate/x-label' in text and 'no label in English' in text
