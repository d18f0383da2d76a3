"""The command `trellis`: loads the application, then hands over; knows of it no more than its name."""

from __future__ import annotations

import gc
import importlib
from types import ModuleType


def load(name: str) -> ModuleType:
    """Import a module and all it stands on. Of what it makes nothing is garbage: to look for some would take a fifth longer."""
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command line's arguments, as `python -m app` does."""
    load('app').main()


if __name__ == '__main__':
    main()
