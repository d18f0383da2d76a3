// Starts the page: each import registers what it wires, then everything on the page is wired once.

import './toasts.js';
import './jobs.js';
import './notices.js';
import './layers.js';
import './palette.js';
import './requests.js';
import './theme_switch.js';
import './copying.js';
import './reveal.js';
import './numbers.js';
import './selects.js';
import './tags.js';
import './forms.js';
import './tabs.js';
import './transfer.js';
import './rules.js';
import './computed.js';
import './uploads.js';
import './lines.js';
import './line_rules.js';
import './cells.js';
import './lists.js';
import './columns.js';
import './grips.js';
import './record.js';
import './mentions.js';
import './matches.js';
import './board.js';
import './keyboard.js';
import './keys.js';
import { later } from './later.js';
import { comeBack } from './standing.js';
import { wire, wireAll } from './wire.js';

// Few pages hold a condition builder; its scripts come when one does.
wire('[data-condition]', async (root) => (await later.conditions()).setUp(root));
wire('[data-rich]', async (root) => (await later.rich()).setUp(root));
wire('[data-when]', async (box) => (await later.when()).setUp(box));
wireAll(document.body);
comeBack();
document.documentElement.dataset.ready = '';
