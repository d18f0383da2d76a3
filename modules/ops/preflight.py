"""What must hold before anything is installed or started, each breach told in one line; standard library only."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

OLDEST_PYTHON = (3, 11)


class Refusal(Exception):
    """Trellis cannot go on; the text is one line for a person and says what to do."""


def require_python(version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Raises: Refusal when this Python is too old."""
    if version[:2] < OLDEST_PYTHON:
        found = '.'.join(map(str, version[:2]))
        raise Refusal(
            f'Trellis needs Python 3.11 or newer and this is {found}: install one '
            '(Debian/Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.12).'
        )


def require_venv() -> None:
    """Raises: Refusal naming the package to install when this Python cannot make virtual environments."""
    if find_spec('venv') is None or find_spec('ensurepip') is None:
        package = f'python{sys.version_info[0]}.{sys.version_info[1]}-venv'
        raise Refusal(f'{sys.executable} cannot make virtual environments: run `sudo apt install {package}`, then make again.')


def require_writable(folder: Path, remedy: str) -> None:
    """Make the folder and prove that a file can be written in it. Raises: Refusal with the remedy."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise explain_os_error(error, folder, remedy) from error


def explain_os_error(error: OSError, folder: Path, remedy: str) -> Refusal:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(f'No disk space is left for {folder}: free some, then start again.')
    return Refusal(f'{folder} cannot be written ({error.strerror or error}): {remedy}')


def require_disk(folder: Path, megabytes: int) -> None:
    """Raises: Refusal when the disk that holds the folder has less room."""
    present = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(present).free // 2**20
    if free < megabytes:
        raise Refusal(f'{folder} has {free} MB of free disk space and {megabytes} MB are needed: free some, then start again.')


def require_port(host: str, port: int) -> None:
    """Raises: Refusal when nothing may listen there: taken, reserved, or no such address."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise Refusal(f'{host} is no address of this machine: give another with --host.') from error
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(1)
        except OSError as error:
            raise _explain_port(error, host, port) from error


def _explain_port(error: OSError, host: str, port: int) -> Refusal:
    other = f'choose another with --port {port + 1} (or TRELLIS_PORT; make run ARGS="--port {port + 1}")'
    if error.errno == errno.EADDRINUSE:
        return Refusal(f'Port {port} is in use by another program: stop it, or {other}.')
    if error.errno == errno.EACCES:
        return Refusal(f'Port {port} is reserved for the system: choose one above 1023 with --port.')
    return Refusal(f'Nothing can listen on {host}:{port} ({error.strerror}): give another address with --host.')


def home_folder(environ: os._Environ[str] | dict[str, str]) -> Path:
    """Where this installation keeps its own files."""
    return Path(environ.get('TRELLIS_HOME') or 'var').expanduser().absolute()
