"""`/notices/…`: what a person was told, what pops up, and what they want to hear. Everything is the person's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.notices import choices, queries, stream
from modules.notices.asking import ask_for_access
from modules.notices.choices import Choice
from modules.notices.reading import Shown, shown
from modules.notices.words import WORDS
from modules.people.pages import tongue
from modules.runtime import Runtime
from modules.web.pages.context import whole_number
from modules.web.pinning import require_actor
from schema.base.actor import Actor
from schema.base.numbers import LARGEST_ID, whole
from schema.definitions import in_locale

blueprint = Blueprint('notices', __name__, template_folder='templates')
SAVED = 303
MOST_IDS = 50


@blueprint.get('/notices/')
def index() -> ResponseReturnValue:
    """Unread notices, or all of them, newest first."""
    actor, runtime = _person()
    unread, before = request.args.get('show') != 'all', whole_number('before', 0) or None
    with runtime.database.reading() as connection:
        rows = queries.page(connection, _id(actor), unread=unread, before=before)
        count = queries.unread_count(connection, _id(actor))
    told = shown(runtime, actor, g.catalog, rows[: queries.PAGE], tongue())
    following = told[-1].id if len(rows) > queries.PAGE else None
    return render_template(
        'notices/index.html', told=told, unread=unread, count=count, counted=queries.COUNTED, following=following,
        zone=actor.zone, today=runtime.clock.now().astimezone(actor.zone).date(), words=_words(),
    )  # fmt: skip


@blueprint.get('/notices/<int:notice_id>')
def show(notice_id: int) -> ResponseReturnValue:
    """On to what the notice is about; it counts as read from then on."""
    actor, runtime = _person()
    with runtime.database.reading() as connection:
        row = queries.find(connection, _id(actor), notice_id)
    if row is None:
        abort(404)
    if row.read_at is None:
        with runtime.database.writing() as connection:
            queries.mark_read(connection, _id(actor), runtime.clock.now(), notice_id)
    found = shown(runtime, actor, g.catalog, [row], tongue())[0]
    return redirect(found.href or '/notices/?show=all')


@blueprint.post('/notices/read')
def read() -> ResponseReturnValue:
    """One notice, or all."""
    actor, runtime = _person()
    one = request.form.get('notice', '')
    with runtime.database.writing() as connection:
        queries.mark_read(connection, _id(actor), runtime.clock.now(), whole(one, LARGEST_ID))
    return redirect('/notices/', SAVED)


@blueprint.get('/notices/new')
def news() -> ResponseReturnValue:
    """How many are unread, and the ids of what is to pop up; one statement when nothing is."""
    actor, runtime = _person()
    with runtime.database.reading() as connection:
        count, rows = queries.news(connection, _id(actor), runtime.clock.now())
    return jsonify(unread=count, more=count >= queries.COUNTED, pops=[row.id for row in rows])


@blueprint.post('/notices/popped')
def popped() -> ResponseReturnValue:
    """A browser is about to show these: what no other browser took, in words."""
    actor, runtime = _person()
    ids = [each for each in (whole(sent, LARGEST_ID) for sent in request.form.get('ids', '').split(',')[:MOST_IDS]) if each]
    with runtime.database.writing() as connection:
        rows = queries.take_popups(connection, _id(actor), ids, runtime.clock.now()) if ids else []
    return jsonify(notices=[_wire(each) for each in shown(runtime, actor, g.catalog, rows, tongue()) if each.calls])


@blueprint.route('/notices/choices', methods=['GET', 'POST'])
def choose() -> ResponseReturnValue:
    """What the person wants to hear of each kind, and whether this browser may show notices."""
    actor, runtime = _person()
    if request.method == 'POST':
        wished = {
            kind: Choice(*(f'{kind}.{way}' in request.form for way in ('listed', 'popup', 'mail'))) for kind in WORDS
        }  # fmt: skip
        with runtime.database.writing() as connection:
            choices.save_choices(connection, _id(actor), wished)
        flash(_('Choices saved'), 'ok')
        return redirect('/notices/choices', SAVED)
    with runtime.database.reading() as connection:
        held = choices.choices_of(connection, _id(actor))
    return render_template('notices/choices.html', held=held, words=_words(), email=actor.email)


@blueprint.post('/notices/ask')
def ask() -> ResponseReturnValue:
    """From a page that the person's role does not open, to those who give roles."""
    actor, runtime = _person()
    names = ask_for_access(runtime, actor, g.catalog, request.form.get('place', ''), request.form.get('reason', ''))
    if names:
        flash(_('Your request is with %(names)s.', names=', '.join(names)), 'ok')
    return redirect('/', SAVED)


@blueprint.get('/notices/stream-token')
def stream_token() -> ResponseReturnValue:
    """What opens the person's own stream of `trellis events`, for a minute."""
    actor, runtime = _person()
    return jsonify(token=stream.sign(runtime.settings.secret_key, _id(actor)))


def _person() -> tuple[Actor, Runtime]:
    """Raises: Unauthenticated PRM-E011."""
    actor = require_actor()
    runtime: Runtime = g.runtime
    return actor, runtime


def _id(actor: Actor) -> int:
    assert actor.user_id is not None
    return actor.user_id


def _words() -> dict[str, dict[str, str]]:
    """`{kind: {label, help, icon}}` in the reader's language."""
    return {
        kind: {'label': in_locale(each.label, tongue()), 'help': in_locale(each.help, tongue()), 'icon': each.icon}
        for kind, each in WORDS.items()
    }


def _wire(each: Shown) -> dict[str, Any]:
    label = in_locale(WORDS[each.kind].label, tongue())
    return {'id': each.id, 'text': each.text, 'href': f'/notices/{each.id}' if each.href else '', 'label': label,
            'target': each.href, 'stays': each.kind == 'reminder'}  # fmt: skip
