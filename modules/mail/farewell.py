"""The last lines of a bulk mail: how to ask for quiet. Sends nothing and knows no table."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from modules.mail.rendering import Rendered

WORDS = {
    'en': ('You get this mail as a contact of {company}.', 'Unsubscribe'),
    'vi': ('Quý khách nhận thư này vì là khách hàng liên hệ của {company}.', 'Hủy nhận thư'),
}
STYLE = 'margin:24px 0 0;padding-top:12px;border-top:1px solid #e3e6ea;color:#667085;font-size:12px'


def add_farewell(rendered: Rendered, link: str, company: str) -> Rendered:
    """The mail with the unsubscribe link below both its parts, in the language of the mail."""
    told, verb = WORDS.get(rendered.locale, WORDS['en'])
    told = told.format(company=company)
    footer = f'<p style="{STYLE}">{escape(told)} <a href="{escape(link)}" style="color:#667085">{verb}</a></p>'
    head, end, tail = rendered.html.rpartition('</body>')
    html = f'{head}{footer}{end}{tail}' if end else rendered.html
    return replace(rendered, html=html, text=f'{rendered.text.rstrip()}\n\n--\n{told}\n{verb}: {link}\n')
