// Turns the listed outline icons into one SVG sprite: <symbol id="name">, drawn by `.ti` in icons.css.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

function listNames(listPath) {
  return readFileSync(listPath, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
}

function symbol(name, folder) {
  const path = join(folder, `${name}.svg`);
  if (!existsSync(path)) throw new Error(`icons.txt lists '${name}', which @tabler/icons has not among its outline icons.`);
  const shapes = readFileSync(path, 'utf8')
    .replace(/^[\s\S]*?<svg[\s\S]*?>/, '').replace(/<\/svg>\s*$/, '')
    .replace(/<path stroke="none"[^>]*\/>/, '').replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

export function buildSprite(listPath, folder) {
  const names = listNames(listPath);
  const symbols = names.map((name) => symbol(name, folder));
  return { names, sprite: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>` };
}
