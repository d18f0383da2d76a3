// Owns Studio's small helpers: rows that are added and taken out, and reloading the editor when the type changes.
// [data-rows] holds li rows; the one with data-row-blank is the pattern; [data-row-add], [data-row-remove];
// select[data-reload] goes to its address with everything that was typed in the form.

function renumber(form) {
  form.querySelectorAll('[data-sortable] > li').forEach((row, number) => {
    for (const box of row.querySelectorAll('input[name^="stage.requires."]')) box.name = `stage.requires.${number}`;
  });
}

function addRow(holder) {
  const blank = holder.querySelector('[data-row-blank]');
  const row = blank.cloneNode(true);
  blank.removeAttribute('data-row-blank');
  for (const field of row.querySelectorAll('input:not([type=checkbox]), textarea')) field.value = '';
  for (const box of row.querySelectorAll('input[type=checkbox]')) box.checked = false;
  for (const select of row.querySelectorAll('select')) select.selectedIndex = 0;
  blank.after(row);
  row.querySelector('input:not([type=hidden]), select').focus();
  return row;
}

document.addEventListener('click', (event) => {
  const add = event.target.closest('[data-row-add]');
  const remove = event.target.closest('[data-row-remove]');
  const holder = (add || remove)?.closest('[data-rows]');
  if (!holder) return;
  if (add) addRow(holder);
  else {
    const row = remove.closest('li');
    if (row.hasAttribute('data-row-blank')) for (const field of row.querySelectorAll('input')) field.value = '';
    else row.remove();
  }
  renumber(holder.closest('form'));
  holder.closest('form').dispatchEvent(new Event('input', { bubbles: true }));
});

document.addEventListener('reordered', (event) => {
  const form = event.target.closest('form');
  if (form) renumber(form);
});

document.addEventListener('change', (event) => {
  const select = event.target.closest('select[data-reload]');
  if (!select) return;
  const { form } = select;
  const typed = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== 'csrf_token'));
  form.removeAttribute('data-guard');
  window.location.assign(`${select.dataset.reload}?${typed}#field-editor`);
});
