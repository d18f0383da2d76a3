"""The process behind `trellis events`: one stream of server-sent events for each open page. It only says that there is news.

A page opens its stream with a token that is good for one person and a minute, and fetches what is new by the ordinary request,
which asks for rights. Redis wakes this process; the truth is in the database, which it also looks at by itself. Whatever fails
here, pages go on polling.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from redis import asyncio as redis_asyncio
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from modules.notices.stream import read
from modules.notices.tables import notice
from modules.ops.settings import Settings
from schema.base.database import Database

LOG = logging.getLogger('trellis.events')
NUDGE = 'trellis:outbox'  # what every committed unit of work publishes; see modules.runtime
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 5.0
SPARING_SECONDS = 0.2
BEAT_SECONDS = 20.0
LIFE_SECONDS = 900.0
HEAD_SECONDS, HEAD_BYTES = 10.0, 8192
MOST_STREAMS, MOST_EACH = 5000, 20
LATE = timedelta(seconds=60)
"""So long after its instant a notice may still be committed and is told at once; a later one is met by polling."""
HEAD = (
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n'
    'Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 5000\n\n'
)
"""Any origin may ask, for the token is the key and nothing but "look" is said."""
BROKEN_OFF = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)
LOOK, BEAT, GONE = b'event: look\ndata: 1\n\n', b': here\n\n', b''


@dataclass
class Streams:
    """Who listens. `queues` are by person; each holds at most one word, for "look" twice is "look"."""

    queues: dict[int, set[asyncio.Queue[bytes]]] = field(default_factory=lambda: defaultdict(set))

    @property
    def count(self) -> int:
        return sum(map(len, self.queues.values()))

    def tell(self, user_ids: set[int]) -> None:
        for user_id in user_ids & self.queues.keys():
            for queue in self.queues[user_id]:
                if queue.empty():
                    queue.put_nowait(LOOK)

    @contextlib.contextmanager
    def open(self, user_id: int) -> Iterator[asyncio.Queue[bytes]]:
        """A queue for one more page of this person."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.queues[user_id].add(queue)
        try:
            yield queue
        finally:
            self.queues[user_id].discard(queue)
            if not self.queues[user_id]:
                del self.queues[user_id]


@dataclass
class News:
    """Who has notices that were not there at the last look. What was written before the first look is no news."""

    database: Database
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _seen: set[tuple[int, datetime]] = field(default_factory=set)

    def look(self) -> set[int]:
        """Ids of people. Raises: SQLAlchemyError while the database does not answer."""
        since = max(self.begun_at, datetime.now(UTC) - LATE)
        recent = sa.select(notice.c.id, notice.c.at, notice.c.user_id).where(notice.c.at >= since)
        with self.database.reading() as connection:
            rows = {(row.id, row.at): row.user_id for row in connection.execute(recent)}
        fresh = {user_id for key, user_id in rows.items() if key not in self._seen}
        self._seen = set(rows)
        return fresh


def serve(settings: Settings, host: str, port: int, later: int | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; on `later` too, from when whoever holds that port lets go of it."""
    asyncio.run(_serve(settings, host, port, later))


async def _serve(settings: Settings, host: str, port: int, later: int | None) -> None:
    stop, wake, streams = asyncio.Event(), asyncio.Event(), Streams()
    servers: list[asyncio.Server] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(settings.database_url, pool_size=1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A stream that the end of the process cancels has ended well: asyncio would write its traceback into the log.
        with contextlib.suppress(asyncio.CancelledError, *BROKEN_OFF):
            await _answer(settings, streams, reader, writer)
        writer.close()

    async def open_on(at: int) -> None:
        servers.append(await asyncio.start_server(answer, host, at, limit=HEAD_BYTES))
        LOG.info('events on %s:%s', host, at)

    async def open_later(at: int) -> None:
        while len(servers) < 2:
            with contextlib.suppress(OSError):
                await open_on(at)
            await asyncio.sleep(AGAIN_SECONDS)

    await open_on(port)
    tasks = [asyncio.create_task(_listen(settings, wake)), asyncio.create_task(_watch(News(database), streams, wake))]
    if later is not None:
        tasks.append(asyncio.create_task(open_later(later)))
    await stop.wait()
    for task in tasks:
        task.cancel()
    for server in servers:
        server.close()
    database.dispose()


async def _answer(
    settings: Settings, streams: Streams, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:  # fmt: skip
    """One request: a probe, or a stream that lasts until the page goes or `LIFE_SECONDS` are over."""
    head = await asyncio.wait_for(reader.readuntil(b'\r\n\r\n'), HEAD_SECONDS)
    method, _, rest = head.decode('latin-1').partition(' ')
    address = urlsplit(rest.partition(' ')[0])
    if method == 'GET' and address.path == '/healthz':
        await _refuse(writer, '200 OK', 'ok\n')
        return
    user_id = read(settings.secret_key, parse_qs(address.query).get('token', [''])[0]) if method == 'GET' else None
    if user_id is None:
        await _refuse(writer, '403 Forbidden', 'no stream without a fresh token\n')
        return
    if streams.count >= MOST_STREAMS or len(streams.queues.get(user_id, ())) >= MOST_EACH:
        await _refuse(writer, '503 Service Unavailable', 'too many streams\n')
        return
    writer.write(HEAD.encode())
    await writer.drain()
    ends_at = asyncio.get_running_loop().time() + LIFE_SECONDS
    with streams.open(user_id) as queue:
        leaving = asyncio.create_task(_tell_when_gone(reader, queue))
        try:
            while asyncio.get_running_loop().time() < ends_at:
                try:
                    word = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
                except TimeoutError:
                    word = BEAT
                if word == GONE:
                    break
                writer.write(word)
                await writer.drain()
        finally:
            leaving.cancel()


async def _tell_when_gone(reader: asyncio.StreamReader, queue: asyncio.Queue[bytes]) -> None:
    """Pages that are left give their place free at once: who goes quickly through many would be refused the next stream."""
    with contextlib.suppress(*BROKEN_OFF):
        while await reader.read(HEAD_BYTES):
            pass
    queue.put_nowait(GONE)


async def _refuse(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    writer.write(
        f'HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n'
        f'Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n{text}'.encode()
    )
    await writer.drain()


async def _listen(settings: Settings, wake: asyncio.Event) -> None:
    """Redis says when something was committed; without Redis the watch looks by itself."""
    while True:
        try:
            async with redis_asyncio.from_url(settings.redis_url) as client, client.pubsub() as channel:
                await channel.subscribe(NUDGE)
                async for _message in channel.listen():
                    wake.set()
        except (RedisError, OSError):
            await asyncio.sleep(LOOK_SECONDS)


async def _watch(news: News, streams: Streams, wake: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), LOOK_SECONDS)
        wake.clear()
        if streams.count:
            try:
                streams.tell(await asyncio.to_thread(news.look))
            except SQLAlchemyError as error:
                LOG.warning('the database does not answer: %s', error)
        await asyncio.sleep(SPARING_SECONDS)
