"""The `Entry` that app.py puts into click's `ctx.obj`: settings and runtime, each made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Protocol

from modules.ops.roles import DoctorCheck, FirstStart, Prepare, Role, Say, Verdict
from modules.ops.settings import Settings
from modules.registries import Registries


class HasRegistries(Protocol):
    """The part of `modules.runtime.Runtime` that is asked for here."""

    registries: Registries


class LazyEntry:
    """`LazyEntry(make_runtime, prepare)`: `make_runtime(settings)` is called at most once, and never for `trellis up`."""

    def __init__(self, make_runtime: Callable[[Settings], HasRegistries], prepare: Prepare) -> None:
        self._make_runtime = make_runtime
        self._prepare = prepare

    @cached_property
    def _settings(self) -> Settings:
        return Settings.from_environment()

    @cached_property
    def runtime(self) -> HasRegistries:
        return self._make_runtime(self._settings)

    def settings(self) -> Settings:
        return self._settings

    def prepare(self, settings: Settings, demo: bool, say: Say) -> FirstStart:
        return self._prepare(settings, demo, say)

    def role(self, name: str) -> Role:
        """`registries.processes[name]`, a `run(runtime, stop_event)`, with its runtime given."""
        return partial(self.runtime.registries.processes.get(name), self.runtime)

    def doctor_checks(self) -> Iterable[DoctorCheck]:
        """`registries.doctor[name]`, each a `check(runtime) -> (ok, text)`."""
        doctor = self.runtime.registries.doctor
        return [partial(self._examine, name, doctor.get(name)) for name in doctor.keys()]  # noqa: SIM118 - a registry iterates over its entries

    def _examine(self, name: str, check: Callable[[HasRegistries], tuple[bool, str]]) -> Verdict:
        ok, text = check(self.runtime)
        return Verdict(name, ok=ok, note=text)
