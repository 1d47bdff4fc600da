'use strict';
(() => {
  const words = document.body.dataset;
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };

  // Tables: sort by a click on a heading, filter rows, copy.
  const UNITS = {B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, PiB: 2 ** 50,
    'µs': 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9, d: 8.64e10};
  const amount = text => {
    let sum = NaN;
    for (const [, number, unit] of text.matchAll(/(-?[\d.,]*\d)\s*([A-Za-zµ]*)/g)) {
      sum = (sum || 0) + parseFloat(number.replaceAll(',', '')) * (UNITS[unit] ?? 1);
    }
    return sum;
  };
  const cells = row => [...row.cells].map(cell => cell.textContent.trim());
  const plain = text => text.replace(/\s+/g, ' ').trim().replace(/[|\\`*<>_[\]]/g, '\\$&');
  const asMarkdown = table => {
    const head = table.tHead.rows[0];
    const rule = [...head.cells].map(cell => cell.className === 'n' ? '---:' : '---');
    const rows = [...table.tBodies[0].rows].filter(row => !row.hidden);
    const lines = [cells(head).map(plain), rule, ...rows.map(row => cells(row).map(plain))];
    return lines.map(line => `| ${line.join(' | ')} |`).join('\n') + '\n';
  };
  const copyButton = text => {
    const button = make('button', {type: 'button', textContent: words.copy});
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text());
      } catch {
        const area = make('textarea', {value: text()});
        document.body.append(area);
        area.select();
        document.execCommand('copy');
        area.remove();
      }
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy; }, 1500);
    });
    return button;
  };
  for (const table of all('table')) {
    const body = table.tBodies[0];
    const head = [...table.tHead.rows[0].cells];
    if (body.rows.length < 3) continue;
    head.forEach((cell, column) => {
      const button = make('button', {type: 'button'}, ...cell.childNodes);
      cell.append(button);
      button.addEventListener('click', () => {
        const number = cell.className === 'n';
        const up = cell.ariaSort ? cell.ariaSort === 'descending' : !number;
        head.forEach(other => other.removeAttribute('aria-sort'));
        cell.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const key = row => {
          const text = row.cells[column]?.textContent ?? '';
          return number ? amount(text) : text;
        };
        const order = (a, b) => number
          ? (Number.isNaN(a[0]) - Number.isNaN(b[0])) || (up ? a[0] - b[0] : b[0] - a[0])
          : (up ? 1 : -1) * a[0].localeCompare(b[0]);
        body.append(...[...body.rows].map(row => [key(row), row]).sort(order).map(pair => pair[1]));
      });
    });
    const tools = make('div', {className: 'tools'});
    if (body.rows.length > 12) {
      const field = make('input', {type: 'search', placeholder: words.filter, ariaLabel: words.filter});
      field.addEventListener('input', () => {
        const wanted = field.value.toLowerCase();
        for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
      tools.append(field);
    }
    tools.append(copyButton(() => asMarkdown(table)));
    table.parentElement.before(tools);
  }

  // The verdict and the findings as Markdown, for a ticket.
  const summary = root => {
    const text = (node, query) => plain(node.querySelector(query)?.textContent ?? '');
    const lines = [`# ${text(root, 'h1')}`, ''];
    for (const p of all('.verdict p', root)) lines.push(`> ${plain(p.textContent)}`, '>');
    for (const list of all('.steps', root).slice(0, 1)) {
      lines.push('', ...[...list.children].map((item, index) => `${index + 1}. ${plain(item.textContent)}`));
    }
    for (const finding of all('.finding', root)) {
      lines.push('', `## ${plain(finding.firstElementChild.textContent)}`, '');
      for (const p of all(':scope > p:not(.about):not(.label)', finding)) lines.push(plain(p.textContent), '');
      for (const item of all('li', finding)) lines.push(`- ${plain(item.textContent)}`);
    }
    return lines.join('\n') + '\n';
  };
  for (const root of all('.document')) {
    root.querySelector('.verdict').after(make('div', {className: 'tools'}, copyButton(() => summary(root))));
  }

  // Charts over time: a cross-hair with the values below it, and zoom, in all charts of the same time together.
  const tip = make('div', {className: 'tip', hidden: true});
  document.body.append(tip);
  const two = number => String(number).padStart(2, '0');
  const clock = (chart, time, fine) => {
    if (chart.axis === 'uptime') {
      const seconds = time / 1e6;
      if (seconds < 120) return `${+seconds.toFixed(fine ? 3 : 1)} s`;
      const minutes = Math.floor(seconds / 60);
      return (minutes < 120 ? `${minutes} min ` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min `)
        + two(Math.floor(seconds % 60)) + ' s';
    }
    const date = new Date((time + chart.zone) / 1e3).toISOString();
    return date.slice(11, fine ? 23 : 19);
  };
  const value = (unit, number) => {
    const round = (x, digits = 1) => x.toLocaleString('en', {maximumFractionDigits: digits});
    switch (unit) {
      case 'Bytes': {
        let power = 0;
        while (number >= 1024 && power < 5) { number /= 1024; power += 1; }
        return `${round(number)} ${Object.keys(UNITS)[power]}`;
      }
      case 'Micros':
        return number < 1e3 ? `${round(number, 0)} µs` : number < 1e6 ? `${round(number / 1e3)} ms`
          : number < 1.2e8 ? `${round(number / 1e6, 2)} s` : `${round(number / 6e7)} min`;
      case 'Share': return `${round(number * 100)} %`;
      case 'PerSecond': return `${round(number)}/s`;
      default: return round(number);
    }
  };
  const svgNode = (chart, tag, attributes) => {
    const node = document.createElementNS(chart.svg.namespaceURI, tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    return node;
  };
  const charts = all('.time svg').map(svg => {
    const data = svg.dataset;
    const number = name => Number(data[name]);
    const chart = {svg, axis: data.axis, from: number('from'), to: number('to'), left: number('left'),
      right: number('right'), zone: number('zone'), height: svg.viewBox.baseVal.height};
    chart.view = [chart.from, chart.to];
    chart.cross = svgNode(chart, 'line', {class: 'cross', y1: 0, y2: chart.height - 36, visibility: 'hidden'});
    chart.pick = svgNode(chart, 'rect', {class: 'pick', y: 0, height: chart.height - 36, visibility: 'hidden'});
    svg.append(chart.pick, chart.cross);
    return chart;
  });
  const width = chart => chart.right - chart.left;
  const toTime = (chart, x) => chart.view[0] + (x - chart.left) / width(chart) * (chart.view[1] - chart.view[0]);
  const toX = (chart, time) => chart.left + (time - chart.view[0]) / (chart.view[1] - chart.view[0]) * width(chart);
  const together = chart => charts.filter(other => other.axis === chart.axis
    && other.from < chart.to && other.to > chart.from);
  const points = path => path.points ??= (() => {
    const out = [];
    let x = 0;
    for (const [, command, a, b] of path.getAttribute('d').matchAll(/([MLHV])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
      if (command === 'H') x = Number(a);
      else if (command === 'V') out.push([x, Number(a)]);
      else { x = Number(a); if (!path.classList.contains('sticks')) out.push([x, Number(b)]); }
    }
    return out;
  })();
  const read = (chart, time) => {
    const x = chart.left + (time - chart.from) / (chart.to - chart.from) * width(chart);
    const near = 8 * (chart.view[1] - chart.view[0]) / (chart.to - chart.from);
    return all('.data path[data-name]', chart.svg).flatMap(path => {
      const list = points(path);
      let low = 0;
      let high = list.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (list[middle][0] < x) low = middle + 1; else high = middle;
      }
      const best = [list[low - 1], list[low]].filter(Boolean)
        .sort((a, b) => Math.abs(a[0] - x) - Math.abs(b[0] - x))[0];
      if (!best || Math.abs(best[0] - x) > near) return [];
      const {top, bottom, high: most, unit} = path.parentElement.dataset;
      const share = (bottom - best[1]) / (bottom - top);
      return [`${path.dataset.name}: ${value(unit, share * most)}`];
    });
  };
  const point = (chart, event) => {
    const matrix = chart.svg.getScreenCTM().inverse();
    const x = event.clientX * matrix.a + matrix.e;
    return Math.min(Math.max(x, chart.left), chart.right);
  };
  const show = (chart, x, left, top) => {
    const time = toTime(chart, x);
    for (const other of together(chart)) {
      const at = toX(other, time);
      const visible = at >= other.left && at <= other.right;
      other.cross.setAttribute('x1', at);
      other.cross.setAttribute('x2', at);
      other.cross.setAttribute('visibility', visible ? 'visible' : 'hidden');
    }
    tip.replaceChildren(make('b', {textContent: clock(chart, time, true)}),
      ...read(chart, time).map(line => make('div', {textContent: line})));
    tip.hidden = false;
    tip.style.left = `${Math.max(4, Math.min(left + 16, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(top + 16, innerHeight - tip.offsetHeight - 8))}px`;
  };
  const hide = chart => {
    tip.hidden = true;
    for (const other of together(chart)) other.cross.setAttribute('visibility', 'hidden');
  };
  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500].map(step => step * 1e3)
    .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400].map(step => step * 1e6));
  const zoom = (chart, from, to) => {
    for (const other of together(chart)) {
      const whole = from <= other.from && to >= other.to;
      other.view = whole ? [other.from, other.to] : [from, to];
      const scale = (other.to - other.from) / (other.view[1] - other.view[0]);
      const shift = toX(other, other.from) - other.left * scale;
      for (const node of all('.data', other.svg)) {
        if (whole) node.removeAttribute('transform');
        else node.setAttribute('transform', `translate(${shift} 0) scale(${scale} 1)`);
      }
      for (const node of all('[data-x]', other.svg)) {
        const x = Number(node.dataset.x) * scale + shift;
        node.setAttribute('transform', `translate(${x - node.dataset.x} 0)`);
        node.setAttribute('visibility', x < other.left - 1 || x > other.right + 1 ? 'hidden' : 'visible');
      }
      other.fresh?.remove();
      const ticks = other.svg.querySelector('.ticks');
      ticks.setAttribute('visibility', whole ? 'visible' : 'hidden');
      other.reset.hidden = whole;
      if (whole) continue;
      other.fresh = svgNode(other, 'g', {});
      const step = STEPS.find(step => (other.view[1] - other.view[0]) / step < 9) ?? STEPS.at(-1);
      const first = Math.ceil((other.view[0] + other.zone) / step) * step - other.zone;
      for (let time = first; time <= other.view[1]; time += step) {
        const x = toX(other, time);
        const line = svgNode(other, 'line', {x1: x, x2: x, y1: 0, y2: other.height - 36, class: 'grid'});
        const text = svgNode(other, 'text', {x, y: other.height - 23, class: 'tick', 'text-anchor': 'middle'});
        text.textContent = clock(other, time, step < 1e6);
        other.fresh.append(line, text);
      }
      for (const [end, anchor] of [[0, 'start'], [1, 'end']]) {
        const text = svgNode(other, 'text', {x: end ? other.right : other.left, y: other.height - 6, class: 'tick', 'text-anchor': anchor});
        text.textContent = clock(other, other.view[end], true);
        other.fresh.append(text);
      }
      ticks.after(other.fresh);
    }
  };
  for (const chart of charts) {
    const figure = chart.svg.closest('figure');
    chart.reset = make('button', {type: 'button', textContent: words.reset, hidden: true});
    const whole = () => zoom(chart, -Infinity, Infinity);
    chart.reset.addEventListener('click', whole);
    const hint = chart === charts[0] ? [make('span', {textContent: words.hint})] : [];
    figure.querySelector('figcaption').after(make('div', {className: 'tools'}, ...hint, chart.reset));
    let start = null;
    let cursor = (chart.left + chart.right) / 2;
    const {svg, pick} = chart;
    svg.addEventListener('pointerdown', event => { start = point(chart, event); });
    svg.addEventListener('pointermove', event => {
      cursor = point(chart, event);
      show(chart, cursor, event.clientX, event.clientY);
      if (start === null) return;
      pick.setAttribute('x', Math.min(start, cursor));
      pick.setAttribute('width', Math.abs(start - cursor));
      pick.setAttribute('visibility', 'visible');
    });
    svg.addEventListener('pointerup', event => {
      const end = point(chart, event);
      pick.setAttribute('visibility', 'hidden');
      const ends = [start ?? end, end].map(x => toTime(chart, x)).sort((a, b) => a - b);
      if (start !== null && Math.abs(start - end) > 6) zoom(chart, ...ends);
      start = null;
    });
    svg.addEventListener('pointerleave', () => {
      start = null;
      pick.setAttribute('visibility', 'hidden');
      hide(chart);
    });
    svg.addEventListener('dblclick', whole);
    svg.parentElement.addEventListener('keydown', event => {
      const half = (chart.view[1] - chart.view[0]) / 4;
      const at = toTime(chart, cursor);
      const step = {ArrowLeft: -6, ArrowRight: 6}[event.key];
      if (step) {
        event.preventDefault();
        cursor = Math.min(Math.max(cursor + step, chart.left), chart.right);
        const box = svg.getBoundingClientRect();
        show(chart, cursor, box.left + box.width * cursor / svg.viewBox.baseVal.width, box.top);
      } else if (event.key === '+') {
        zoom(chart, at - half, at + half);
      } else if (event.key === '-' || event.key === 'Escape') {
        hide(chart);
        whole();
      }
    });
  }

  // On paper everything is open.
  addEventListener('beforeprint', () => all('details.more:not(.apart)').forEach(node => { node.open = true; }));
})();
