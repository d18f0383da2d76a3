"""What proves the audit log from the command line: the doctor's check and `trellis audit verify`."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from modules.audit import chain
from modules.runtime import Runtime
from schema.base.audit import audit_entry, audit_head


def check_audit(runtime: Runtime) -> tuple[bool, str]:
    """Seals what waits, walks over the chain and says where it does not hold."""
    chain.seal(runtime.database)
    proof = chain.prove(runtime.database, runtime.clock.now())
    if proof.holds:
        return True, f'{proof.count} entries, the last is {proof.position} with hash {proof.hash[:16] or "-"}'
    more = [f'  and {proof.total - len(proof.breaches)} more'] if proof.total > len(proof.breaches) else []
    told = [f'  {each.code}: {each.text("en")} {each.hint_text("en")}' for each in proof.breaches]
    return False, '\n'.join([f'{proof.total} places of the audit log do not hold:', *told, *more])


@click.group('audit')
def audit_group() -> None:
    """The audit log."""


@audit_group.command('verify')
@click.option('--expect', metavar='HASH', default='', help='A hash that an earlier proof printed and that must still be there.')
@click.pass_obj
def verify(entry: Any, expect: str) -> None:
    """Prove that no entry was changed, removed or slipped in; prints the last hash, to be kept elsewhere."""
    runtime: Runtime = entry.runtime
    holds, text = check_audit(runtime)
    if not holds:
        raise click.ClickException(text)
    if expect and not _is_there(runtime, expect):
        raise click.ClickException(
            f'the chain holds, but {expect} is not in it: it was written anew, or retention let go of it'
        )
    with runtime.database.reading() as connection:
        last = connection.execute(sa.select(audit_head.c.hash)).scalar() or '-'
    click.echo(f'{text}\n{last}')


def _is_there(runtime: Runtime, expected: str) -> bool:
    with runtime.database.reading() as connection:
        kept = connection.execute(sa.select(audit_entry.c.id).where(audit_entry.c.hash == expected).limit(1)).first()
        return kept is not None or connection.execute(sa.select(audit_head.c.kept_hash)).scalar() == expected
