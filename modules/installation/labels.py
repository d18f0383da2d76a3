"""What `trellis doctor` tells of texts that some language lacks."""

from __future__ import annotations

from modules.runtime import Runtime
from schema.base.errors import Unavailable
from schema.labels import missing_texts

TOLD = 200


def check_labels(runtime: Runtime) -> tuple[bool, str]:
    """Missing texts fall back to another language, so they are told with their place and are no fault."""
    try:
        missing = missing_texts(runtime.catalogs.current().documents)
    except Unavailable:
        return True, 'nothing is published yet'
    if not missing:
        return True, 'every part has its texts in every language'
    told = [f'  {each.pointer}: {each.as_finding().text("en")}' for each in missing[:TOLD]]
    more = [f'  and {len(missing) - TOLD} more under /studio/labels'] if len(missing) > TOLD else []
    return True, '\n'.join([f'{len(missing)} texts are missing in a language:', *told, *more])
