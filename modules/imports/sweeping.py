"""Which imports have been kept long enough, with the files that people brought: those hold customers as records do."""

from __future__ import annotations

import shutil
from datetime import datetime

import sqlalchemy as sa

from modules.imports.keeping import FOLDER
from modules.imports.tables import import_job
from modules.installation.keeping import delete_ended
from modules.runtime import Runtime

AT_REST = ('new', 'checked', 'done', 'failed')
"""Neither waiting nor under way."""


def clear_imports(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """The row of each, its file and the file of its errors. What it wrote stays, and so does the operation that undoes it."""
    ended = (import_job.c.state.in_(AT_REST), import_job.c.created_at < cutoff)
    chosen = sa.select(import_job.c.id).where(*ended).limit(rows)
    gone = delete_ended(runtime.database, chosen, import_job.c.id, *ended)
    for job_id in gone:
        shutil.rmtree(runtime.settings.home / FOLDER / job_id, ignore_errors=True)
    return len(gone)
