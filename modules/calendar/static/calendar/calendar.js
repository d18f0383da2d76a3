// Owns the calendar page: the grid on wide screens, on phones that of one day or the list of days; dragging, resizing, pointing at a time,
// by finger after a long press.
// [data-calendar] carries show, day, events (address), agenda (address), new (address), words. Every change goes to the server, which
// may refuse; then the event goes back where it was. After 'calendar-changed' and 'undone' the events are asked for again.

import { Calendar } from 'fullcalendar';
import dayGrid from 'fullcalendar/daygrid';
import interaction from 'fullcalendar/interaction';
import vi from 'fullcalendar/locales/vi';
import classic from 'fullcalendar/themes/classic';
import timeGrid from 'fullcalendar/timegrid';
import { icon, make } from '../../../web/static/web/dom.js';
import { getJson, goneType, post } from '../../../web/static/web/net.js';
import { htmx } from '../../../web/static/web/requests.js';
import { showError, showToast } from '../../../web/static/web/toasts.js';

const narrow = window.matchMedia('(width < 768px)');
const views = { day: 'timeGridDay', week: 'timeGridWeek', month: 'dayGridMonth' };
const clock = { hour: '2-digit', minute: '2-digit', hour12: false };
const minute = 60000;
const snapMilliseconds = 15 * minute;
const usualStart = '07:00:00';

const local = (date) => date.toISOString().slice(0, 19);
const dialogue = (url) => htmx.ajax('GET', url, { target: '#layer', swap: 'innerHTML' });

function address(url, fields) {
  const made = new URL(url, window.location.href);
  for (const [name, value] of Object.entries(fields)) made.searchParams.set(name, value);
  return made.pathname + made.search;
}

// Promises 'this', 'following' or 'all'; '' when it is to be put back.
function askScope() {
  const dialog = document.getElementById('calendar-scope');
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'go' ? dialog.querySelector('input:checked').value : '');
    }, { once: true });
  });
}

// What has no end is moved without one; made longer or shorter it gets one.
async function tellServer({ event, revert, endDelta }, grid) {
  const { entity, uid, revision, at, endless } = event.extendedProps;
  const scope = at ? await askScope() : 'all';
  if (!scope) { revert(); return; }
  const end = event.end && (!endless || event.allDay || endDelta) ? local(event.end) : '';
  const url = `/calendar/${entity}/${uid}/move`;
  const fields = { start: local(event.start), end, all_day: event.allDay ? '1' : '', revision, at, scope, new_uid: globalThis.crypto.randomUUID?.() ?? '' };
  try {
    const answer = await post(url, fields);
    if (answer.kept) {
      document.body.dispatchEvent(new Event('kept'));
      return;
    }
    showToast({ text: answer.text, undo: answer.undo });
    document.getElementById('announce').textContent = answer.text;
    grid.refetchEvents();
  } catch (error) {
    revert();
    if (error.problem?.type === goneType) {
      htmx.ajax('POST', url, { target: '#layer', swap: 'innerHTML', values: fields }); // which tells what became of it
      grid.refetchEvents();
      return;
    }
    showError(error);
    if (error.status === 409) grid.refetchEvents();
  }
}

function drawn({ event, timeText, view }, words) {
  const month = view.type === views.month;
  const { hue, state, place, clashText, at, who, endless } = event.extendedProps;
  const length = event.allDay ? 0 : (event.end ?? event.start) - event.start;
  const short = month || event.allDay || length < 75 * minute;
  const names = ['t-slotted', `t-hue-${hue}`];
  if (state !== 'open') names.push('is-done');
  if (state === 'cancelled') names.push('is-cancelled');
  if (short) names.push('is-short');
  if (month || (!event.allDay && length <= 30 * minute)) names.push('is-tiny');
  if (clashText) names.push('is-clash');
  const box = make('div', names.join(' '));
  const title = make('b', '', month && !event.allDay ? `${timeText.split('–')[0].trim()} ${event.title}` : event.title);
  if (clashText) title.prepend(icon('alert-triangle'), ' ');
  if (at) title.append(' ', icon('repeat'));
  const when = event.allDay ? '' : (endless ? timeText.split('–')[0].trim() : timeText);
  box.append(title, make('span', '', [when, who, short ? '' : place].filter(Boolean).join(' · ')));
  box.title = [event.title, when, who, place, clashText, state === 'open' ? '' : words[state], at ? words.repeats : ''].filter(Boolean).join(' · ');
  return { domNodes: [box] };
}

function dayHead({ date, isToday, view }, locale) {
  const box = make('div', `t-dayhead${isToday ? ' is-on' : ''}`);
  const name = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(date);
  box.append(name);
  if (view.type !== 'dayGridMonth') box.append(make('b', '', String(date.getUTCDate())));
  return { domNodes: [box] };
}

async function eventsOf(root, info) {
  const answer = await getJson(address(root.dataset.events, { start: local(info.start), end: local(info.end) })).catch((error) => {
    showError(error);
    throw error;
  });
  if (answer.more) showToast({ kind: 'warn', text: answer.more });
  return answer.events;
}

// What scrolls is reached by keyboard also when no event is in it, by its first hour or day, however often the grid draws these anew.
function makeReachable(root) {
  for (const each of root.querySelectorAll('div')) {
    if (getComputedStyle(each).overflowY === 'auto') (each.querySelector('[role=gridcell]') ?? each).tabIndex = 0;
  }
}

function keepReachable(root) {
  let due = 0;
  new MutationObserver(() => {
    due ||= requestAnimationFrame(() => {
      due = 0;
      makeReachable(root);
    });
  }).observe(root, { childList: true, subtree: true });
}

