// Opens pages in a headless Chromium as a person would and complains about what a person would notice.
// Usage: node tests/browser/check.mjs FOLDER PAGE.html…
// Writes screenshots and a PDF to FOLDER. CHROMIUM names the browser; AXE the file axe.min.js of the package axe-core, if
// its rules are to be checked as well.
//
// Speaks the DevTools protocol over a pipe and needs nothing but Node.

import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const [folder, ...pages] = process.argv.slice(2);
if (!folder || pages.length === 0) {
  console.error('usage: node tests/browser/check.mjs FOLDER PAGE.html…');
  process.exit(2);
}
mkdirSync(folder, {recursive: true});
const profile = mkdtempSync(join(tmpdir(), 'diag-browser-'));
const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank',
], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});

const waiting = new Map();
const listeners = [];
let number = 0;
let rest = '';
browser.stdio[4].setEncoding('utf8').on('data', chunk => {
  rest += chunk;
  for (let end = rest.indexOf('\0'); end >= 0; end = rest.indexOf('\0')) {
    const message = JSON.parse(rest.slice(0, end));
    rest = rest.slice(end + 1);
    const done = waiting.get(message.id);
    waiting.delete(message.id);
    if (done) message.error ? done.fail(new Error(message.error.message)) : done.give(message.result);
    else listeners.forEach(listener => listener(message));
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((give, fail) => {
  number += 1;
  waiting.set(number, {give, fail});
  browser.stdio[3].write(JSON.stringify({id: number, method, params, sessionId}) + '\0');
});

const failures = [];
const check = (page, what, right, found = '') => {
  if (!right) failures.push(`${page}: ${what} ${found}`);
};

async function open(page, {scripts = true} = {}) {
  const {targetId} = await send('Target.createTarget', {url: 'about:blank'});
  const {sessionId} = await send('Target.attachToTarget', {targetId, flatten: true});
  const call = (method, params) => send(method, params, sessionId);
  const seen = {errors: [], requests: []};
  const listener = message => {
    if (message.sessionId !== sessionId) return;
    const {method, params} = message;
    if (method === 'Runtime.exceptionThrown') seen.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level)) seen.errors.push(params.entry.text);
    if (method === 'Network.requestWillBeSent') seen.requests.push(params.request.url);
  };
  listeners.push(listener);
  for (const domain of ['Runtime', 'Log', 'Network', 'Page']) await call(`${domain}.enable`);
  await call('Emulation.setScriptExecutionDisabled', {value: !scripts});
  const loaded = new Promise(give => listeners.push(message => {
    if (message.sessionId === sessionId && message.method === 'Page.loadEventFired') give();
  }));
  await call('Page.navigate', {url: pathToFileURL(resolve(page)).href});
  await loaded;
  const run = async expression => {
    const {result, exceptionDetails} = await call('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) seen.errors.push(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const shoot = async (name, width, features = [], media = '') => {
    await call('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: width < 600});
    await call('Emulation.setEmulatedMedia', {features, media});
    const {cssContentSize} = await call('Page.getLayoutMetrics');
    const height = Math.min(Math.ceil(cssContentSize.height), 15_000);
    const {data} = await call('Page.captureScreenshot', {captureBeyondViewport: true, clip: {x: 0, y: 0, width, height, scale: 1}});
    writeFileSync(join(folder, name), Buffer.from(data, 'base64'));
    return cssContentSize.width;
  };
  const close = () => send('Target.closeTarget', {targetId});
  return {call, run, shoot, close, seen};
}

const drag = async (call, from, to, y) => {
  const mouse = (type, x, extra = {}) => call('Input.dispatchMouseEvent', {type, x, y, ...extra});
  await mouse('mouseMoved', from);
  await mouse('mousePressed', from, {button: 'left', buttons: 1, clickCount: 1});
  await mouse('mouseMoved', (from + to) / 2, {buttons: 1});
  await mouse('mouseMoved', to, {buttons: 1});
  await mouse('mouseReleased', to, {button: 'left', clickCount: 1});
};

async function examine(page) {
  const name = basename(page, '.html');
  const dark = [{name: 'prefers-color-scheme', value: 'dark'}];
  const light = [{name: 'prefers-color-scheme', value: 'light'}];

  const plain = await open(page, {scripts: false});
  await plain.shoot(`${name}-without-scripts.png`, 1024, light);
  const text = await plain.run('document.querySelector("main").innerText.length');
  check(page, 'is empty without scripts', text > 100, text);
  check(page, 'complains without scripts:', plain.seen.errors.length === 0, plain.seen.errors.join('; '));
  await plain.close();

  const {call, run, shoot, close, seen} = await open(page);
  for (const width of [360, 1024, 1600]) {
    for (const [word, media] of [['light', light], ['dark', dark]]) {
      const wide = await shoot(`${name}-${width}-${word}.png`, width, media);
      check(page, `is wider than the window at ${width}:`, wide <= width, wide);
      const low = await run(CONTRAST);
      check(page, `has low contrast at ${width} ${word}:`, low.length === 0, JSON.stringify(low.slice(0, 3)));
    }
  }
  const unnamed = await run(`[...document.querySelectorAll('button, input, svg, [role=group], nav, a')].filter(node =>
    !(node.textContent.trim() || node.ariaLabel || node.getAttribute('aria-labelledby'))).length`);
  check(page, 'has controls or pictures without a name:', unnamed === 0, unnamed);
  const levels = await run(`[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(node => Number(node.tagName[1]))`);
  check(page, 'skips a heading level', levels.every((level, index) => level <= (levels[index - 1] ?? 0) + 1), levels.join());

  if (process.env.AXE) {
    await run(readFileSync(process.env.AXE, 'utf8') + '; null');
    await run(`document.querySelectorAll('details').forEach(node => { node.open = true; })`);
    const violations = await run(`axe.run().then(({violations}) => violations.map(({id, nodes}) =>
      id + ' ' + nodes.length + 'x ' + nodes[0].html.slice(0, 160)))`);
    check(page, 'violates axe rules:', violations?.length === 0, violations?.join('; '));
  }

  // Sorting: a numeric column, largest first.
  const sorted = await run(`(() => {
    const table = [...document.querySelectorAll('table')].find(table => table.tBodies[0].rows.length > 12 && table.querySelector('th.n'));
    if (!table) return null;
    const head = table.querySelector('th.n');
    head.querySelector('button').click();
    const cells = [...table.tBodies[0].rows].map(row => row.cells[head.cellIndex].textContent);
    return [head.getAttribute('aria-sort'), ...cells.slice(0, 3)];
  })()`);
  if (sorted) check(page, 'does not sort:', sorted[0] === 'descending', sorted.join());
  // Zoom by dragging, then back with Escape.
  const box = await run(`(() => {
    const svg = document.querySelector('figure.time svg');
    if (!svg) return null;
    svg.scrollIntoView({block: 'center', behavior: 'instant'});
    const {x, y, width, height} = svg.getBoundingClientRect();
    return {x, y, width, height};
  })()`);
  if (box) {
    const at = share => box.x + box.width * share;
    await drag(call, at(0.4), at(0.6), box.y + Math.min(box.height / 2, 60));
    const zoomed = await run(`document.querySelectorAll('figure.time .data[transform]').length`);
    check(page, 'does not zoom', zoomed > 0);
    const tip = await run(`document.querySelector('.tip').textContent`);
    check(page, 'has no cross-hair', tip.length > 4, tip);
    await shoot(`${name}-zoomed.png`, 1024, light);
    await run(`document.querySelector('figure.time .scroll').dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))`);
    const whole = await run(`document.querySelectorAll('figure.time .data[transform]').length`);
    check(page, 'does not zoom out', whole === 0, whole);
  }
  await shoot(`${name}-print.png`, 794, light, 'print');
  const {data} = await call('Page.printToPDF', {printBackground: true});
  writeFileSync(join(folder, `${name}.pdf`), Buffer.from(data, 'base64'));
  const away = seen.requests.filter(url => !url.startsWith('file:') && !url.startsWith('data:'));
  check(page, 'sends requests:', away.length === 0, away.join());
  check(page, 'complains:', seen.errors.length === 0, seen.errors.join('; '));
  await close();
}

// Text whose contrast against the nearest painted background is below 4.5:1 (WCAG 2.2, 1.4.3).
const CONTRAST = `(() => {
  const parse = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
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
    if (inside && (node.tagName !== 'text' || node.classList.contains('in'))) continue;
    const [a, b] = [light(parse(inside ? style.fill : style.color)), light(ground(inside ?? node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push([node.tagName, node.className.baseVal ?? node.className, ratio.toFixed(2)]);
  }
  return low;
})()`;

try {
  for (const page of pages) await examine(page);
} finally {
  await send('Browser.close').catch(() => {});
  await new Promise(done => browser.exitCode === null ? browser.on('exit', done) : done());
  rmSync(profile, {recursive: true, force: true});
}
failures.forEach(failure => console.error(failure));
console.log(`${pages.length} pages, ${failures.length} complaints`);
process.exit(failures.length === 0 ? 0 : 1);
