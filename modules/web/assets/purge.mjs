// Cuts Tabler's sheet (620 KB) down to what pages use: classes found in templates, scripts and Python files, plus the
// families below, which authors of new pages may count on without a thought for this file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PurgeCSS } from 'purgecss';

const families = [
  /^(m|p)[tbsexy]?-(n?[0-6]|auto)$/, /^gap-\d$/, /^g-\d$/, /^d-(none|block|inline|flex|grid|inline-flex|inline-block)$/,
  /^(row|col|col-auto|col-\d+|col-(md|lg)-\d+|container|container-fluid)$/,
  /^(flex|align|justify-content|order)-[a-z-]+\d?$/, /^text-(start|end|center|reset|truncate|nowrap|wrap|break|muted|body|danger)$/,
  /^(w|h)-(25|50|75|100|auto)$/, /^(fw|fs|lh)-/, /^overflow-/, /^position-/, /^visually-hidden/, /^(top|start|end|bottom)-0$/,
  /^(btn|btn-primary|btn-danger|btn-sm|btn-lg|btn-group|btn-close|btn-loading)$/,
  /^form-(control|select|check|label|hint|switch|text|range)/, /^(is-invalid|invalid-feedback|is-valid)$/, /^input-group/,
  /^(table|table-sm|table-responsive|badge|card|card-body|card-header|card-title|card-footer|spinner-border)$/,
  /^(list-unstyled|list-group|list-group-item|avatar|avatar-sm|avatar-lg|placeholder)$/, /^border(-0|-top|-bottom)?$/, /^rounded/,
];

// Element rules stay whole: pages yet to be written may use any plain element.
const elements = `a abbr address article aside b blockquote body button caption code col colgroup dd del details dialog dl dt em fieldset figcaption
  figure footer form h1 h2 h3 h4 h5 h6 header hr html i iframe img input ins kbd label legend li main mark meter nav ol optgroup option output p pre
  progress q s samp section select small span strong sub summary sup svg table tbody td textarea tfoot th thead time tr u ul var video`.split(/\s+/);

export async function purgeTabler(root) {
  const sheet = join(root, 'node_modules/@tabler/core/dist/css/tabler.min.css');
  const [result] = await new PurgeCSS().purge({
    content: [
      join(root, 'modules/**/templates/**/*.html'), join(root, 'modules/**/static/**/*.js'), join(root, 'modules/**/*.py'),
      join(root, 'workflows/**/templates/**/*.html'),
    ],
    skippedContentGlobs: [join(root, '**/static/vendor*/**')],
    css: [{ raw: readFileSync(sheet, 'utf8') }],
    safelist: { standard: [...families, ...elements] },
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
    variables: false,
    keyframes: true,
  });
  return result.css.replace(/\/\*# sourceMappingURL=.*?\*\//, '');
}
