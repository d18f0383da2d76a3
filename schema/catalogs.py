"""The live catalog of a process: read the version row, compile once, keep the last few for requests that pinned them."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable

from schema.base.database import Database
from schema.base.errors import Unavailable
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.versions import State, load_version, read_state

KEPT = 3


class Catalogs:
    """Thread-safe. `current()` costs one short statement; a new version is compiled by the first thread that meets it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._compiled: OrderedDict[int, Catalog] = OrderedDict()
        self.newest: Catalog | None = None
        """The one compiled last; what is compiled next goes on with what has not changed since."""
        self._uses: Counter[tuple[str, str]] = Counter()
        self._retired: list[Callable[[], None]] = [database.forget_statements]

    def state(self) -> State:
        """Raises: Unavailable MIG-E011 before the first version is there."""
        with self._database.reading() as connection:
            state = read_state(connection)
        if state is None:
            raise Unavailable.of('MIG-E011')
        return state

    def current(self) -> Catalog:
        return self.at(self.state().active)

    def at(self, number: int) -> Catalog:
        """The catalog of a version, compiled at most once per process while it is in use. Raises: NotFound MIG-E010."""
        if found := self._compiled.get(number):
            return found
        with self._lock:
            if found := self._compiled.get(number):
                return found
            former = self.newest
            known = {former.manifest['/'.join(name)]: each for name, each in former.documents.items()} if former else {}
            with self._database.reading() as connection:
                version = load_version(connection, number, known)
            catalog = compile_catalog(version, former)
            self._keep(catalog)
            return catalog

    def adopt(self, catalog: Catalog) -> None:
        """Take over a published version's catalog that this process has compiled already."""
        with self._lock:
            if catalog.number not in self._compiled:
                self._keep(catalog)

    def take_former_keys(self) -> Counter[tuple[str, str]]:
        """`{(ref of the part, former key): uses}` since the last call, over all catalogs this process has had."""
        with self._lock:
            taken, self._uses = self._uses, Counter()
            for catalog in self._compiled.values():
                taken.update(catalog.former_keys.take())
        return taken

    def when_retired(self, forget: Callable[[], None]) -> None:
        """Have `forget()` called whenever this process lets go of a catalog; what it keeps may hold it."""
        self._retired.append(forget)

    def _keep(self, catalog: Catalog) -> None:
        self._compiled[catalog.number] = self.newest = catalog
        if len(self._compiled) > KEPT:
            _, retired = self._compiled.popitem(last=False)
            self._uses.update(retired.former_keys.take())
            for forget in self._retired:
                forget()
