"""The servers that tests stand on are the real ones."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
import redis
from selenium.webdriver import Chrome
from sqlalchemy import create_engine, text

from tests.support.postgres import PostgresServer, find_binaries, serve
from tests.support.servers import SmtpServer
from tests.support.waiting import wait_for


def test_each_engine_gives_an_empty_database_that_keeps_vietnamese(database_url: str) -> None:
    engine = create_engine(database_url)

    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE word (spelling TEXT)'))
        connection.execute(text('INSERT INTO word VALUES (:spelling)'), {'spelling': 'khách hàng'})
        kept = connection.execute(text('SELECT spelling FROM word')).scalar_one()
    engine.dispose()

    assert kept == 'khách hàng'


def test_a_database_copied_from_a_template_holds_what_it_was_filled_with(
    postgres: PostgresServer, new_postgres_url: Callable[..., str]
) -> None:
    def fill(url: str) -> None:
        with psycopg.connect(url.replace('+psycopg', ''), autocommit=True) as connection:
            connection.execute('CREATE TABLE filled AS SELECT 7 AS number')

    url = new_postgres_url(postgres.template('filled_once', fill))

    with psycopg.connect(url.replace('+psycopg', '')) as connection:
        assert connection.execute('SELECT number FROM filled').fetchall() == [(7,)]


def test_postgresql_of_the_wheel_serves_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Path, 'glob', lambda self, pattern, _glob=Path.glob: [] if 'postgresql' in str(self) else _glob(self, pattern)
    )
    binaries = find_binaries()

    assert binaries is not None
    with serve(binaries) as server:
        assert server.fresh().endswith('/test_1')


def test_redis_is_empty_for_each_test(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        found = client.dbsize()
        client.set('left', 'behind')

    assert found == 0


def test_redis_forgets_what_the_test_before_left(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.get('left') is None


def test_smtp_server_keeps_a_mail_with_its_envelope(smtp_server: SmtpServer) -> None:
    mail = EmailMessage()
    mail['Subject'] = 'Chúc mừng sinh nhật'
    mail.set_content('Chúc chị một ngày vui!')

    with smtplib.SMTP(smtp_server.host, smtp_server.port) as client:
        client.send_message(mail, 'crm@example.com', ['lan@example.com'])

    kept = [(each.sender, each.recipients, each.message['Subject']) for each in smtp_server.messages]
    assert kept == [('crm@example.com', ['lan@example.com'], 'Chúc mừng sinh nhật')]


def test_smtp_server_can_refuse(smtp_server: SmtpServer) -> None:
    smtp_server.refuse_with = '451 try later'

    with smtplib.SMTP(smtp_server.host, smtp_server.port) as client, pytest.raises(smtplib.SMTPDataError, match='try later'):
        client.sendmail('crm@example.com', ['lan@example.com'], 'x')

    assert smtp_server.messages == []


@pytest.mark.browser
def test_browser_runs_scripts_of_a_page(browser: Chrome) -> None:
    browser.get('data:text/html,<title>one</title><script>document.title = "two"</script>')

    wait_for(lambda: browser.title == 'two', 'the script to run')
