"""The way to a place: the page of a map that leads there. Asks nobody; the map hears of it when somebody opens the link."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask

from schema.fieldtypes.address import one_line, parse_address
from schema.values import Address

MAP = 'https://www.google.com/maps/dir/'
"""Phones open their map program by it: https://developers.google.com/maps/documentation/urls/get-started#directions-action."""


def install(app: Flask) -> None:
    app.jinja_env.globals.update(directions_to=directions_to)


def directions_to(place: Any, *, known: bool = False) -> str:
    """`place` is an address, or words that name one; blank for what no map knows, such as a room. `known`: it is an address."""
    text = one_line(place, 'vi') if isinstance(place, Address) else str(place or '')
    known = known or isinstance(place, Address) or bool(parse_address(text).keys() - {'street'})
    return f'{MAP}?{urlencode({"api": 1, "destination": text})}' if known else ''
