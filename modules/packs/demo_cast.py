"""Owns who is who in the demonstration story: firms, people, their phones, e-mails and sentences; knows no record order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from modules.packs.demo_words import (
    Firm,
    Person,
    draw_address,
    draw_city,
    draw_firm,
    draw_landline,
    draw_mobile,
    draw_person,
    draw_tax_code,
    foreign_firm,
    foreign_person,
    load_words,
    money_text,
    round_amount,
    slug,
    spell_phone,
    weighted,
)

COMPANY_TYPES = (('prospect', 52), ('customer', 41), ('partner', 7))


@dataclass(frozen=True)
class Seat:
    """A firm at its place; `contacts` grows by the keys of its people."""

    firm: Firm
    city: dict[str, Any]
    address: str
    contacts: list[str] = field(default_factory=list)


class Cast:
    """The people and firms of one story; every phone and e-mail it gives out is given once."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng = rng
        self.today = today
        self.words = load_words()
        self.seats: dict[str, Seat] = {}
        self.known: dict[str, Person] = {}
        self.places: dict[str, Seat | None] = {}
        self.taken: set[str] = set()
        self.strangers = list(self.words['names']['foreign'])

    def once(self, value: str) -> bool:
        """True when the value had not been given out before; it is now."""
        fresh = value not in self.taken
        self.taken.add(value)
        return fresh

    def firms(self, count: int) -> Iterator[Seat]:
        """`count` firms of different names, the foreign ones spread among them."""
        foreign = [foreign_firm(row) for row in self.words['companies']['foreign']]
        every = count // len(foreign)
        for index in range(count):
            firm = foreign.pop() if foreign and index % every == every - 1 else self.new_firm()
            city = draw_city(self.rng)
            yield Seat(firm, city, draw_address(self.rng, city))

    def new_firm(self) -> Firm:
        while not self.once((firm := draw_firm(self.rng)).domain):
            continue
        return firm

    def company_wire(self, seat: Seat) -> dict[str, Any]:
        firm, rng = seat.firm, self.rng
        founded = self.today - timedelta(days=rng.randrange(400, 11000))
        while not self.once(phone := draw_landline(rng, seat.city)):
            continue
        while not self.once(tax := draw_tax_code(rng, seat.city)):
            continue
        taste = Random(phone)  # of its own, so that the rest of the story stays as it is
        return {
            'name': firm.name,
            'tax_code': tax if rng.random() < 0.85 else None,
            'type': weighted(rng, COMPANY_TYPES),
            'industry': firm.industry,
            'size': rng.choice(firm.sizes),
            'phone': phone,
            'email': f'{rng.choice(("lienhe", "vanphong", "info", "muahang"))}@{firm.domain}' if rng.random() < 0.85 else None,
            'website': f'https://www.{firm.domain}' if rng.random() < 0.7 else None,
            'founded_on': founded.isoformat() if rng.random() < 0.8 else None,
            'address': seat.address,
            'rating': taste.choice((None, None, 2, 3, 4, 5)),
            'tags': taste.sample(self.words['companies']['tags'], taste.choice((0, 0, 1, 1, 2))) or None,
            'description': rng.choice(self.words['companies']['remarks']) if rng.random() < 0.25 else None,
        }

    def seat(self, key: str, seat: Seat) -> None:
        self.seats[key] = seat

    def meet(self, key: str, person: Person, seat: Seat | None) -> None:
        """Remembers who stands behind a record; a contact also joins its firm."""
        self.known[key], self.places[key] = person, seat
        if seat and key.startswith('contact-'):
            seat.contacts.append(key)

    def person(self, seat: Seat) -> Person:
        if seat.firm.foreign and self.strangers:
            return foreign_person(self.strangers.pop(), self.rng)
        return draw_person(self.rng)

    def mobile(self) -> str:
        while not self.once(digits := draw_mobile(self.rng)):
            continue
        return spell_phone(self.rng, digits)

    def mail(self, person: Person, domain: str | None) -> str:
        names = person.full_name.split()
        host = domain or self.rng.choice(self.words['names']['mail_hosts'])
        box = (
            f'{slug(names[-1])}.{slug(names[0])}'
            if domain
            else f'{slug(names[0])}{slug(names[-1])}{self.rng.randrange(70, 100)}'
        )
        tries = 1
        while not self.once(mail := f'{box}{tries if tries > 1 else ""}@{host}'):
            tries += 1
        return mail

    def job_title(self, *, english: bool) -> str:
        title: str = weighted(self.rng, self.words['names']['titles'])['en' if english else 'vi']
        return title

    def contact_wire(self, person: Person, seat: Seat, *, surely_mailed: bool) -> dict[str, Any]:
        rng = self.rng
        mailed = surely_mailed or rng.random() < 0.86
        return {
            'salutation': person.salutation,
            'full_name': person.full_name,
            'job_title': self.job_title(english=seat.firm.foreign),
            'email': self.mail(person, seat.firm.domain if rng.random() < 0.8 else None) if mailed else None,
            'phone': person.foreign_phone or self.mobile(),
            'mobile': self.mobile() if rng.random() < 0.12 else None,
            'address': seat.address if rng.random() < 0.35 else None,
        }

    def say(self, template: str, person: Person | None, seat: Seat | None, **known: int) -> str:
        """The text with its blanks filled, those in `known` as given; ASCII templates are English ones."""
        english, rng = template.isascii(), self.rng
        who = (person.formal if english else person.polite) if person else ''
        blanks = {
            'who': who,
            'product': self.product(english=english),
            'money': money_text(round_amount(rng.triangular(30, 1400, 150)), english=english),
            'n': rng.randrange(2, 22),
            'people': rng.randrange(2, 19) * 10,
            'few': rng.randrange(2, 6),
            'year': self.today.year + 1,
            'city': seat.city['name'] if seat else draw_city(rng)['name'],
            'competitor': rng.choice(self.words['companies']['competitors']),
        }
        text = template.format_map(blanks | known)
        return '. '.join(part[:1].upper() + part[1:] for part in text.split('. '))

    def product(self, *, english: bool) -> str:
        chosen: dict[str, str] = self.rng.choice(self.words['products']['products'])
        return chosen['code'] if english else chosen['name'][:1].lower() + chosen['name'][1:]
