"""Which passwords open this installation now: by its settings, and by the directory beside it. Free of Flask."""

from __future__ import annotations

from modules.installation.declared import Installation
from modules.people.arriving import arrive
from modules.people.directory import find_identity
from modules.people.signing import EVERY_DOOR, Doors
from modules.runtime import Runtime
from schema.catalog import Catalog

ADMINS = 'admins'


def doors_of(runtime: Runtime, catalog: Catalog, settled: Installation) -> Doors:
    """Without another way in, passwords open to everybody, whatever the setting says: it would shut everybody out."""
    services = runtime.settings.sign_in
    if not services.any:
        return EVERY_DOOR
    admins = frozenset(key for key, role in catalog.roles.items() if role.admin)
    ldap = services.ldap

    def ask(name: str, password: str) -> int | None:
        assert ldap is not None
        identity = find_identity(ldap, name, password)
        return arrive(runtime.database, catalog, services, identity, runtime.clock.now()) if identity else None

    return Doors(admins if settled.password_sign_in == ADMINS else None, ask if ldap else None)
