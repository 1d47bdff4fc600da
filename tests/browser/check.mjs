// Opens reports in a headless Chromium as a person would, and complains about what a person would notice.
// Usage: node check.mjs FOLDER PAGE.html…
// Writes screenshots and a PDF of each page to FOLDER. CHROMIUM names the browser.

import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {chromium} from 'playwright-core';

const [folder, ...pages] = process.argv.slice(2);
if (!folder || pages.length === 0) {
  console.error('usage: node check.mjs FOLDER PAGE.html…');
  process.exit(2);
}
mkdirSync(folder, {recursive: true});
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const failures = [];
const check = (page, what, right, found = '') => {
  if (!right) failures.push(`${basename(page)}: ${what} ${found}`);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--hide-scrollbars'],
});

// A page in a window of its own that can reach nothing but its file, with what it complained about and asked for.
async function open(path, options = {}) {
  const context = await browser.newContext({viewport: {width: 1024, height: 900}, ...options});
  const seen = {errors: [], requests: []};
  const file = pathToFileURL(resolve(path)).href;
  await context.route('**/*', route => {
    const url = route.request().url();
    if (url === file || url.startsWith('data:')) return route.continue();
    seen.requests.push(url);
    return route.abort();
  });
  const page = await context.newPage();
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) seen.errors.push(message.text());
  });
  page.on('pageerror', error => seen.errors.push(String(error)));
  await page.goto(file);
  return {page, seen, close: () => context.close()};
}

// The page from its top; what is longer than anybody looks at is cut.
async function shoot(page, name) {
  const {width} = page.viewportSize();
  const height = Math.min(await page.evaluate(() => document.documentElement.scrollHeight), 12_000);
  await page.screenshot({path: join(folder, name), fullPage: true, clip: {x: 0, y: 0, width, height}, timeout: 120_000});
}

async function examine(path) {
  const name = basename(path, '.html');

  const plain = await open(path, {javaScriptEnabled: false});
  await shoot(plain.page, `${name}-without-scripts.png`);
  const words = (await plain.page.locator('main').innerText()).length;
  check(path, 'is empty without scripts', words > 100, words);
  check(path, 'complains without scripts:', plain.seen.errors.length === 0, plain.seen.errors.join('; '));
  check(path, 'sends requests without scripts:', plain.seen.requests.length === 0, plain.seen.requests.join());
  await plain.close();

  const {page, seen, close} = await open(path);
  for (const width of [360, 1024, 1600]) {
    await page.setViewportSize({width, height: 900});
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({colorScheme});
      await shoot(page, `${name}-${width}-${colorScheme}.png`);
      const low = await page.evaluate(faint);
      check(path, `has low contrast at ${width} ${colorScheme}:`, low.length === 0, JSON.stringify(low.slice(0, 3)));
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(path, `is wider than the window at ${width}:`, wide <= width, wide);
    const torn = await page.evaluate(tornFlags);
    check(path, `breaks flags at ${width}:`, torn.length === 0, torn.slice(0, 3).join(' '));
  }
  const untidy = await page.evaluate(untidyLabels);
  check(path, 'has labels that meet or leave the picture:', untidy.length === 0, untidy.slice(0, 6).join('; '));
  const unnamed = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, svg, [role=group], nav, a')].filter(node =>
      !(node.textContent.trim() || node.ariaLabel || node.getAttribute('aria-labelledby'))).length);
  check(path, 'has controls or pictures without a name:', unnamed === 0, unnamed);

  await page.setViewportSize({width: 1024, height: 900});
  await page.emulateMedia({colorScheme: 'light'});
  await work(page, path, name);

  // Paper is light, whatever the reader's screen is.
  await page.emulateMedia({media: 'print', colorScheme: 'dark'});
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  check(path, 'prints on dark ground:', paper === 'rgb(255, 255, 255)', paper);
  const long = await page.evaluate(() => [...document.querySelectorAll('tbody')].map(body =>
    [...body.rows].filter(row => getComputedStyle(row).display !== 'none').length).filter(rows => rows > 40));
  check(path, 'prints tables of more than 40 rows:', long.length === 0, long.join());
  await page.pdf({path: join(folder, `${name}.pdf`), format: 'A4', preferCSSPageSize: true, printBackground: true});
  await page.evaluate(() => document.querySelectorAll('details.more').forEach(node => { node.open = true; }));
  for (const [colorScheme, width] of [['light', 1024], ['dark', 360]]) {
    await page.emulateMedia({media: 'screen', colorScheme});
    await page.setViewportSize({width, height: 900});
    await page.evaluate(AXE + '; null');
    const violations = await page.evaluate(async () => (await axe.run()).violations.map(({id, nodes}) =>
      `${id} ${nodes.length}x ${nodes[0].html.slice(0, 160)}`));
    check(path, `violates axe rules at ${width} ${colorScheme}:`, violations.length === 0, violations.join('; '));
  }
  check(path, 'sends requests:', seen.requests.length === 0, seen.requests.join());
  check(path, 'complains:', seen.errors.length === 0, seen.errors.join('; '));
  await close();
}

