"""Settings are read from the environment, completed with defaults, and refused with one line that names the variable."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modules.ops.settings import SettingError, Settings, embedded_socket


def read(home: Path, **given: str) -> Settings:
    return Settings.from_environment({'TRELLIS_HOME': str(home), **given})


def test_defaults_keep_everything_inside_the_home(tmp_path: Path) -> None:
    settings = read(tmp_path)

    assert (
        settings.home,
        settings.database_url,
        settings.redis_url,
        settings.embedded_redis,
        settings.mail_url,
        settings.files_url,
        settings.base_url,
        settings.port,
        settings.timezone.key,
        settings.locale,
        settings.admin_password,
    ) == (
        tmp_path,
        f'sqlite:///{tmp_path}/trellis.sqlite',
        f'unix://{embedded_socket(tmp_path)}',
        True,
        None,
        f'file://{tmp_path}/files',
        'http://127.0.0.1:8000',
        8000,
        'Asia/Ho_Chi_Minh',
        'en',
        None,
    )


def test_every_variable_is_taken_over(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        TRELLIS_DATABASE_URL='postgresql://u:p@db/crm',
        TRELLIS_REDIS_URL='redis://cache:6379/2',
        TRELLIS_MAIL_URL='smtp://mail:25',
        TRELLIS_FILES_URL='file:///srv/files',
        TRELLIS_SECRET_KEY='a secret of enough letters',
        TRELLIS_BASE_URL='https://crm.example.com/',
        TRELLIS_PORT='9000',
        TRELLIS_TIMEZONE='Europe/Paris',
        TRELLIS_LOCALE='vi',
        TRELLIS_ADMIN_PASSWORD='open sesame',
    )

    assert (
        settings.database_url,
        settings.redis_url,
        settings.embedded_redis,
        settings.mail_url,
        settings.files_url,
        settings.secret_key,
        settings.base_url,
        settings.port,
        settings.timezone.key,
        settings.locale,
        settings.admin_password,
    ) == (
        'postgresql+psycopg://u:p@db/crm',
        'redis://cache:6379/2',
        False,
        'smtp://mail:25',
        'file:///srv/files',
        'a secret of enough letters',
        'https://crm.example.com',
        9000,
        'Europe/Paris',
        'vi',
        'open sesame',
    )


@pytest.mark.parametrize('scheme', ['postgres', 'postgresql', 'postgresql+psycopg'])
def test_each_spelling_of_postgresql_gets_the_same_driver(tmp_path: Path, scheme: str) -> None:
    settings = read(tmp_path, TRELLIS_DATABASE_URL=f'{scheme}://user@host/crm')

    assert settings.database_url == 'postgresql+psycopg://user@host/crm'


@pytest.mark.parametrize(
    ('name', 'value', 'remedy'),
    [
        ('TRELLIS_PORT', 'eighty', 'from 1 to 65535'),
        ('TRELLIS_PORT', '70000', 'from 1 to 65535'),
        ('TRELLIS_DATABASE_URL', 'mysql://root:hunter2@host/crm', 'begin it with sqlite:/// or postgresql://'),
        ('TRELLIS_DATABASE_URL', 'postgresql://user:hunter2@host', 'it names no database'),
        ('TRELLIS_DATABASE_URL', 'sqlite://', 'name a file'),
        ('TRELLIS_REDIS_URL', 'http://:hunter2@host', 'begin it with redis://'),
        ('TRELLIS_MAIL_URL', 'mail.example.com', 'begin it with smtp://'),
        ('TRELLIS_MAIL_URL', 'smtp://', 'it names no host'),
        ('TRELLIS_FILES_URL', 's3://bucket', 'begin it with file://'),
        ('TRELLIS_BASE_URL', 'crm.example.com', 'begin it with http://'),
        ('TRELLIS_TIMEZONE', 'Asia/Saigon City', 'Asia/Ho_Chi_Minh'),
        ('TRELLIS_TIMEZONE', '../etc/passwd', 'Asia/Ho_Chi_Minh'),
        ('TRELLIS_LOCALE', 'fr', 'choose en or vi'),
        ('TRELLIS_SECRET_KEY', 'short', 'give a longer one'),
    ],
)
def test_a_bad_value_is_refused_by_name_without_its_password(tmp_path: Path, name: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(tmp_path, **{name: value})

    line = str(refused.value)
    assert line.startswith(f'{name}: ')
    assert remedy in line
    assert 'hunter2' not in line
    assert '\n' not in line


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / 'secret_key').stat().st_mode) == 0o600


def test_processes_that_start_together_share_one_secret_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read(tmp_path).secret_key, range(16)))

    assert len(keys) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ['secret_key']


def test_a_home_with_a_long_path_gets_a_socket_that_the_system_accepts(tmp_path: Path) -> None:
    home = tmp_path / ('deep' * 30)

    assert len(str(embedded_socket(home))) < 100
    assert embedded_socket(home) == embedded_socket(home)
    assert embedded_socket(home) != embedded_socket(home / 'other')


def test_a_home_that_is_a_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')

    with pytest.raises(Exception, match=r'cannot be written .*: set TRELLIS_HOME to a folder you own\.'):
        read(tmp_path / 'file' / 'home')
