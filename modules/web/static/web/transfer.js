// Owns the choice about a former owner's sight in a form: [data-transfer][data-waits] stands under the owner and shows itself once
// somebody else is chosen there. Without a script it is left out and the installation's setting decides.

import { wire } from './wire.js';

function place(choice) {
  const form = choice.closest('form');
  const owner = form?.querySelector('[name="owner"]');
  const field = owner?.closest('.t-field');
  if (!field) return;
  const before = owner.value;
  field.after(choice);
  owner.addEventListener('change', () => { choice.hidden = owner.value === before; });
}

wire('[data-transfer][data-waits]', place);
