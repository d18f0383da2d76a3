"""Owns the sales pack's demonstration story: a pure, seeded stream of records; writes nothing and knows no store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from modules.packs.demo_cast import Cast, Seat
from modules.packs.demo_words import Person, draw_person, load_words, plain, round_amount, spell_phone, weighted

Wire = dict[str, Any]

SOURCES = (
    ('website', 18),
    ('facebook', 16),
    ('zalo', 12),
    ('hotline', 10),
    ('referral', 16),
    ('event', 10),
    ('email', 8),
    ('bought_list', 4),
    ('other', 6),
)
RAW_STATUSES = (('new', 42), ('calling', 18), ('screened', 12), ('converted', 10), ('unreachable', 12), ('rejected', 6))
LEAD_STAGES = (('new', 30), ('contacted', 30), ('qualified', 17), ('converted', 13), ('unqualified', 10))
DEAL_STAGES = (
    ('potential', 9), ('explore', 9), ('advise', 8), ('dropped', 5), ('survey', 14),
    ('quote', 16), ('negotiate', 12), ('contract', 6), ('won', 20), ('lost', 11),
)  # fmt: skip
LOST_REASONS = (
    ('price', 30),
    ('competitor', 25),
    ('no_budget', 15),
    ('no_need', 10),
    ('timing', 12),
    ('no_answer', 6),
    ('other', 2),
)
CLOSED = frozenset({'dropped', 'won', 'lost'})
# The first contacts: four born today (of four people's), eight within a week, one on a leap day; the rest any day of the year.
BORN_TODAY, BORN_THIS_WEEK = 4, 12
LEAP_BIRTHDAY = date(1992, 2, 29)


@dataclass(frozen=True)
class DemoRecord:
    """One record to create: `wire` by field key, a link as `{"$ref": key}` of an earlier record; `owner` is a user name."""

    entity: str
    key: str
    owner: str
    wire: Wire


def demo_records(seed: int, now: datetime, people: Sequence[str]) -> Iterator[DemoRecord]:
    """About three thousand records, links after what they point to; the same arguments give the same records.

    `now` is aware; days are counted in the pack's time zone. `people` are user names, the first keeps the catalogue.
    The last records repeat earlier ones in another spelling, so that only rules that warn match them.
    """
    story = _Story(seed, now, people)
    yield from story.products()
    yield from story.companies()
    yield from story.contacts()
    yield from story.raw_leads()
    yield from story.leads()
    yield from story.opportunities()
    yield from story.activities()
    yield from story.appointments()
    yield from story.tasks()
    yield from story.near_duplicates()


def _filled(**wire: Any) -> Wire:
    return {key: value for key, value in wire.items() if value not in (None, '')}


def _money(amount: int) -> dict[str, str]:
    return {'amount': str(amount), 'currency': 'VND'}


def _ref(key: str | None) -> dict[str, str] | None:
    return {'$ref': key} if key else None


class _Story:
    def __init__(self, seed: int, now: datetime, people: Sequence[str]) -> None:
        self.rng = Random(seed)
        self.words = load_words()
        self.counts: dict[str, int] = self.words['settings']['counts']
        self.zone = ZoneInfo(self.words['settings']['timezone'])
        self.now = now.astimezone(self.zone)
        self.today = self.now.date()
        self.people = tuple(people)
        shares = {person['user']: person['share'] for person in self.words['settings']['people']}
        self.shares = tuple((user, shares.get(user, 10)) for user in people)
        self.cast = Cast(self.rng, self.today)
        self.made: dict[str, list[DemoRecord]] = {}

    def keep(self, entity: str, owner: str, wire: Wire) -> DemoRecord:
        made = self.made.setdefault(entity, [])
        record = DemoRecord(entity, f'{entity}-{len(made) + 1:04d}', owner, wire)
        made.append(record)
        return record

    def owner(self) -> str:
        return str(weighted(self.rng, self.shares))

    def moment(self, day: date, hour: int, minute: int = 0) -> str:
        """Local office time as RFC 3339 in Z."""
        local = datetime.combine(day, time(hour, minute), self.zone)
        return local.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')

    def workday(self, offset: int) -> date:
        """The day `offset` days from today, pushed off a Sunday away from today."""
        day = self.today + timedelta(days=offset)
        return day + timedelta(days=1 if offset > 0 else -1) if offset and day.weekday() == 6 else day

    def products(self) -> Iterator[DemoRecord]:
        for product in self.words['products']['products']:
            cost = round(product['price'] * self.rng.uniform(0.58, 0.72), -4)
            rest = {'price': _money(product['price']), 'cost': _money(int(cost)), 'active': self.rng.random() < 0.94}
            yield self.keep('product', self.people[0], {**product, **rest})

    def companies(self) -> Iterator[DemoRecord]:
        for index, seat in enumerate(self.cast.firms(self.counts['company'])):
            wire = _filled(**self.cast.company_wire(seat), source=weighted(self.rng, SOURCES))
            record = self.keep('company', self.people[-1 - index] if index < len(self.people) else self.owner(), wire)
            self.cast.seat(record.key, seat)
            yield record

    def birthday(self, index: int) -> str | None:
        year = self.rng.randrange(1964, 2004)
        if index < BORN_THIS_WEEK:
            day = self.today + timedelta(days=0 if index < BORN_TODAY else index - BORN_TODAY)
            return day.replace(year=1988 if (day.month, day.day) == (2, 29) else year).isoformat()
        if index == BORN_THIS_WEEK:
            return LEAP_BIRTHDAY.isoformat()
        day = date(year, 1, 1) + timedelta(days=self.rng.randrange(365))
        return day.isoformat() if self.rng.random() < 0.75 else None

    def contacts(self) -> Iterator[DemoRecord]:
        firms = self.made['company']
        for index in range(self.counts['contact']):
            firm = firms[index] if index < len(firms) else self.rng.choice(firms)
            seat = self.cast.seats[firm.key]
            person = self.cast.person(seat)
            in_focus = index <= BORN_THIS_WEEK
            wire = _filled(
                **self.cast.contact_wire(person, seat, surely_mailed=in_focus),
                company=_ref(firm.key),
                birthday=self.birthday(index),
                source=weighted(self.rng, SOURCES),
                status=weighted(self.rng, (('new', 20), ('in_touch', 40), ('buying', 28), ('dormant', 12))),
                do_not_contact=not in_focus and self.rng.random() < 0.03,
            )
            record = self.keep('contact', firm.owner if in_focus or self.rng.random() < 0.92 else self.owner(), wire)
            self.cast.meet(record.key, person, seat)
            yield record

    def stranger(self) -> tuple[Person, Wire]:
        """Somebody of a company that is no record yet, with the fields raw leads and leads share."""
        person, company = draw_person(self.rng), self.cast.new_firm() if self.rng.random() < 0.72 else None
        mail = self.cast.mail(person, company.domain if company else None) if self.rng.random() < 0.6 else None
        phone = self.cast.mobile() if not mail or self.rng.random() < 0.85 else None
        name = company.name if company else None
        return person, _filled(
            full_name=person.full_name, company_name=name, phone=phone, email=mail, source=weighted(self.rng, SOURCES)
        )

    def raw_leads(self) -> Iterator[DemoRecord]:
        for _ in range(self.counts['raw_lead']):
            person, wire = self.stranger()
            wire.update(status=weighted(self.rng, RAW_STATUSES), note=self.rng.choice(self.words['talk']['raw_notes']))
            record = self.keep('raw_lead', self.owner(), wire)
            self.cast.meet(record.key, person, None)
            yield record

    def leads(self) -> Iterator[DemoRecord]:
        for _ in range(self.counts['lead']):
            person, wire = self.stranger()
            stage = weighted(self.rng, LEAD_STAGES)
            if stage in ('qualified', 'converted') or self.rng.random() < 0.7:
                wire['need'] = self.cast.say(self.rng.choice(self.words['deals']['needs']), person, None)
            if stage != 'new' or self.rng.random() < 0.3:
                wire['estimated_value'] = _money(round_amount(self.rng.triangular(20, 900, 90)))
            wire.update(job_title=self.cast.job_title(english=False), stage=stage)
            record = self.keep('lead', self.owner(), wire)
            self.cast.meet(record.key, person, None)
            yield record

    def opportunities(self) -> Iterator[DemoRecord]:
        customers = [firm for firm in self.made['company'] if firm.wire['type'] == 'customer']
        for _ in range(self.counts['opportunity']):
            stage = weighted(self.rng, DEAL_STAGES)
            firm = self.rng.choice(customers if stage == 'won' else self.made['company'])
            record = self.keep('opportunity', firm.owner, self.deal(stage, firm))
            contact = record.wire['contact']['$ref'] if 'contact' in record.wire else None
            self.cast.meet(
                record.key, self.cast.known[contact] if contact else draw_person(self.rng), self.cast.seats[firm.key]
            )
            yield record

    def deal(self, stage: str, firm: DemoRecord) -> Wire:
        seat = self.cast.seats[firm.key]
        plan = self.rng.choice(self.words['deals']['titles'])
        friends = [key for key in seat.contacts if self.rng.random() < 0.7] or seat.contacts[:1]
        days = -self.rng.randrange(2, 130) if stage in CLOSED else int(self.rng.triangular(-12, 95, 20))
        millions, known = self.worth(plan)
        busy = stage not in CLOSED
        return _filled(
            title=self.cast.say(plan['en' if seat.firm.foreign else 'vi'], None, seat, **known),
            company=_ref(firm.key),
            contact=_ref(self.rng.choice(friends) if friends else None),
            stage='explore' if stage == 'advise' and not friends else stage,
            amount=_money(round_amount(millions)),
            expected_close_on=self.workday(days).isoformat(),
            source=weighted(self.rng, SOURCES),
            competitor=self.rng.choice(self.words['companies']['competitors']) if self.rng.random() < 0.3 else None,
            next_step=self.cast.say(self.rng.choice(self.words['deals']['next_steps']), None, seat) if busy else None,
            lost_reason=weighted(self.rng, LOST_REASONS) if stage in ('lost', 'dropped') else None,
        )

    def worth(self, plan: dict[str, Any]) -> tuple[float, dict[str, int]]:
        """The price in millions, with the number of seats or pieces it was counted from."""
        if 'millions_each' not in plan:
            low, high = plan['millions']
            return self.rng.triangular(low, high, low * 1.4), {}
        known = {'people': self.rng.randrange(2, 19) * 10, 'few': self.rng.randrange(2, 6)}
        return known['people' if '{people}' in plan['en'] else 'few'] * self.rng.uniform(*plan['millions_each']), known

    def subject(self) -> DemoRecord:
        """What an activity, appointment or task is about; open deals and people most of all."""
        entity = weighted(self.rng, (('opportunity', 40), ('contact', 25), ('lead', 20), ('company', 8), ('raw_lead', 7)))
        return self.rng.choice(self.made[entity])

    def met(self, about: DemoRecord) -> tuple[Person, Seat | None]:
        if about.entity == 'company':
            seat = self.cast.seats[about.key]
            return (self.cast.known[seat.contacts[0]] if seat.contacts else draw_person(self.rng)), seat
        return self.cast.known[about.key], self.cast.places[about.key]

    def contact_of(self, about: DemoRecord) -> dict[str, str] | None:
        found = about.wire.get('contact')
        return found if found else _ref(about.key) if about.entity == 'contact' else None

    def talk(self, about: DemoRecord, *, english: bool) -> dict[str, Any]:
        """An activity's words that fit the subject: nobody signs for goods on a raw lead."""
        fitting = {'raw_lead': ('any',), 'lead': ('any', 'care')}.get(about.entity, ('any', 'care', 'sale'))
        rows = self.words['talk']['activities']
        chosen = self.rng.choice([row for row in rows if row['moment'] in fitting and row['body'].isascii() == english])
        ending = (
            self.rng.choice(self.words['talk']['endings'])
            if not english and chosen['result'] in ('reached', 'interested')
            else ''
        )
        return {**chosen, 'body': chosen['body'] + ending}

    def activities(self) -> Iterator[DemoRecord]:
        for index in range(self.counts['activity']):
            about = self.subject()
            person, seat = self.met(about)
            talk = self.talk(about, english=bool(seat and seat.firm.foreign))
            fresh = index < 14 and self.now.hour > 8
            day = self.today if fresh else self.workday(-int(self.rng.triangular(1, 150, 3)))
            hour = self.rng.randrange(8, min(18, self.now.hour) if fresh else 18)
            wire = _filled(
                kind=talk['kind'],
                subject=self.cast.say(talk['subject'], person, seat),
                regarding=_ref(about.key),
                happened_at=self.moment(day, hour, self.rng.randrange(0, 60, 5)),
                duration_minutes=self.rng.randint(*talk['minutes']) if talk['minutes'] else None,
                result=talk['result'],
                body=self.cast.say(talk['body'], person, seat),
            )
            yield self.keep('activity', about.owner, wire)

    def meeting(self, index: int, plan: dict[str, Any]) -> tuple[Wire, bool]:
        """Start and end of the `index`-th appointment, and whether it is over: first today, then a fortnight, then the past."""
        day = self.workday(0 if index < 14 else self.rng.randrange(1, 15) if index < 80 else -self.rng.randrange(1, 45))
        starts = datetime.combine(day, time(self.rng.randrange(8, 17), self.rng.choice((0, 0, 30, 15))), self.zone)
        ends = starts + timedelta(minutes=plan['minutes'])
        hours = {'starts_at': self.moment(day, starts.hour, starts.minute), 'ends_at': self.moment(day, ends.hour, ends.minute)}
        return hours, ends < self.now

    def appointments(self) -> Iterator[DemoRecord]:
        places = self.words['talk']['places']
        for index in range(self.counts['appointment']):
            about = self.subject()
            while about.entity == 'raw_lead':
                about = self.subject()
            _, seat = self.met(about)
            plan = self.rng.choice(self.words['talk']['appointments'])
            hours, over = self.meeting(index, plan)
            at_client = seat.address if seat else None
            wire = _filled(
                title=plan['title'],
                **hours,
                place=at_client if plan['place'] == 'client' else self.rng.choice(places[plan['place']]),
                status=weighted(self.rng, (('done', 85), ('cancelled', 15)) if over else (('planned', 95), ('cancelled', 5))),
                contact=self.contact_of(about),
                regarding=_ref(about.key),
                remind_minutes=self.rng.choice((10, 15, 30, 30, 30, 60, 1440)),
                remind_by=self.rng.choice((['popup'], ['popup'], ['popup', 'email'], ['email'])),
            )
            yield self.keep('appointment', about.owner, wire)

    def due(self, index: int) -> tuple[int, bool]:
        """Days from today of the `index`-th task, and whether it is closed: overdue, today, coming, then the past."""
        if index < 36:
            return -self.rng.randrange(1, 16), False
        if index < 140:
            return (0 if index < 54 else self.rng.randrange(1, 15)), False
        return -self.rng.randrange(1, 90), True

    def tasks(self) -> Iterator[DemoRecord]:
        for index in range(self.counts['task']):
            about = self.subject()
            person, seat = self.met(about)
            offset, closed = self.due(index)
            wire = _filled(
                title=self.cast.say(self.rng.choice(self.words['talk']['tasks']), person, seat),
                due_at=self.moment(self.workday(offset), self.rng.choice((9, 10, 11, 14, 15, 16, 17))),
                priority=weighted(self.rng, (('low', 15), ('normal', 55), ('high', 22), ('urgent', 8))),
                status=weighted(self.rng, (('done', 90), ('cancelled', 10)) if closed else (('open', 70), ('doing', 30))),
                contact=self.contact_of(about),
                regarding=_ref(about.key),
            )
            yield self.keep('task', about.owner, wire)

    def near_duplicates(self) -> Iterator[DemoRecord]:
        """The same people and firms again in another hand, without the fields a blocking rule compares."""
        for twin in self.made['contact'][40:120:16]:
            wire = {
                'full_name': plain(twin.wire['full_name']),
                'company': twin.wire['company'],
                'phone': self.respelled(twin.wire['phone']),
            }
            yield self.keep('contact', self.owner(), {**wire, 'source': 'facebook'})
        for twin in self.made['company'][30:120:30]:
            name = plain(self.cast.seats[twin.key].firm.core).upper()
            yield self.keep(
                'company',
                self.owner(),
                {'name': f'{name} CO., LTD', 'phone': twin.wire['phone'].replace(' ', ''), 'source': 'bought_list'},
            )
        for entity, field in (('lead', 'phone'), ('raw_lead', 'email')):
            for twin in [record for record in self.made[entity] if field in record.wire][20:80:20]:
                value = self.respelled(twin.wire[field]) if field == 'phone' else twin.wire[field].upper()
                yield self.keep(
                    entity, self.owner(), {'full_name': twin.wire['full_name'].upper(), field: value, 'source': 'zalo'}
                )

    def respelled(self, phone: str) -> str:
        digits = ''.join(sign for sign in phone if sign.isdigit())
        local = f'0{digits[2:]}' if digits.startswith('84') else digits
        while (other := spell_phone(self.rng, local)) == phone:
            continue
        return other
