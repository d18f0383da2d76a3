// Owns how people write days and times of day: the twin of schema/fieldtypes/days.py, held to the same table of cases. Days are ISO texts,
// `today` too; null is what cannot be read. Knows no page.

const words = {
  'hom nay': 0, nay: 0, today: 0, mai: 1, 'ngay mai': 1, tomorrow: 1, kia: 2, 'ngay kia': 2, 'hom qua': -1, qua: -1, yesterday: -1, 'hom kia': -2,
};
const weekdays = Object.fromEntries([
  't2 thu2 thuhai mon monday', 't3 thu3 thuba tue tuesday', 't4 thu4 thutu wed wednesday', 't5 thu5 thunam thu thursday',
  't6 thu6 thusau fri friday', 't7 thu7 thubay sat saturday', 'cn chunhat sun sunday',
].flatMap((names, place) => names.split(' ').map((name) => [name, place])));
const shortMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const longMonths = [
  'january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december',
];
const units = {
  days: ['', 'd', 'day', 'days', 'ngay'], weeks: ['w', 'week', 'weeks', 't', 'tuan'], months: ['m', 'month', 'months', 'th', 'thang'],
  years: ['y', 'year', 'years', 'n', 'nam'],
};
const afternoon = ['pm', 'ch', 'chieu', 'toi'];
const century = 69;

function fold(text) {
  return text.toLowerCase().replaceAll('đ', 'd').normalize('NFD').replace(/\p{M}/gu, '').trim().split(/\s+/).join(' ');
}

const pad = (number, size = 2) => String(number).padStart(size, '0');
const isoOf = (moment) => `${pad(moment.getUTCFullYear(), 4)}-${pad(moment.getUTCMonth() + 1)}-${pad(moment.getUTCDate())}`;
const momentOf = (iso) => new Date(`${iso}T00:00:00Z`);
const plausible = (year) => Number(year) >= 1900 && Number(year) < 2200;

function day(year, month, date) {
  const whole = year.length === 4 ? Number(year) : Number(year) + (Number(year) < century ? 2000 : 1900);
  const iso = `${pad(whole, 4)}-${pad(month)}-${pad(date)}`;
  const moment = momentOf(iso);
  return whole > 0 && !Number.isNaN(moment.getTime()) && isoOf(moment) === iso ? iso : null;
}

function named(year, month, date) {
  const place = shortMonths.findIndex((each) => each.toLowerCase() === month.slice(0, 3));
  return place >= 0 && (month.length === 3 || longMonths[place] === month || month === 'sept') ? day(year, place + 1, date) : null;
}

function ofDigits(text, [, date, month, year]) {
  if (year.length === 2 || plausible(year)) {
    const found = day(year, month, date);
    if (found !== null || year.length === 2) return found;
  }
  return plausible(text.slice(0, 4)) ? day(text.slice(0, 4), text.slice(4, 6), text.slice(6)) : null;
}

const dated = [
  [/^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/, (text, [, year, , month, date]) => day(year, month, date)],
  [/^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})$/, (text, [, date, , month, year]) => day(year, month, date)],
  [/^(\d{2})(\d{2})(\d{4}|\d{2})$/, ofDigits],
  [/^(?:ngay )?(\d{1,2}) (?:thang|thg) (\d{1,2}),? (?:nam )?(\d{4})$/, (text, [, date, month, year]) => day(year, month, date)],
  [/^(\d{1,2}) ([a-z]{3,9})\.?,? (\d{4})$/, (text, [, date, month, year]) => named(year, month, date)],
  [/^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/, (text, [, month, date, year]) => named(year, month, date)],
];

export function shiftDay(iso, count, unit = 'days') {
  const moment = momentOf(iso);
  if (unit === 'days' || unit === 'weeks') moment.setUTCDate(moment.getUTCDate() + count * (unit === 'weeks' ? 7 : 1));
  else {
    const date = moment.getUTCDate();
    moment.setUTCDate(1);
    moment.setUTCMonth(moment.getUTCMonth() + count * (unit === 'years' ? 12 : 1));
    const last = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0)).getUTCDate();
    moment.setUTCDate(Math.min(date, last));
  }
  const year = moment.getUTCFullYear();
  return year >= 1 && year <= 9999 ? isoOf(moment) : null;
}

