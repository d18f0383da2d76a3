"""Pages while something is open on them: menus, dialogues, editors, refusals. No address alone leads there."""

from __future__ import annotations

from dataclasses import dataclass

from tests.story.looking import DESK, NARROW, PHONE, Looker, Way

DARK_DESK, LIGHT_DESK = Way('dark', 'vi', DESK), Way('light', 'vi', DESK)
LOW_DESK = Way('light', 'en', (1280, 600))
LIGHT_PHONE, NARROW_PHONE = Way('light', 'vi', PHONE), Way('dark', 'vi', NARROW)


@dataclass(frozen=True)
class State:
    """`presses` are elements that are pressed one after the other, each once it is there; `keys` are typed after that."""

    name: str
    way: Way
    path: str
    sign: str
    presses: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def bring_about(self, looker: Looker, scene: dict[str, str]) -> None:
        looker.stand(self.way)
        looker.go(self.path.format(**scene))
        looker.until(lambda: looker.browser.execute_script("return 'ready' in document.documentElement.dataset"), 'the scripts')
        for each in self.presses:
            looker.until(lambda css=each: looker.browser.execute_script(PRESS, css), each)  # type: ignore[misc]
        for each in self.keys:
            looker.actions().send_keys(each).perform()
        looker.see(self.sign)


# By script, for a pencil shows itself under the mouse alone.
PRESS = """
const found = [...document.querySelectorAll(arguments[0])].find((each) => each.checkVisibility());
found?.click();
return Boolean(found);
"""
STATES = (
    State('map of keys', DARK_DESK, '/contact/', '#keys[open]', keys=('?',)),
    State('low window', LOW_DESK, '/operations/', '.t-rail [aria-current]'),
    State('palette', LIGHT_DESK, '/', '#palette-results a', keys=('/', 'b')),
    State('menu of a column', LIGHT_DESK, '/contact/', '#column-menu a', ('[data-column-menu]',)),
    State('further actions', DARK_DESK, '/opportunity/{uid}', '#more a', ('[data-menu="#more"]',)),
    State('picked records', LIGHT_DESK, '/contact/', '[data-selection] button', ('input[data-pick-all]',)),
    State('cell', DARK_DESK, '/company/', 'td.is-editing form', keys=('j', 'e')),
    State('fact', LIGHT_DESK, '/opportunity/{uid}', '.is-editing input', ('[data-fact=next_step] .t-edit',)),
    State('what a field is for', NARROW_PHONE, '/contact/{contact}', '.t-about-text', ('.t-about',)),
    State('drawer', NARROW_PHONE, '/', '#menu[open] a', ('[data-dialog-open="#menu"]',)),
    State('time line', LIGHT_PHONE, '/opportunity/{uid}', '.t-composer', ('[data-show-part=timeline]',)),
    State('refused form', LIGHT_PHONE, '/opportunity/new', '.t-error', ('[data-save]',)),
    State('choices', NARROW_PHONE, '/opportunity/new', '.ts-dropdown .option', ('[data-field=company] .ts-control',)),
)
