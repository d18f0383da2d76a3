"""A mail server that is slow, hangs, breaks off or refuses: bounded time, nothing twice, and doubt only where there is any."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from modules.mail import sender, watching
from modules.mail.tables import mail_message
from modules.runtime import Runtime
from tests.workflows.conftest import EIGHT, Plant
from tests.workflows.test_sending import ONE_ENGINE, settle
from workflows.runner import Runner

AN, TAM = 'an@congty.vn', 'tam@congty.vn'
OPENING, DOT = '', '.'
HANGING_SECONDS = 30
ANSWERS = {OPENING: '220 here', 'DATA': '354 go on', DOT: '250 kept', 'QUIT': '221 bye'}


class BreaksOffError(Exception):
    """The server closes the connection."""


@dataclass
class Talker:
    """A server. `manner` is asked before each answer: another one, or None for the usual; `taken` is whose mails it kept."""

    manner: Manner
    url: str = ''
    over: threading.Event = field(default_factory=threading.Event)
    taken: list[str] = field(default_factory=list)


@dataclass
class Talk:
    """One connection, and whom its mail is for."""

    server: Talker
    link: socket.socket
    recipient: str = ''

    def serve(self) -> None:
        with self.link, self.link.makefile('rb') as lines:
            try:
                self._answer(OPENING)
                while raw := lines.readline():
                    line = raw.decode().strip()
                    verb = line[:4].upper()
                    self.recipient = line.split('<')[1].split('>')[0] if verb == 'RCPT' else self.recipient
                    if self._answer(verb).startswith('354'):
                        while lines.readline() not in (b'.\r\n', b''):
                            continue
                        if self._answer(DOT).startswith('250'):
                            self.server.taken.append(self.recipient)
                    if verb == 'QUIT':
                        return
            except (BreaksOffError, OSError):
                return

    def _answer(self, verb: str) -> str:
        told = self.server.manner(self, verb) or ANSWERS.get(verb, '250 fine')
        self.link.sendall(f'{told}\r\n'.encode())
        return told

    def hang(self) -> str:
        self.server.over.wait(HANGING_SECONDS)
        raise BreaksOffError

    def drip(self) -> str:
        """Says something all the time, and comes to no end."""
        while not self.server.over.wait(0.05):
            self.link.sendall(b'250-still here\r\n')
        raise BreaksOffError

    def break_off(self) -> str:
        raise BreaksOffError


Manner = Callable[[Talk, str], str | None]


@contextmanager
def talking(manner: Manner) -> Iterator[Talker]:
    talker = Talker(manner)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                link, _address = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=Talk(talker, link).serve))
            threads[-1].start()

    with socket.create_server(('127.0.0.1', 0)) as listener:
        talker.url = f'smtp://127.0.0.1:{listener.getsockname()[1]}?from=crm@congty.vn'
        door = threading.Thread(target=accept)
        door.start()
        try:
            yield talker
        finally:
            talker.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (door, *threads):
                thread.join()


def about_an(trouble: Callable[[Talk], str], at: str) -> Manner:
    """Trouble with An's mail alone, at one point of the talk."""
    return lambda talk, verb: trouble(talk) if verb == at and talk.recipient == AN else None


def slowly(_talk: Talk, _verb: str) -> None:
    time.sleep(0.1)


TROUBLE: dict[str, tuple[Manner, tuple[str, str | None]]] = {
    'is slow': (slowly, ('sent', None)),
    'hangs at the recipient': (about_an(Talk.hang, 'RCPT'), ('new', 'WFL-E111')),
    'drips at the recipient': (about_an(Talk.drip, 'RCPT'), ('new', 'WFL-E111')),
    'breaks off before the content': (about_an(Talk.break_off, 'DATA'), ('new', 'WFL-E111')),
    'hangs after the content': (about_an(Talk.hang, DOT), ('uncertain', 'WFL-E114')),
    'drips after the content': (about_an(Talk.drip, DOT), ('uncertain', 'WFL-E114')),
    'breaks off after the content': (about_an(Talk.break_off, DOT), ('uncertain', 'WFL-E114')),
    'refuses one for good': (about_an(lambda _: '550 no such person', 'RCPT'), ('failed', 'WFL-E112')),
    'refuses one for now': (about_an(lambda _: '452 too many', 'RCPT'), ('new', 'WFL-E113')),
    'refuses all by dripping at the door': (lambda talk, verb: talk.drip() if verb == OPENING else None, ('new', 'WFL-E111')),
    'refuses all for now': (lambda _talk, verb: '451 later' if verb == 'MAIL' else None, ('new', 'WFL-E113')),
    'refuses all for good': (lambda _talk, verb: '550 no' if verb == 'MAIL' else None, ('failed', 'WFL-E112')),
}


@ONE_ENGINE
def test_trouble_with_a_mail_server_takes_bounded_time_and_leaves_each_mail_its_true_fate(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = {'ANSWER_SECONDS': 1.0, 'ENVELOPE_SECONDS': 1.5, 'DOT_SECONDS': 1.5}  # a busy machine is no slow server
    for name, seconds in bounds.items():
        monkeypatch.setattr(sender, name, seconds)
    monkeypatch.setattr(watching, 'LOOK_SECONDS', 0.05)
    settle(plant, recipient_daily_cap=0)
    for name, (manner, fate) in TROUBLE.items():
        uids = [plant.person('Trần An', email=AN), plant.person('Lê Văn Tám', email=TAM)]
        plant.at(EIGHT).scheduler().tick()
        with talking(manner) as talker:
            states, took = send_by(plant, talker.url)
        alike = name.startswith('refuses all')

        assert states[AN] == fate, name
        assert states[TAM] == (fate if alike else ('sent', None)), name
        assert sorted(talker.taken) == ([] if alike else [AN, TAM] if name == 'is slow' else [TAM]), name
        assert took < HANGING_SECONDS - 5, (name, took)
        forget(plant, uids)


def send_by(plant: Plant, url: str) -> tuple[dict[str, tuple[str, str | None]], float]:
    """What became of each recipient's mail, and how many seconds it took; three turns, in which nothing may go out twice."""
    settings = replace(plant.runtime.settings, mail_url=url)
    there = Runtime(settings, plant.runtime.registries, clock=plant.clock, database=plant.runtime.database)
    runner, began = Runner(there, 'worker', plant.wall), time.monotonic()
    for _turn in range(3):
        runner.drain(5)
    took = time.monotonic() - began
    runner.close()
    return {row.recipient: (row.state, row.error and row.error['code']) for row in plant.mails}, took


def forget(plant: Plant, uids: list[str]) -> None:
    """Begin anew with the next two people."""
    with plant.runtime.database.writing() as connection:
        connection.execute(mail_message.delete())
    for uid in uids:
        plant.runtime.write(plant.site.actor('rep'), lambda store, uid=uid: store.delete('contact', uid))