function setUpGrid(root) {
  keepReachable(root);
  const words = JSON.parse(root.dataset.words);
  const { locale, show, day } = root.dataset;
  // The hours begin with the usual working day, or with what is planned before it.
  let looked = false;
  const showEarliest = (events) => {
    if (looked || !events.length) return;
    looked = true;
    const [first] = events.filter((event) => !event.allDay).map((event) => event.startStr.slice(11, 19)).sort();
    if (first && first < usualStart) grid.scrollToTime(`${first.slice(0, 2)}:00:00`);
  };
  const add = (fields) => root.dataset.new && dialogue(address(root.dataset.new, fields));
  const grid = new Calendar(root, {
    plugins: [dayGrid, timeGrid, interaction, classic], locales: [vi], locale, firstDay: 1, timeZone: 'UTC',
    initialView: views[show] ?? views.week, initialDate: day, now: () => `${nowIn()}`, nowIndicator: true, headerToolbar: false, height: '100%',
    scrollTime: usualStart, slotDuration: '00:30', snapDuration: '00:15', expandRows: true,
    allDayText: words.all_day, slotEventOverlap: false, slotHeaderFormat: clock, slotHeaderInterval: '01:00', eventTimeFormat: clock,
    slotHeaderInnerClass: 't-hint', allDayHeaderInnerClass: 't-hint', eventColor: 'transparent', eventDisplay: 'block', dayMaxEvents: true,
    moreLinkContent: ({ num }) => words.more.replace('{n}', num),
    editable: true, selectable: Boolean(root.dataset.new), selectMirror: true, longPressDelay: 300, eventInteractive: true,
    dayHeaderContent: (info) => dayHead(info, locale), eventContent: (info) => drawn(info, words),
    events: (info) => eventsOf(root, info), eventsSet: (events) => requestAnimationFrame(() => showEarliest(events)),
    dayCellDidMount: ({ el }) => el.removeAttribute('aria-label'), // the day's number and its events name it
    eventDrop: (change) => tellServer(change, grid), eventResize: (change) => tellServer(change, grid),
    eventClick: ({ event, jsEvent }) => { jsEvent.preventDefault(); dialogue(event.extendedProps.href); },
    select: ({ start, end, allDay }) => {
      // A press that was not drawn out means the half hour it fell into, and as long as such things usually take.
      if (!allDay && end - start === snapMilliseconds) add({ start: local(new Date(start - (start % (2 * snapMilliseconds)))) });
      else add({ start: local(start), end: local(end), ...(allDay ? { all_day: '1' } : {}) });
      grid.unselect();
    },
  });
  grid.render();
  return grid;
}

// The grid counts in UTC with the person's own clock in it; the server sent what time it is there.
function nowIn() {
  const { today, zone } = document.getElementById('calendar').dataset;
  if (!zone) return `${today}T00:00:00`;
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).formatToParts(new Date()).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:00`;
}

// A series of weeks takes place on the day on which it begins.
function moveWeekday(form, iso) {
  const drawn = form.querySelector('[name=on_first]');
  if (!drawn || !iso) return;
  const boxOf = (day) => form.querySelector(`[name=on][value="${day}"]`);
  const day = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(`${iso}T00:00:00Z`).getUTCDay()];
  if (drawn.value !== day) boxOf(drawn.value).checked = false;
  boxOf(day).checked = true;
  drawn.value = day;
}

function showList(place, url) {
  return htmx.ajax('GET', url, { target: place, swap: 'innerHTML' });
}

function setUp(root) {
  let grid = null;
  let list = document.querySelector('[data-calendar-agenda]');
  const arrange = () => {
    if (!root) return;
    const phone = narrow.matches && root.dataset.show !== 'day';
    root.hidden = phone;
    if (phone && !list) {
      list = make('div', 't-white t-agenda-pane');
      list.dataset.url = root.dataset.agenda;
      root.after(list);
      showList(list, list.dataset.url);
    }
    if (list) list.hidden = !phone;
    if (!phone) grid ??= setUpGrid(root);
  };
  const again = () => {
    grid?.refetchEvents();
    if (list && !list.hidden) showList(list, list.dataset.url);
  };
  narrow.addEventListener('change', arrange);
  document.body.addEventListener('calendar-changed', again);
  document.body.addEventListener('undone', again);
  arrange();
}

document.addEventListener('change', ({ target }) => {
  const form = target.closest('[data-calendar-choose]');
  if (form) {
    if (target.value === '*' && target.checked) for (const box of form.querySelectorAll('[name=who]')) box.checked = box === target;
    else if (target.name === 'who') form.querySelector('[name=who][value="*"]').checked = false;
    form.requestSubmit();
  }
  if (target.matches('[data-event-whole]')) {
    for (const part of target.form.querySelectorAll('[data-event-clock]')) part.hidden = target.checked;
  }
  if (target.matches('[data-event-kind]')) {
    const [day, from] = ['#event-day', '#event-from'].map((part) => target.form.querySelector(part)?.dataset.iso);
    const text = target.form.querySelector('[data-event-title] input')?.value ?? '';
    dialogue(address('/calendar/new', { entity: target.value, text, ...(day ? { start: `${day}T${from || '09:00'}` } : {}) }));
  }
  if (target.matches('#event-day')) {
    moveWeekday(target.form, target.dataset.iso);
    const last = target.form.querySelector('#event-last');
    if (last && last.dataset.iso < target.dataset.iso) {
      last.value = target.value;
      last.dataset.iso = target.dataset.iso;
    }
  }
});
for (const form of document.querySelectorAll('[data-calendar-choose] [data-calendar-apply]')) form.hidden = true;
setUp(document.querySelector('[data-calendar]'));
document.documentElement.dataset.calendar = 'ready';
