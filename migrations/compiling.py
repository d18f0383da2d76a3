"""Catalogs of versions that are not live yet, compiled once for the plan, its execution and the version that comes of it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from schema.catalog import Catalog
from schema.catalogs import Catalogs
from schema.compiling import compile_catalog
from schema.loading import Documents
from schema.versions import SchemaVersion, manifest_hash, manifest_of

KEPT = 2


class Compiler:
    """Thread-safe. Compiling is the dearest part of a publish; a plan that is applied where it was made pays it once."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs
        self._lock = threading.Lock()
        self._targets: OrderedDict[tuple[int, str], Catalog] = OrderedDict()

    def base(self, number: int) -> Catalog | None:
        """The catalog of a published version; None for 0, before the first."""
        return self._catalogs.at(number) if number else None

    def target(self, documents: Documents, number: int) -> Catalog:
        """What settled documents will be as version `number`."""
        manifest = manifest_of(documents)
        name = (number, manifest_hash(manifest))
        with self._lock:
            if name not in self._targets:
                version = SchemaVersion(number, documents, name[1])
                self._targets[name] = compile_catalog(version, self._catalogs.newest)
                if len(self._targets) > KEPT:
                    self._targets.popitem(last=False)
            return self._targets[name]

    def adopt(self, documents: Documents, number: int) -> None:
        """The version is live: hand its catalog to this process."""
        self._catalogs.adopt(self.target(documents, number))
