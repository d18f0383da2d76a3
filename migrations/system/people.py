"""The metadata of FAB's security tables, reachable without a Flask application."""

from __future__ import annotations

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_appbuilder.security.sqla import models

PEOPLE: sa.MetaData = Model.metadata
USER_TABLE: str = models.User.__tablename__
