"""Flask-AppBuilder's view of one entity of one catalog: our pages under FAB's permission names and datamodel."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import ModelView

from modules.web import pages
from modules.web.datamodel import RecordInterface
from schema.catalog import Catalog, Entity


class EntityView(ModelView):  # type: ignore[misc]
    """Made lazily for an entity and dropped with its catalog. FAB's own bodies render every parent row and keep filters on the
    instance, so each page is overridden."""

    list = staticmethod(pages.listing.show)
    show = staticmethod(pages.record.show)
    new = staticmethod(pages.form.new)
    edit = staticmethod(pages.form.edit)
    facts = staticmethod(pages.record.facts)
    delete = staticmethod(pages.record.delete)
    restore = staticmethod(pages.record.restore)
    move = staticmethod(pages.moving.move)
    gate = staticmethod(pages.moving.gate)
    timeline = staticmethod(pages.timeline.fragment)
    timeline_more = staticmethod(pages.timeline.more)
    log = staticmethod(pages.notes.write)
    log_entry = staticmethod(pages.notes.entry)
    log_remove = staticmethod(pages.notes.remove)
    log_pin = staticmethod(pages.notes.pin)
    people = staticmethod(pages.notes.people)
    follow = staticmethod(pages.notes.follow)
    letter = staticmethod(pages.mailing.compose)
    letter_send = staticmethod(pages.mailing.send)
    matches = staticmethod(pages.matching.matches)
    delete_many = staticmethod(pages.many.delete)
    restore_many = staticmethod(pages.many.restore)
    many = staticmethod(pages.many.start)
    many_ask = staticmethod(pages.many.ask)
    many_field = staticmethod(pages.many.field)
    many_shares = staticmethod(pages.many.shares)
    take_back = staticmethod(pages.moving.take_back)
    pipeline = staticmethod(pages.moving.pipeline)
    revision = staticmethod(pages.reverting.ask)
    revert = staticmethod(pages.reverting.revert)
    peek = staticmethod(pages.record.peek)
    quick = staticmethod(pages.form.quick)
    cell = staticmethod(pages.form.cell)
    rules = staticmethod(pages.form.rules)
    board = staticmethod(pages.board.show)
    board_column = staticmethod(pages.board.column)
    board_move = staticmethod(pages.board.move)
    board_card = staticmethod(pages.board.card)
    board_fields = staticmethod(pages.board.card_fields)
    choices = staticmethod(pages.choices.records)
    count = staticmethod(pages.listing.count)
    counts = staticmethod(pages.tabs.counts)
    column = staticmethod(pages.quick_filters.column)
    filter_edit = staticmethod(pages.conditions.dialog)
    filter_use = staticmethod(pages.conditions.use)
    filter_foresee = staticmethod(pages.conditions.foresee)
    filter_faces = staticmethod(pages.conditions.faces)
    filter = staticmethod(pages.filtering.dialog)
    filter_add = staticmethod(pages.filtering.add)

    def _init_properties(self) -> None:
        self.label_columns = {key: field.definition.label for key, field in self.datamodel.entity.fields.items()}
        self.list_columns = list(self.datamodel.entity.definition.layouts.list)
        self._filters = self._base_filters = None

    def _init_forms(self) -> None:
        """Forms are rendered from layouts; FAB's would load every linked row."""

    def _init_titles(self) -> None:
        definition = self.datamodel.entity.definition
        self.list_title = self.title = definition.plural_in('en')
        self.show_title = self.add_title = self.edit_title = definition.label_in('en')


def make_view(entity: Entity, catalog: Catalog, appbuilder: Any) -> EntityView:
    """One view class per entity and version; permission names come from the physical table, so renames keep rights."""
    attributes = {
        'datamodel': RecordInterface(entity),
        'route_base': f'/{entity.key}',
        'class_permission_name': entity.definition.table,
        'base_permissions': ['can_list', 'can_show', 'can_add', 'can_edit', 'can_delete'],
    }
    view = type(f'View_{entity.definition.table}_{catalog.number}', (EntityView,), attributes)()
    view.appbuilder = appbuilder
    view.endpoint = f'entity_{entity.key}'
    return view