function moving(text, today) {
  if (text in words) return shiftDay(today, words[text]);
  const weekday = weekdays[text.replaceAll(' ', '')];
  if (weekday !== undefined) return shiftDay(today, ((weekday - ((momentOf(today).getUTCDay() + 6) % 7) - 1 + 7) % 7) + 1);
  const bare = text.match(/^(\d{1,2})\/(\d{1,2})$/) ?? text.match(/^(?:ngay )?(\d{1,2}) (?:thang|thg) (\d{1,2})$/);
  if (bare) return day(today.slice(0, 4), bare[2], bare[1]);
  const counted = text.match(/^([+-]) ?(\d{1,4}) ?([a-z]*)$/);
  const unit = counted && Object.keys(units).find((each) => units[each].includes(counted[3]));
  return unit ? shiftDay(today, Number(counted[1] + counted[2]), unit) : null;
}

export function parseDay(typed, today) {
  const text = fold(typed);
  for (const [spelling, read] of dated) {
    const found = text.match(spelling);
    if (found) return read(text, found);
  }
  return today ? moving(text, today) : null;
}

export function parseTime(typed) {
  const spoken = fold(typed).match(/^(\d{1,2})(?:\s*(?:[:.h]|gio)\s*(\d{1,2})?)?(?:[:.](\d{2}))?\s*(?:phut)?\s*(am|pm|sa|ch|sang|chieu|toi)?$/);
  if (!spoken || (spoken[2] === undefined && spoken[4] === undefined && /^\d+$/.test(typed.trim()))) return null;
  let hour = Number(spoken[1]);
  const [minute, second] = [Number(spoken[2] ?? 0), Number(spoken[3] ?? 0)];
  if (spoken[4]) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (afternoon.includes(spoken[4]) ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return null;
  return `${pad(hour)}:${pad(minute)}${second ? `:${pad(second)}` : ''}`;
}

function clockBeside(text, besideDay) {
  if (besideDay && /^\d{4}$/.test(text)) return parseTime(`${text.slice(0, 2)}:${text.slice(2)}`);
  return parseTime(besideDay && /^\d{1,2}$/.test(text) ? `${text}:00` : text);
}

export function parseMoment(typed, today) {
  const text = typed.trim();
  if (/^\d{4}-\d\d-\d\d[T ]\d\d/.test(text)) return Number.isNaN(Date.parse(text.replace(' ', 'T'))) ? null : text;
  const parts = fold(text).replaceAll(',', ' ').split(/\s+/).filter(Boolean);
  for (let cut = parts.length; cut >= 0; cut -= 1) {
    for (const [dayParts, clockParts] of [[parts.slice(0, cut), parts.slice(cut)], [parts.slice(cut), parts.slice(0, cut)]]) {
      const alone = today && clockParts.length ? today : null;
      const found = dayParts.length ? parseDay(dayParts.join(' '), today) : alone;
      const clock = clockParts.length ? clockBeside(clockParts.join(' '), dayParts.length > 0) : '00:00';
      if (found !== null && clock !== null) return `${found}T${clock}`;
    }
  }
  return null;
}

export function showDay(iso, language) {
  const [year, month, date] = iso.split('-');
  return language === 'vi' ? `${date}/${month}/${year}` : `${Number(date)} ${shortMonths[Number(month) - 1]} ${year}`;
}

export function showMoment(iso, language) {
  const [date, clock] = iso.split(/[T ]/);
  return `${showDay(date, language)} ${clock}`;
}

export const kinds = {
  date: { parse: parseDay, show: showDay }, datetime: { parse: parseMoment, show: showMoment }, time: { parse: parseTime, show: (text) => text },
};

// An instant as the person reads it, in their zone and spelling.
export function showInstant(at, zone, language) {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: zone || undefined, dateStyle: 'short', timeStyle: 'short' }).format(new Date(at));
  return showMoment(parts, language);
}

// The person's day, which need not be the browser's.
export function todayIn(zone) {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone || undefined, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date());
}
