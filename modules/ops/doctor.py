"""What `trellis doctor` looks at by itself; modules add their own checks through the registry `doctor`."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from modules.ops.preflight import Refusal, require_disk, require_python, require_writable
from modules.ops.roles import DoctorCheck, Verdict
from modules.ops.settings import Settings

MANIFEST = Path(__file__).resolve().parents[1] / 'web' / 'static' / 'vendor' / 'manifest.json'
ENOUGH_MEGABYTES = 500


def own_checks(settings: Settings) -> list[DoctorCheck]:
    """In the order a person would mend them."""
    return [
        check_python,
        partial(check_home, settings.home),
        partial(check_database, settings.database_url),
        partial(check_redis, settings),
        partial(check_assets, MANIFEST),
    ]


def examine(checks: Iterable[DoctorCheck]) -> list[Verdict]:
    return [check() for check in checks]


def check_python() -> Verdict:
    try:
        require_python()
    except Refusal as refusal:
        return Verdict('python', ok=False, note=platform.python_version(), remedy=str(refusal))
    return Verdict('python', ok=True, note=f'{platform.python_version()} at {sys.executable}')


def check_home(home: Path) -> Verdict:
    try:
        require_writable(home, 'set TRELLIS_HOME to a folder you own.')
        require_disk(home, ENOUGH_MEGABYTES)
    except Refusal as refusal:
        return Verdict('home', ok=False, note=str(home), remedy=str(refusal))
    return Verdict('home', ok=True, note=str(home))


def check_database(url: str) -> Verdict:
    """Opens a connection of its own. An SQLite file that is missing is not made."""
    path = Path(url.removeprefix('sqlite:///'))
    if url.startswith('sqlite') and not path.exists():
        return Verdict('database', ok=False, note=f'{path} is not there yet', remedy='it is made by: trellis up')
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text('SELECT 1'))
    except SQLAlchemyError as error:
        remedy = 'see that the server runs and that TRELLIS_DATABASE_URL names it with the right user'
        return Verdict('database', ok=False, note=first_line(error), remedy=remedy)
    finally:
        engine.dispose()
    return Verdict('database', ok=True, note=engine.url.render_as_string(hide_password=True))


def check_redis(settings: Settings) -> Verdict:
    client = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
    try:
        version = client.info('server').get('redis_version', '')
    except (redis.RedisError, OSError) as error:
        remedy = 'see that the server runs and that TRELLIS_REDIS_URL names it'
        if settings.embedded_redis:
            remedy = 'the embedded Valkey runs only while `trellis up` does: start that, or set TRELLIS_REDIS_URL'
        return Verdict('redis', ok=False, note=first_line(error), remedy=remedy)
    finally:
        client.close()
    return Verdict('redis', ok=True, note=f'protocol version {version}')


def check_assets(manifest: Path) -> Verdict:
    """Every file that the manifest names is there."""
    remedy = 'build them with: make install'
    try:
        files = json.loads(manifest.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        return Verdict('assets', ok=False, note=first_line(error), remedy=remedy)
    names = [name for name in dict(files.get('files', files)).values() if isinstance(name, str)]
    missing = [name for name in names if not (manifest.parent / name).exists()]
    if missing:
        return Verdict('assets', ok=False, note=f'{missing[0]} and {len(missing) - 1} more are missing', remedy=remedy)
    return Verdict('assets', ok=True, note=f'{len(names)} files')


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
