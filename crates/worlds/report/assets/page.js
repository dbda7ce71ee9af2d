"use strict";
(() => {
  const D = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const css = name => getComputedStyle(root).getPropertyValue("--" + name).trim();
  const alpha = (colour, a) => colour + Math.round(a * 255).toString(16).padStart(2, "0");
  const $ = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  // Delta-coded columns: times are milliseconds, values are integers over a power of ten.
  const times = c => { let t = c.t; return c.d.map(d => (t += d * c.u)); };
  const values = c => { let v = 0; const k = 10 ** c.e; return c.d.map(d => (d === null ? null : (v += d) / k)); };

  const group = (x, d) => x.toLocaleString("en-US", { minimumFractionDigits: d, maximumFractionDigits: d }).replace("-", "\u2212");
  const formats = {
    money: (v, d) => group(v, d),
    percent: v => group(v * 100, 2) + " %",
    times: v => group(v, 2) + "\u00d7",
    plain: (v, d) => group(v, d),
  };
  const format = (kind, d) => (u, v) => (v == null ? "\u2013" : formats[kind](v, d));
  const axis = (kind, d) => (u, splits) => splits.map(v => {
    if (v == null) return "";
    const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
    const shown = step * (kind === "percent" ? 100 : 1);
    let digits = 0;
    while (digits < 8 && Math.abs(shown * 10 ** digits - Math.round(shown * 10 ** digits)) > 1e-6) digits++;
    return kind === "percent" ? group(v * 100, digits) + " %" : kind === "times" ? group(v, digits) + "\u00d7" : group(v, digits);
  });
  const stamp = ms => new Date(ms).toISOString().replace("T", " ").slice(0, D.fine ? 23 : 19);

  // Pixels for each candle: with fewer a line joins the closes instead; so many has each that is in sight at first. More
  // fills in sight than these are small squares.
  const CANDLE_LEAST = 4, CANDLE_FIRST = 5, FILLS_SHAPED = 1500;
  const charts = [];
  let full = null, view = null;

  function setView(min, max) {
    const whole = full[1] - full[0], least = Math.max(whole / 1e5, 1);
    let span = Math.min(Math.max(max - min, least), whole);
    const middle = (min + max) / 2;
    min = Math.max(full[0], Math.min(middle - span / 2, full[1] - span));
    view = [min, min + span];
    for (const u of charts) u.setScale("x", { min: view[0], max: view[1] });
    for (const b of $("button[data-span]")) {
      const want = b.dataset.span === "all" ? whole : +b.dataset.span;
      b.setAttribute("aria-pressed", Math.abs(span - want) < want * 1e-6 ? "true" : "false");
    }
  }
  const zoom = (at, factor) => setView(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
  const pan = by => setView(view[0] + by, view[1] + by);

  function hands(u, always) {
    const over = u.over, down = new Map();
    const at = x => view[0] + (x - over.getBoundingClientRect().left) / over.clientWidth * (view[1] - view[0]);
    over.addEventListener("wheel", e => {
      const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
      if (!always && !e.ctrlKey && !e.metaKey && !sideways) return;
      e.preventDefault();
      const by = e.deltaMode === 1 ? 16 : 1;
      if (sideways) pan((e.deltaX || e.deltaY) * by / over.clientWidth * (view[1] - view[0]));
      else zoom(at(e.clientX), Math.exp(e.deltaY * by * 0.0015));
    }, { passive: false });
    over.addEventListener("pointerdown", e => { down.set(e.pointerId, e.clientX); over.setPointerCapture(e.pointerId); });
    for (const name of ["pointerup", "pointercancel"]) over.addEventListener(name, e => down.delete(e.pointerId));
    over.addEventListener("pointermove", e => {
      if (!down.has(e.pointerId)) return;
      const before = down.get(e.pointerId);
      if (down.size === 1) pan((before - e.clientX) / over.clientWidth * (view[1] - view[0]));
      else {
        const other = Array.from(down).find(([id]) => id !== e.pointerId)[1];
        const was = Math.abs(before - other), is = Math.abs(e.clientX - other);
        if (was > 8 && is > 8) zoom(at((e.clientX + other) / 2), was / is);
      }
      down.set(e.pointerId, e.clientX);
    });
    over.addEventListener("dblclick", () => setView(full[0], full[1]));
  }
  function keys(holder) {
    holder.addEventListener("keydown", e => {
      const step = (view[1] - view[0]) / 8, middle = (view[0] + view[1]) / 2;
      if (e.key === "ArrowLeft") pan(-step);
      else if (e.key === "ArrowRight") pan(step);
      else if (e.key === "+" || e.key === "=") zoom(middle, 0.7);
      else if (e.key === "-") zoom(middle, 1 / 0.7);
      else if (e.key === "0" || e.key === "Home") setView(full[0], full[1]);
      else return;
      e.preventDefault();
    });
  }

  function options(holder, height, y, kind, decimals, series, extra) {
    const grid = { stroke: css("line"), width: 1 }, font = "12px " + getComputedStyle(document.body).fontFamily;
    return Object.assign({
      width: Math.max(holder.clientWidth, 200), height, ms: 1,
      // Half of a whole date beside the plot: the last one on the axis stands in the middle of its line.
      padding: [null, 36, null, null],
      tzDate: ts => uPlot.tzDate(new Date(ts), "Etc/UTC"),
      cursor: { sync: { key: "time", scales: ["x", null], setSeries: false }, drag: { x: false, y: false }, points: { size: 5 } },
      scales: { x: { time: true, range: (u, a, b) => view || [a, b] }, y },
      axes: [
        { stroke: css("soft"), grid, ticks: grid, font, space: 68, size: 46, gap: 5, values: dates },
        { stroke: css("soft"), grid, ticks: { show: false }, font, size: (u, v) => Math.max(innerWidth < 560 ? 58 : 76, v ? 14 + 6.4 * Math.max(...v.map(s => s.length)) : 0), values: axis(kind, decimals), gap: 4 },
      ],
      series: [{ label: "UTC", value: (u, v) => (v == null ? "\u2013" : stamp(v)) }].concat(series),
    }, extra);
  }
  // Times of the axis in UTC, twenty-four hours, ISO order: the day is named where it begins.
  function dates(u, splits) {
    const step = splits.length > 1 ? splits[1] - splits[0] : 864e5;
    let day = "";
    return splits.map(ms => {
      const s = new Date(ms).toISOString(), date = s.slice(0, 10);
      if (step >= 300 * 864e5) return s.slice(0, 4);
      if (step >= 27 * 864e5) return s.slice(0, 7);
      if (step >= 864e5) return s.slice(5, 7) === "01" && s.slice(8, 10) === "01" ? date : day.slice(0, 4) === s.slice(0, 4) ? (day = date, s.slice(5, 10)) : (day = date, date);
      const time = step >= 6e4 ? s.slice(11, 16) : step >= 1e3 ? s.slice(11, 19) : s.slice(14, 23);
      const text = date === day ? time : time + "\n" + date;
      day = date;
      return text;
    });
  }

  // Without a pointer the legend tells the last values in sight, so that a phone shows numbers too.
  function rests(u) {
    const rest = u => {
      const last = u.series[0].idxs && u.series[0].idxs[1];
      if (last != null && !(u.cursor.left >= 0)) u.setLegend({ idx: last }, false);
    };
    for (const name of ["setCursor", "draw"]) (u.hooks[name] = u.hooks[name] || []).push(rest);
    rest(u);
  }

  // Points that stand alone; many of them are small and let others shine through.
  function dots(s) {
    const many = s.y.d.filter(d => d !== null).length > 600;
    return { show: true, size: many ? 3 : 6, width: 0, fill: alpha(css(s.c), many ? 0.5 : 1) };
  }
  // A value that has none beside it has no line to be on, and is a dot.
  function alone(y, spans, fill) {
    const has = i => y[i] != null, known = y.filter(v => v != null).length;
    const at = Array.from(y.keys()).filter(i => has(i) && !(spans ? known > 1 : has(i - 1) || has(i + 1)));
    return { show: false, filter: () => (at.length ? at : null), size: 5, width: 0, fill };
  }
  function lines(c, holder) {
    const data = [times(c.x)].concat(c.series.map(s => values(s.y)));
    const series = c.series.map((s, i) => ({
      label: s.n, stroke: s.w ? css(s.c) : alpha(css(s.c), 0.35), width: s.w || 0, dash: s.dash ? [5, 4] : undefined,
      fill: s.fill ? alpha(css(s.c), 0.16) : undefined, fillTo: s.fill ? 0 : undefined, points: s.dots ? dots(s) : s.w ? alone(data[i + 1], true, css(s.c)) : { show: false },
      value: format(c.unit, c.decimals), spanGaps: true, paths: s.dots ? () => null : s.step ? uPlot.paths.stepped({ align: 1 }) : undefined,
    }));
    const bands = (c.bands || []).map(b => ({ series: [b[0] + 1, b[1] + 1], fill: c.series[b[0]].c === "ref" ? css("band") : alpha(css(c.series[b[0]].c), 0.17) }));
    const range = c.zero ? (u, a, b) => { const lo = Math.min(a ?? 0, 0), hi = Math.max(b ?? 0, 0), pad = (hi - lo || 1) * 0.06; return [lo < 0 ? lo - pad : 0, hi > 0 ? hi + pad : 0]; } : undefined;
    const u = new uPlot(options(holder, c.height, range ? { range } : {}, c.unit, c.decimals, series, { bands }), data, holder);
    return u;
  }

  function price(c, holder, show) {
    const x = times(c.x), close = values(c.c), lineOnly = !c.h;
    const open = lineOnly ? close : values(c.o), high = lineOnly ? close : values(c.h), low = lineOnly ? close : values(c.l);
    const drawn = globalThis.scalpCandles({ css, alpha, alone, times, values, group, options });
    const f = c.fills, fx = times(f.x), fy = values(f.y), ox = c.orders ? times(c.orders.x) : [];
    const oe = c.orders ? c.orders.len.map((n, i) => ox[i] + n * c.orders.u) : [], oy = c.orders ? values(c.orders.y) : [];
    const linear = uPlot.paths.linear();
    const dense = (u, i0, i1) => lineOnly || (i1 - i0 + 1) > u.over.clientWidth / CANDLE_LEAST;
    const nothing = () => null;
    const value = format("plain", c.decimals);
    const series = [
      { label: "Open", stroke: "transparent", paths: nothing, points: { show: false }, value },
      { label: "High", stroke: "transparent", paths: nothing, points: { show: false }, value },
      { label: "Low", stroke: "transparent", paths: nothing, points: { show: false }, value },
      { label: "Close", stroke: css("ref"), width: 1.2, points: lineOnly ? alone(close, true, css("ref")) : { show: false }, value, paths: (u, s, i0, i1) => (dense(u, i0, i1) ? linear(u, s, i0, i1) : null) },
    ];
    const more = drawn.over(c, x, high, low, show);
    series.push(...more.series);
    const candles = u => {
      const [i0, i1] = u.series[0].idxs;
      if (i0 == null || dense(u, i0, i1)) return;
      const g = u.ctx, px = devicePixelRatio, wide = Math.max(1, Math.min(11 * px, u.bbox.width / (i1 - i0 + 1) * 0.66));
      const up = css("up"), down = css("down");
      for (let i = i0; i <= i1; i++) {
        const at = u.valToPos(x[i], "x", true), a = u.valToPos(open[i], "y", true), b = u.valToPos(close[i], "y", true);
        g.fillStyle = g.strokeStyle = alpha(close[i] >= open[i] ? up : down, 0.55);
        g.fillRect(at - px / 2, u.valToPos(high[i], "y", true), px, u.valToPos(low[i], "y", true) - u.valToPos(high[i], "y", true));
        if (close[i] >= open[i]) { g.fillStyle = css("panel"); g.fillRect(at - wide / 2, b, wide, Math.max(a - b, 1)); g.lineWidth = px; g.strokeRect(at - wide / 2, b, wide, Math.max(a - b, 1)); }
        else g.fillRect(at - wide / 2, a, wide, Math.max(b - a, 1));
      }
    };
    const first = (a, v) => { let lo = 0, hi = a.length; while (lo < hi) { const m = (lo + hi) >> 1; a[m] < v ? (lo = m + 1) : (hi = m); } return lo; };
    const marks = u => {
      const g = u.ctx, px = devicePixelRatio, up = css("up"), down = css("down"), panel = css("panel");
      if (show.orders) {
        g.lineWidth = px;
        for (let i = 0, end = first(ox, view[1]); i < end; i++) {
          if (oe[i] < view[0]) continue;
          const a = u.valToPos(ox[i], "x", true), b = Math.max(u.valToPos(oe[i], "x", true), a + px), y = u.valToPos(oy[i], "y", true);
          g.strokeStyle = alpha(c.orders.side[i] === "b" ? up : down, 0.5);
          g.beginPath(); g.moveTo(a, y); g.lineTo(b, y); g.stroke();
        }
      }
      if (!show.fills) return;
      const i0 = first(fx, view[0]), i1 = first(fx, view[1] + 1), many = i1 - i0 > FILLS_SHAPED, r = (many ? 2.1 : i1 - i0 > 300 ? 3.6 : 5) * px;
      for (let i = i0; i < i1; i++) {
        const buy = f.kind[i] === "b" || f.kind[i] === "B", maker = f.kind[i] === "b" || f.kind[i] === "s", s = buy ? 1 : -1;
        const at = u.valToPos(fx[i], "x", true), y = u.valToPos(fy[i], "y", true);
        g.beginPath();
        if (many) g.rect(at - r / 2, y - r / 2, r, r);
        else { g.moveTo(at, y - s * r); g.lineTo(at + r, y + s * r * 0.8); g.lineTo(at - r, y + s * r * 0.8); g.closePath(); }
        g.fillStyle = maker && !many ? panel : alpha(buy ? up : down, many ? 0.7 : 1); g.strokeStyle = buy ? up : down; g.lineWidth = 1.4 * px;
        g.fill(); if (!many) g.stroke();
      }
    };
    const clipped = draw => u => { const g = u.ctx; g.save(); g.beginPath(); g.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); g.clip(); draw(u); g.restore(); };
    const extra = { bands: more.bands, hooks: { drawAxes: [clipped(candles)], draw: [clipped(more.draw), clipped(marks)] } };
    const o = options(holder, innerWidth < 560 ? 360 : 440, {}, "plain", c.decimals, series, extra);
    Object.assign(o.scales, more.scales);
    return new uPlot(drawn.aligned(c, o), [x, open, high, low, close, ...more.data], holder);
  }

  const shown = { instrument: 0, fills: true, orders: true, overlays: true, marks: true, figures: true };
  const height = c => (innerWidth < 560 ? Math.round(c.height * 0.82) : c.height);
  function draw() {
    for (const u of charts.splice(0)) u.destroy();
    for (const holder of $(".holder")) {
      holder.textContent = "";
      let u = null;
      if (holder.dataset.chart !== undefined) {
        const c = D.charts[+holder.dataset.chart];
        u = lines(Object.assign({}, c, { height: height(c) }), holder);
        hands(u, false);
      } else if (holder.dataset.pane !== undefined) {
        const c = D.prices[shown.instrument], p = (c.panes || [])[+holder.dataset.pane];
        if (p) {
          u = globalThis.scalpCandles({ css, alpha, alone, times, values, group, options }).pane(c, p, times(c.x), holder);
          hands(u, true);
        }
      } else if (D.prices.length) {
        u = price(D.prices[shown.instrument], holder, shown);
        hands(u, true);
      }
      if (u) { charts.push(u); rests(u); }
    }
    if (view) setView(view[0], view[1]);
  }

  // The whole span of all charts.
  for (const c of D.charts.concat(D.prices)) {
    const x = times(c.x);
    if (x.length) full = full ? [Math.min(full[0], x[0]), Math.max(full[1], x[x.length - 1])] : [x[0], x[x.length - 1]];
  }
  // What has one time alone stands in the middle of an hour.
  if (full && full[1] === full[0]) full = [full[0] - 18e5, full[1] + 18e5];
  if (full && full[1] > full[0]) {
    view = full.slice();
    draw();
    $(".holder").forEach(keys);
    setView(full[0], full[1]);
    // So many of the last candles that they can be told apart at this width, which a chart has when it is drawn.
    if (D.seen) queueMicrotask(() => {
      const x = charts[0].data[0], seen = Math.min(D.seen, Math.floor(charts[0].over.clientWidth / CANDLE_FIRST));
      if (seen > 0 && x.length > seen) setView(x[x.length - seen], full[1]);
    });
    for (const b of $("button[data-span]")) b.addEventListener("click", () => b.dataset.span === "all" ? setView(full[0], full[1]) : setView(view[1] - +b.dataset.span, view[1]));
    for (const b of $("button[data-zoom]")) b.addEventListener("click", () => zoom((view[0] + view[1]) / 2, +b.dataset.zoom));
    for (const i of $("input[data-show]")) i.addEventListener("change", () => { shown[i.dataset.show] = i.checked; i.dataset.show === "overlays" ? draw() : charts.forEach(u => u.redraw()); });
    for (const s of $("select[data-instrument]")) s.addEventListener("change", () => { shown.instrument = +s.value; draw(); });
    let last = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== last) { last = innerWidth; draw(); } });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("beforeprint", () => { root.classList.add("paper"); draw(); });
    addEventListener("afterprint", () => { root.classList.remove("paper"); draw(); });
  }

  // Tables: the first page is in the document already, the rest is paged here.
  for (const box of $("[data-table]")) {
    const t = D.tables[+box.dataset.table], body = box.querySelector("tbody"), pager = box.querySelector(".pager");
    const size = t.page, pages = Math.max(1, Math.ceil(t.rows.length / size));
    if (pages < 2) continue;
    pager.hidden = false;
    let page = 0;
    const [back, on] = $("button", pager), where = pager.querySelector("output");
    const turn = to => {
      page = Math.max(0, Math.min(pages - 1, to));
      body.textContent = "";
      for (const row of t.rows.slice(page * size, (page + 1) * size)) {
        const tr = body.insertRow();
        row.forEach((cell, i) => { const td = tr.insertCell(); td.textContent = cell; td.className = t.align[i]; });
      }
      where.textContent = (page * size + 1).toLocaleString("en-US") + "\u2013" + Math.min(t.rows.length, (page + 1) * size).toLocaleString("en-US") + " of " + t.rows.length.toLocaleString("en-US");
      back.disabled = page === 0; on.disabled = page === pages - 1;
    };
    back.addEventListener("click", () => turn(page - 1));
    on.addEventListener("click", () => turn(page + 1));
    turn(0);
  }
})();