// Sorts, filters and zooms, with the mouse and with keys alone.
async function work(page, path, name) {
  const table = page.locator('table:visible', {has: page.locator('tbody tr:nth-child(13)')})
    .filter({has: page.locator('th.n button')}).first();
  if (await table.count()) {
    const head = table.locator('th.n').first();
    await head.locator('button').focus();
    await page.keyboard.press('Enter');
    const order = await head.getAttribute('aria-sort');
    check(path, 'does not sort by keys:', order === 'descending', order);
  }
  const figure = page.locator('figure.time').first();
  if (await figure.count() === 0) return;
  const zoomed = () => page.locator('figure.time .data[transform]').count();
  const svg = figure.locator('svg');
  await svg.scrollIntoViewIfNeeded();
  const box = await svg.boundingBox();
  const y = box.y + Math.min(box.height / 2, 60);
  await page.mouse.move(box.x + box.width * 0.4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y);
  await page.mouse.move(box.x + box.width * 0.6, y);
  await page.mouse.up();
  check(path, 'does not zoom', await zoomed() > 0);
  const tip = await page.locator('.tip').textContent();
  check(path, 'has no cross-hair', tip.length > 4, tip);
  await shoot(page, `${name}-zoomed.png`);
  await figure.locator('.scroll', {has: page.locator('svg')}).focus();
  await page.keyboard.press('Escape');
  check(path, 'does not zoom out', await zoomed() === 0);
  await page.keyboard.press('+');
  check(path, 'does not zoom by keys', await zoomed() > 0);
  await page.keyboard.press('Escape');
}

// Text whose contrast against the nearest painted background is below 4.5:1 (WCAG 2.2, 1.4.3). Looks into SVG, too.
function faint() {
  const parse = colour => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  const rows = new Set([...document.querySelectorAll('tbody')].flatMap(body => [...body.rows].slice(20)));
  for (const node of document.querySelectorAll('body *:not(script):not(style)')) {
    if (rows.has(node.closest('tr'))) continue;
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const inside = node.ownerSVGElement;
    if (inside && node.tagName !== 'text') continue;
    // A label inside a box stands on the box.
    const box = node.classList.contains('in') ? node.parentElement.querySelector('rect') : null;
    const under = box ? parse(getComputedStyle(box).fill) : ground(inside ?? node);
    const [a, b] = [light(parse(inside ? style.fill : style.color)), light(under)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push([node.tagName, node.className.baseVal ?? node.className, node.textContent.slice(0, 20), ratio.toFixed(2)]);
  }
  return low;
}

// Flags of which a line ends behind the hyphen: `-XX:` and what follows belong together.
function tornFlags() {
  const torn = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const top = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().top;
  };
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.checkVisibility()) continue;
    for (const {index, 0: flag} of node.data.matchAll(/-X[XmsnlN:]/g)) {
      const tops = [...flag].map((_, at) => top(node, index + at));
      if (Math.max(...tops) - Math.min(...tops) > 3) torn.push(node.data.slice(index, index + 30));
    }
  }
  return torn;
}

// Labels in pictures that lie on each other or stick out.
function untidyLabels() {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    if (!svg.checkVisibility()) continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].filter(node => node.checkVisibility() && node.textContent.trim())
      .map(node => ({words: node.textContent, box: node.getBoundingClientRect()}));
    for (const {words, box} of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 2) found.push(`"${words}" leaves`);
    }
    texts.sort((a, b) => a.box.left - b.box.left);
    texts.forEach((a, index) => {
      for (const b of texts.slice(index + 1)) {
        if (b.box.left > a.box.right - 2) break;
        const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (height > 5) found.push(`"${a.words}" on "${b.words}"`);
      }
    });
  }
  return found;
}

try {
  for (const page of pages) await examine(page);
} finally {
  await browser.close();
}
failures.forEach(failure => console.error(failure));
console.log(`${pages.length} pages, ${failures.length} complaints`);
process.exit(failures.length === 0 ? 0 : 1);
