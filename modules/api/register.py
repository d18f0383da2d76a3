"""What the API contributes: its addresses under `/api/v1`."""

from __future__ import annotations

from flask import Blueprint

from modules.api import dispatch, schema_api, security
from modules.api.answers import add_version
from modules.registries import Registries


def register(registries: Registries) -> None:
    blueprint = Blueprint('api', __name__, url_prefix='/api/v1')
    blueprint.after_request(add_version)
    security.add_rules(blueprint)
    dispatch.add_rules(blueprint)
    schema_api.add_rules(blueprint)
    registries.blueprints.register('api', blueprint, owner=__name__)
