// Builds modules/web/static/vendor/: purged style sheet, scripts, fonts, icon sprite, and the manifest that names them.
// Every file name carries a hash of its content, so pages may let browsers keep them for a year. Files of former builds stay for
// a day after they were replaced: servers that are still running, and pages that are still open, go on naming them.
// Run: npm run build

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { buildSprite } from './icons.mjs';
import { purgeTabler } from './purge.mjs';

const assets = dirname(fileURLToPath(import.meta.url));
const root = resolve(assets, '../../..');
const modules = join(root, 'modules');
const packages = join(root, 'node_modules');
const target = join(modules, 'web/static/vendor');
const millisecondsKept = 24 * 60 * 60 * 1000;
const worker = 'offline/static/offline/worker.js';
const fontSubsets = ['latin', 'latin-ext', 'vietnamese'];

mkdirSync(join(root, 'build'), { recursive: true });
const staging = mkdtempSync(join(root, 'build/assets-'));
const files = {};

function emit(name, content) {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}.${digest}${extension}`;
  mkdirSync(dirname(join(staging, hashed)), { recursive: true });
  writeFileSync(join(staging, hashed), content);
  files[name] = hashed;
  return hashed;
}

function fontFaces() {
  const sheet = readFileSync(join(packages, '@fontsource-variable/inter/index.css'), 'utf8');
  return fontSubsets.map((subset) => {
    const source = `inter-${subset}-wght-normal.woff2`;
    const face = sheet.match(/@font-face\s*{[^}]*}/g).find((rule) => rule.includes(source));
    const hashed = emit(source, readFileSync(join(packages, '@fontsource-variable/inter/files', source)));
    return face.replace(`./files/${source}`, `./${hashed}`);
  }).join('\n');
}

async function buildStyles() {
  const own = await esbuild.build({
    entryPoints: [join(assets, 'css/index.css')], bundle: true, write: false, external: ['*.woff2'],
  });
  const css = `${fontFaces()}\n${await purgeTabler(root)}\n${own.outputFiles[0].text}`;
  // The target keeps light-dark() and color-mix() as written; lowering them would fix one theme at build time.
  const small = await esbuild.transform(css, { loader: 'css', minify: true, target: 'chrome123' });
  emit('trellis.css', small.code);
}

const oldestBrowsers = ['chrome123', 'firefox121', 'safari17.5'];

// A service worker is one script without imports.
async function buildWorker() {
  const built = await esbuild.build({
    entryPoints: [join(modules, worker)], bundle: true, write: false, format: 'iife', minify: true, target: oldestBrowsers, logLevel: 'warning',
  });
  emit('offline/worker.js', built.outputFiles[0].text);
}

// One entry for the shell, and one for each script or style sheet a module keeps in static/<module>/.
function moduleEntries() {
  const entries = [];
  for (const name of readdirSync(modules)) {
    const folder = join(modules, name, 'static', name);
    if (name === 'web' || !existsSync(folder)) continue;
    for (const file of readdirSync(folder)) {
      if (/\.(js|css)$/.test(file) && join(folder, file) !== join(modules, worker)) entries.push({ in: join(folder, file), out: `${name}/${basename(file, extname(file))}` });
    }
  }
  return entries;
}

async function buildScripts() {
  const web = join(modules, 'web/static/web');
  const result = await esbuild.build({
    entryPoints: [
      { in: join(web, 'app.js'), out: 'app' },
      { in: join(web, 'theme.js'), out: 'theme' },
      ...moduleEntries(),
    ],
    outdir: staging, entryNames: '[dir]/[name].[hash]', chunkNames: 'chunks/[name].[hash]',
    bundle: true, splitting: true, format: 'esm', minify: true, target: oldestBrowsers,
    metafile: true, legalComments: 'none', nodePaths: [packages], logLevel: 'warning',
  });
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (!output.entryPoint) continue;
    const hashed = relative(staging, resolve(path)).replaceAll('\\', '/');
    files[hashed.replace(/\.[A-Z0-9]{8}(\.\w+)$/, '$1')] = hashed;
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'));
}

// The day starts when a file is replaced, not when it was made.
function keepFormer() {
  const now = new Date();
  const manifest = join(target, 'manifest.json');
  for (const name of existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).made ?? [] : []) {
    if (existsSync(join(target, name))) utimesSync(join(target, name), now, now);
  }
}

function moveIntoTarget(made) {
  for (const name of made) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    renameSync(join(staging, name), join(target, name));
  }
  for (const name of filesIn(target)) {
    const old = Date.now() - statSync(join(target, name)).mtimeMs > millisecondsKept;
    if (old && !made.includes(name)) rmSync(join(target, name));
  }
  rmSync(staging, { recursive: true, force: true });
}

process.chdir(root);
await buildStyles();
await buildScripts();
await buildWorker();
const { sprite, names } = buildSprite(join(assets, '../icons.txt'), join(packages, '@tabler/icons/icons/outline'));
emit('icons.svg', sprite);
emit('mark.svg', readFileSync(join(assets, 'mark.svg')));
const made = filesIn(staging);
writeFileSync(join(staging, 'manifest.json'), `${JSON.stringify({ files, icons: names, made }, null, 1)}\n`);
keepFormer();
moveIntoTarget([...made, 'manifest.json']);
process.stdout.write(`Built ${Object.keys(files).length} assets and ${names.length} icons.\n`);
