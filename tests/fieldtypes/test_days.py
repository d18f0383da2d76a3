"""Days and times as people write them: one table that Python and the browser both follow."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from schema.fieldtypes.days import parse_day, parse_moment, parse_time

TODAY = date(2026, 11, 22)  # a Sunday
SCRIPT = Path(__file__).resolve().parents[2] / 'modules/web/static/web/days.js'
RUN = """
import { readFileSync } from 'node:fs';
import { parseDay, parseMoment, parseTime, showDay } from '%s';
const { days, moments, times, shown } = JSON.parse(readFileSync(0, 'utf-8'));
console.log(JSON.stringify({
  days: days.map((text) => parseDay(text, '2026-11-22')), fixed: days.map((text) => parseDay(text, null)),
  moments: moments.map((text) => parseMoment(text, '2026-11-22')), times: times.map((text) => parseTime(text)),
  shown: shown.map((iso) => [showDay(iso, 'vi'), showDay(iso, 'en')]),
}));
"""
DAYS = {
    '22/11/2026': '2026-11-22', '1/2/26': '2026-02-01', '1-2-2026': '2026-02-01', '1.2.2026': '2026-02-01',
    '1 2 2026': '2026-02-01', '01022026': '2026-02-01', '010226': '2026-02-01', '20260201': '2026-02-01',
    '2026-02-01': '2026-02-01', '2026/2/1': '2026-02-01', '1/2/85': '1985-02-01', '22 Nov 2026': '2026-11-22',
    'November 22, 2026': '2026-11-22', '2 sept 2026': '2026-09-02', '22 thg 11, 2026': '2026-11-22',
    'ngày 22 tháng 11 năm 2026': '2026-11-22', '31/2/2026': None, '32/1/2026': None, '1/2-2026': None, '22 Novel 2026': None,
    '1/13/2026': None, '0/1/2026': None, '29/2/2028': '2028-02-29', '29/2/2027': None, '': None, 'xyz': None, '٣/٤/2026': None,
}  # fmt: skip
MOVING = {
    'hôm nay': '2026-11-22', 'HÔM NAY': '2026-11-22', 'today': '2026-11-22', 'mai': '2026-11-23', 'ngày kia': '2026-11-24',
    'hôm qua': '2026-11-21', '+3': '2026-11-25', '-1': '2026-11-21', '+ 2 tuần': '2026-12-06', '+1 tháng': '2026-12-22',
    '-9m': '2026-02-22', '+1y': '2027-11-22', '+9999y': None, '1/2': '2026-02-01', '22 tháng 11': '2026-11-22',
    'thứ hai': '2026-11-23', 't7': '2026-11-28', 'CN': '2026-11-29', 'sunday': '2026-11-29', '+3 sao': None,
}  # fmt: skip
MOMENTS = {
    '22/11/2026 14:30': '2026-11-22T14:30', '22/11 14h30': '2026-11-22T14:30', '14:30 22/11/2026': '2026-11-22T14:30',
    '9h30': '2026-11-22T09:30', 'mai 8:00': '2026-11-23T08:00', 'hôm nay 2:30 chiều': '2026-11-22T14:30',
    '+3 0930': '2026-11-25T09:30', '31/12/2026 8': '2026-12-31T08:00', '22/11/2026': '2026-11-22T00:00',
    '22/11/2026 14:30:05': '2026-11-22T14:30:05', '2026-11-22T14:30': '2026-11-22T14:30',
    '2026-11-22T14:30:00Z': '2026-11-22T14:30:00Z', '22/11/2026 25:00': None, '14': None, 'mai mai': None, '': None,
}  # fmt: skip
TIMES = {
    '14:30': '14:30', '9h30': '09:30', '9h': '09:00', '14 giờ': '14:00', '2:30 chiều': '14:30', '2:30 pm': '14:30',
    '12 am': '00:00',
    '13 pm': None, '24:00': None, '9:60': None, '8': None, '14:30:15': '14:30:15', '': None,
}  # fmt: skip
SHOWN = ['2026-11-02', '1985-02-28']


@pytest.mark.parametrize('text', [*DAYS, *MOVING])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert parse_day(text, TODAY) == {**DAYS, **MOVING}[text]


@pytest.mark.parametrize('text', MOVING)
def test_what_means_another_day_tomorrow_is_read_only_where_today_is_known(text: str) -> None:
    assert parse_day(text) is None


def test_times_and_moments_are_read_in_either_order() -> None:
    assert {text: parse_moment(text, TODAY) for text in MOMENTS} == MOMENTS
    assert {text: parse_time(text) for text in TIMES} == TIMES


def test_the_browser_reads_and_shows_the_same() -> None:
    asked = {'days': [*DAYS, *MOVING], 'moments': [*MOMENTS], 'times': [*TIMES], 'shown': SHOWN}
    run = ['node', '--input-type=module', '-e', RUN % SCRIPT]
    done = subprocess.run(run, input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

    told = json.loads(done.stdout)

    assert dict(zip(asked['days'], told['days'], strict=True)) == {**DAYS, **MOVING}
    assert dict(zip(asked['days'], told['fixed'], strict=True)) == {**DAYS, **dict.fromkeys(MOVING)}
    assert dict(zip(MOMENTS, told['moments'], strict=True)) == MOMENTS
    assert dict(zip(TIMES, told['times'], strict=True)) == TIMES
    assert told['shown'] == [['02/11/2026', '2 Nov 2026'], ['28/02/1985', '28 Feb 1985']]
