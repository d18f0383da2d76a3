// Owns a form of which an earlier save still waits: its kept copy knows nothing of that save, which the next one takes the place of. So
// what was typed then stands in the form again, and what cannot be shown goes along unseen. What is changed here counts.

const own = new Set(['csrf_token', 'uid', 'revision', 'draft']);
const keyOf = (name) => name.split('.')[0];

function grouped(pairs) {
  const groups = new Map();
  for (const [name, value] of pairs) {
    if (typeof value !== 'string' || own.has(name)) continue;
    const key = keyOf(name);
    groups.set(key, [...groups.get(key) ?? [], [name, value]]);
  }
  return groups;
}

const same = (one, other) => JSON.stringify(one ?? []) === JSON.stringify(other ?? []);

// Inputs that hold one text; selects whose choices come from the server, rows and switches go along unseen.
function show(form, pairs) {
  if (pairs.length !== 1) return;
  const [[name, value]] = pairs;
  const inputs = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  if (inputs.length !== 1 || !inputs[0].matches('input:not([type=hidden], [type=checkbox], [type=radio]), textarea, select')) return;
  const [input] = inputs;
  if (input.matches('select') && ![...input.options].some((option) => option.value === value)) return;
  input.value = value;
  input.tomselect?.sync();
  input.dispatchEvent(new Event('input', { bubbles: true }));
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

// `fields` are the pairs of the save that waits. Returns the names of the fields that it holds and the copy shows otherwise.
export function joinWaiting(form, fields) {
  const [typed, waiting] = [grouped(new FormData(form)), grouped(fields)];
  const changed = [...waiting.keys()].filter((key) => !same(typed.get(key), waiting.get(key)));
  for (const key of changed) show(form, waiting.get(key));
  const begun = grouped(new FormData(form));
  let sending = false;
  form.addEventListener('submit', () => {
    sending = true;
    window.setTimeout(() => { sending = false; });
  });
  form.addEventListener('formdata', ({ formData }) => {
    if (!sending) return;
    const now = grouped(formData);
    for (const key of changed) {
      if (!same(now.get(key), begun.get(key))) continue;
      for (const [name] of now.get(key) ?? []) formData.delete(name);
      for (const [name, value] of waiting.get(key)) formData.append(name, value);
    }
  });
  return changed;
}
