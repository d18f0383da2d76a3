"""The TRELLIS_* environment read once into a frozen record; knows no database, web or queue library."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from modules.ops.preflight import explain_os_error, home_folder, require_writable
from modules.ops.sign_in_services import SettingError, SignInServices

DEFAULT_PORT = 8000
LOCALES = ('en', 'vi')
LONGEST_SOCKET_PATH = 100
SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Settings:
    """One installation's settings. Folders are absolute; URLs are ready for SQLAlchemy, redis-py and the mail sender.

    `mail_url` and `admin_password` are None when unset; `embedded_redis` tells that `redis_url` is the supervisor's own.
    `base_url_given` tells that the operator named the address; `proxies` counts the trusted ones in front; `outgoing_allow`
    names private hosts and networks that may be called. `events_url` is where browsers reach `trellis events`; `events_port`
    is its port when the supervisor started it on this host.
    """

    home: Path
    database_url: str
    redis_url: str
    embedded_redis: bool
    mail_url: str | None
    files_url: str
    secret_key: str
    base_url: str
    port: int
    timezone: ZoneInfo
    locale: str
    admin_password: str | None
    base_url_given: bool = False
    allowed_hosts: tuple[str, ...] = ()
    proxies: int = 0
    outgoing_allow: tuple[str, ...] = ()
    sign_in: SignInServices = field(default_factory=SignInServices)
    events_url: str = ''
    events_port: int = 0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every variable, making the home folder and its secret key when they are missing.

        Raises: SettingError naming the variable; Refusal when the home cannot be written.
        """
        given = {name: value.strip() for name, value in (os.environ if environ is None else environ).items()}
        home = home_folder(given)
        require_writable(home, 'set TRELLIS_HOME to a folder you own.')
        port = _port(given)
        return cls(
            home=home,
            database_url=_database_url(given, home),
            redis_url=_redis_url(given, home),
            embedded_redis=not given.get('TRELLIS_REDIS_URL'),
            mail_url=_url(given, 'TRELLIS_MAIL_URL', ('smtp', 'smtps')) or None,
            files_url=_url(given, 'TRELLIS_FILES_URL', ('file',)) or (home / 'files').as_uri(),
            secret_key=_secret_key(given, home),
            base_url=_url(given, 'TRELLIS_BASE_URL', ('http', 'https')).rstrip('/') or f'http://127.0.0.1:{port}',
            port=port,
            timezone=_timezone(given),
            locale=_locale(given),
            admin_password=given.get('TRELLIS_ADMIN_PASSWORD') or None,
            base_url_given=bool(given.get('TRELLIS_BASE_URL')),
            allowed_hosts=_names(given, 'TRELLIS_ALLOWED_HOSTS'),
            proxies=_count(given, 'TRELLIS_PROXIES', most=9),
            outgoing_allow=_names(given, 'TRELLIS_OUTGOING_ALLOW'),
            sign_in=SignInServices.from_environment(given),
            events_url=_url(given, 'TRELLIS_EVENTS_URL', ('http', 'https')),
            events_port=_port(given, 'TRELLIS_EVENTS_PORT') if given.get('TRELLIS_EVENTS_PORT') else 0,
        )

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith('sqlite')


def embedded_socket(home: Path) -> Path:
    """Where the embedded Valkey of this home listens: inside it, or in a short private folder when that path is too long."""
    inside = home / 'valkey' / 'valkey.sock'
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f'trellis-{os.getuid()}-{digest}' / 'valkey.sock'


def _port(given: Mapping[str, str], name: str = 'TRELLIS_PORT') -> int:
    text = given.get(name) or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise SettingError(f'{name}: {text!r} is no port number: give a whole number from 1 to 65535.')
    return int(text)


def _names(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """A list with commas, in lower case."""
    return tuple(each.strip().lower() for each in given.get(name, '').split(',') if each.strip())


def _count(given: Mapping[str, str], name: str, *, most: int) -> int:
    text = given.get(name) or '0'
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise SettingError(f'{name}: {text!r} is no number: give a whole number from 0 to {most}.')
    return int(text)


def _url(given: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    """The URL as given, or an empty string."""
    text = given.get(name, '')
    if not text:
        return ''
    scheme = urlsplit(text).scheme if '://' in text else ''
    if scheme not in schemes:
        found = f'it begins with {scheme!r}' if scheme else 'it has no ://'
        raise SettingError(f'{name}: {found}: begin it with {" or ".join(each + "://" for each in schemes)}.')
    if scheme != 'file' and not urlsplit(text).hostname:
        raise SettingError(f'{name}: it names no host: write {schemes[0]}://host[:port].')
    return text


def _database_url(given: Mapping[str, str], home: Path) -> str:
    text = given.get('TRELLIS_DATABASE_URL') or f'sqlite:///{home / "trellis.sqlite"}'
    scheme, mark, rest = text.partition('://')
    if scheme == 'sqlite' and mark:
        path = rest.removeprefix('/')
        if path in ('', ':memory:') or 'mode=memory' in path:
            raise SettingError('TRELLIS_DATABASE_URL: several processes share the database: name a file, sqlite:////path/file.')
        return f'sqlite:///{Path(path).expanduser().absolute()}'
    if scheme in ('postgres', 'postgresql', 'postgresql+psycopg') and mark:
        if not urlsplit(text).path.strip('/'):
            raise SettingError('TRELLIS_DATABASE_URL: it names no database: write postgresql://user:password@host/database.')
        return f'postgresql+psycopg://{rest}'
    found = f'it begins with {scheme!r}' if mark else 'it has no ://'
    raise SettingError(f'TRELLIS_DATABASE_URL: {found}: begin it with sqlite:/// or postgresql://.')


def _redis_url(given: Mapping[str, str], home: Path) -> str:
    text = given.get('TRELLIS_REDIS_URL', '')
    if text.startswith('unix:///'):
        return text
    return _url(given, 'TRELLIS_REDIS_URL', ('redis', 'rediss', 'unix')) or f'unix://{embedded_socket(home)}'


def _timezone(given: Mapping[str, str]) -> ZoneInfo:
    name = given.get('TRELLIS_TIMEZONE') or 'Asia/Ho_Chi_Minh'
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(
            f'TRELLIS_TIMEZONE: {name!r} is no time zone: give an IANA name such as Asia/Ho_Chi_Minh.'
        ) from error


def _locale(given: Mapping[str, str]) -> str:
    name = given.get('TRELLIS_LOCALE') or 'en'
    if name not in LOCALES:
        raise SettingError(f'TRELLIS_LOCALE: {name!r} is not offered: choose {" or ".join(LOCALES)}.')
    return name


def _secret_key(given: Mapping[str, str], home: Path) -> str:
    """The key given, else the one kept in the home; made once, readable by its owner alone."""
    key = given.get('TRELLIS_SECRET_KEY', '')
    if key:
        if len(key) < SHORTEST_SECRET:
            raise SettingError(f'TRELLIS_SECRET_KEY: it is shorter than {SHORTEST_SECRET} letters: give a longer one.')
        return key
    path = home / 'secret_key'
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding='ascii').strip()
    except OSError as error:
        raise explain_os_error(error, path, 'make it readable for this user, or set TRELLIS_SECRET_KEY.') from error


def _write_once(path: Path, text: str) -> None:
    """Two processes may start at once: whoever links the finished file first wins, nobody reads half a key."""
    draft = path.with_name(f'{path.name}.{secrets.token_hex(4)}')
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w', encoding='ascii') as stream:
        stream.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        draft.replace(path)  # this file system knows no links, so the later of two first starts wins
    finally:
        draft.unlink(missing_ok=True)
