"""How the leak certificate tries the pages that look ahead, back and into workflows."""

from __future__ import annotations

from modules.certificate.visiting import Visit
from modules.ways import WayOut

PAGES = ('show_preview', 'show_ways', 'show_replay', 'show_compare', 'show_check', 'show_why', 'show_why_all')
ADDRESSES = ('coming_days', 'past_days', 'versions_compared', 'checked', 'why_workflow', 'why_all')


def look(visit: Visit) -> None:
    """Why a workflow did or did not start, on records in reach and out of it; coming and past days of the first workflow."""
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/workflows/why')
        visit.read(f'/api/v1/workflows/why?entity={visit.key}&uid={each.uid}')
    visit.absent('GET', f'/{visit.key}/@record/workflows/why')
    visit.absent('GET', f'/api/v1/workflows/why?entity={visit.key}&uid=@record')
    own = [each.key for each in visit.catalog.workflows.values() if each.entity == visit.key]
    for key in own[:1]:
        visit.absent('GET', f'/workflows/{key}/why?uid=@record')
        visit.absent('GET', f'/api/v1/workflows/{key}/why?uid=@record')
        for page in ('replay?days=1', 'preview', 'compare?version=live', 'check', 'ways'):
            visit.read(f'/workflows/{key}/{page}')
            if page not in {'check', 'ways'}:
                visit.read(f'/api/v1/workflows/{key}/{page}')
        visit.send('POST', f'/api/v1/workflows/{key}/check', body={})


TRACE = WayOut(
    {'en': 'Workflows: ahead, back and why', 'vi': 'Quy trình tự động: sắp tới, đã qua và vì sao'},
    (*(f'workflow_trace.{each}' for each in PAGES), *(f'workflow_trace_api.{each}' for each in ADDRESSES)), (look,),
    reading=('workflow_trace.show_check', 'workflow_trace_api.checked'),
)  # fmt: skip
