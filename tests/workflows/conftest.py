"""An installation whose clock stands where a test puts it, with a real mail server; and the shorthand of its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import make_registries
from modules.mail.tables import mail_message
from modules.ops.settings import Settings
from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from schema.texts import load_all
from tests.support.databases import ENGINES, Databases
from tests.support.servers import SmtpServer
from tests.support.site import Site, copied_site_url, warm
from tests.support.standing import Standing
from workflows.dispatcher import Dispatcher
from workflows.runner import Runner
from workflows.scheduler import Scheduler
from workflows.tables import workflow_occurrence

EVE = datetime.fromisoformat('2026-05-03T12:00:00+07:00')
EIGHT = datetime.fromisoformat('2026-05-04T08:00:00+07:00')


@dataclass
class Plant(Standing):
    """`clock` is what rules go by, `wall` what leases and retries go by; both stand still until moved together."""

    wall: FrozenClock
    smtp: SmtpServer
    runners: list[Runner] = field(default_factory=list)

    def at(self, moment: datetime) -> Plant:
        """Let it be this moment."""
        step = moment - self.clock.now()
        self.clock.move(step)
        self.wall.move(step)
        return self

    def later(self, **step: float) -> Plant:
        return self.at(self.clock.now() + timedelta(**step))

    def person(self, uid_or_name: str = '', **wire: Any) -> str:
        """A contact born on 4 May with an address, unless told otherwise; its uid."""
        name = uid_or_name or 'Lê Văn Tám'
        return self.site.create(
            'rep', 'contact', **{'full_name': name, 'email': 'tam@congty.vn', 'birthday': '1990-05-04', **wire}
        )

    def appointment(self, **wire: Any) -> str:
        """A planned one at ten on 4 May in Vietnam, to be reminded of by mail half an hour before; its uid."""
        fixed = {'title': 'Khảo sát', 'starts_at': '2026-05-04T03:00:00Z', 'remind_minutes': 30, 'remind_by': ['email']}
        return self.site.create('rep', 'appointment', **{**fixed, **wire})

    def edit(self, entity: str, uid: str, **wire: Any) -> None:
        self.runtime.write(self.site.actor('rep'), lambda store: store.update(entity, uid, wire))

    def scheduler(self, name: str = 'one') -> Scheduler:
        return Scheduler(self.runtime, f'scheduler-{name}', self.wall)

    def runner(self, name: str = 'one') -> Runner:
        made = Runner(self.runtime, f'worker-{name}', self.wall)
        self.runners.append(made)
        return made

    def tick(self) -> None:
        """One turn of scheduler, dispatcher and worker."""
        self.scheduler().tick()
        Dispatcher(self.runtime, 'dispatcher', self.wall).drain()
        self.runner().drain(20)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """`(recipient, subject)` of what arrived at the mail server, in order."""
        return [(each.recipients[0], str(each.message['Subject'])) for each in self.smtp.messages]

    @property
    def ledger(self) -> list[tuple[str, str]]:
        return [(row.occurrence, row.state) for row in self.rows(workflow_occurrence)]

    @property
    def mails(self) -> list[Any]:
        return self.rows(mail_message)


@pytest.fixture(params=ENGINES)
def seeded_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own with the sales pack and its people, on each engine."""
    with copied_site_url(databases, request.param, tmp_path) as url:
        yield url


@pytest.fixture
def plant(seeded_url: str, tmp_path: Path, smtp_server: SmtpServer, redis_url: str) -> Iterator[Plant]:
    """The day before the birthday of whoever `plant.person()` makes."""
    clock, wall = FrozenClock(EVE), FrozenClock(EVE)
    settings = Settings.from_environment({
        'TRELLIS_HOME': str(tmp_path / 'home'), 'TRELLIS_DATABASE_URL': seeded_url, 'TRELLIS_REDIS_URL': redis_url,
        'TRELLIS_MAIL_URL': f'{smtp_server.url}?from=crm@congty.vn', 'TRELLIS_LOCALE': 'vi',
    })  # fmt: skip
    load_all()
    runtime = warm(Runtime(settings, make_registries(), clock=clock))
    made = Plant(Site(runtime, settings.home), clock, wall, smtp_server)
    yield made
    for runner in made.runners:
        runner.close()
    runtime.close()
