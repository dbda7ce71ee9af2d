"use strict";
// What a price chart shows besides its candles: volume, curves, marks and figures over them, panes below.
globalThis.scalpCandles = ({ css, alpha, alone, times, values, group, options }) => {
  // More marks (for each so many pixels one) or figures in sight are a smear: the chart asks for a closer look instead.
  const VOLUME_PART = 5.5, MARK_ROOM = 3, FIGURES_SEEN = 60;
  // So many marks are named where there is room, and so many of one side of a candle are stacked.
  const NAMED = 60, STACKED = 4;
  // Six colours that are told apart at a glance; of more curves the next six are dashed, the next dotted, and so on.
  const COLOURS = 6, DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [16, 5], [5, 2], [2, 7], [10, 3, 2, 3, 2, 3], [16, 4, 5, 4], [1, 2], [14, 3, 1, 3], [4, 8], [20, 3, 4, 3], [3, 3, 8, 3]];
  const colour = i => css("c" + (i % COLOURS + 1)), dashes = i => DASHES[Math.floor(i / COLOURS) % DASHES.length];
  // In the legend a curve is a piece of its line, with its dashes.
  function stripes(s) {
    const stops = [];
    let at = 0;
    s.dash.forEach((n, k) => { const c = k % 2 ? "transparent" : s.key; stops.push(c + " " + at + "px", c + " " + (at += n) + "px"); });
    return "repeating-linear-gradient(90deg," + stops.join(",") + ")";
  }
  const mark = s => (s.dash.length ? stripes(s) : s.key);
  const markers = {
    width: (u, i) => (u.series[i].key || !u.series[i].width ? 0 : 2),
    fill: (u, i) => (u.series[i].key ? mark(u.series[i]) : u.series[i].fill(u, i)),
  };
  const nothing = () => null;
  // Large numbers in short: the axis of a pane has little room.
  const short = v => {
    const a = Math.abs(v), step = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]].find(s => a >= (s[1] === "k" ? 1e4 : s[0]));
    return step ? group(v / (step[1] === "k" ? 1e3 : step[0]), a / step[0] >= 100 ? 0 : 1) + step[1] : null;
  };
  const written = e => (u, v) => (v == null ? "\u2013" : short(v) ?? group(v, Math.min(Math.max(e, 0), 8)));

  function curve(c, i) {
    const stroke = colour(i), dash = dashes(i), base = { label: c.n, stroke, key: stroke, dash, width: 1.5, points: alone(values(c.y), false, stroke), value: written(c.y.e), spanGaps: false };
    if (c.form === "columns") return Object.assign(base, { width: 0, stroke, fill: alpha(stroke, 0.5), dash: [], points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 12] }) });
    // Dots have no dashes: those of further curves are rings, and larger.
    const ring = Math.floor(i / COLOURS);
    if (c.form === "dots") return Object.assign(base, { dash: [], paths: nothing, points: { show: true, size: 3.5 + 1.5 * Math.min(ring, 3), width: ring ? 1.2 : 0, stroke, fill: ring ? css("panel") : stroke } });
    if (c.form === "step") return Object.assign(base, { paths: uPlot.paths.stepped({ align: 1 }) });
    return base;
  }

  // The names of the marks of each candle, for the legend.
  function named(c) {
    const at = new Map();
    for (const [row, name, dir] of c.marks.at) at.set(row, (at.has(row) ? at.get(row) + ", " : "") + (dir > 0 ? "\u25c6 " : dir < 0 ? "\u25c7 " : "") + c.marks.names[name]);
    return at;
  }

  const first = (list, i, key) => { let lo = 0, hi = list.length; while (lo < hi) { const m = (lo + hi) >> 1; key(list[m]) < i ? (lo = m + 1) : (hi = m); } return lo; };

  // A mark is a diamond, as a triangle is a fill: what rises is full and below its candle, what falls is hollow and above it.
  // Where all stand, by candle and side.
  function drawMarks(u, c, x, high, low, i0, i1, taken) {
    const g = u.ctx, px = devicePixelRatio, ink = css("ink"), panel = css("panel"), stacks = new Map();
    const from = first(c.marks.at, i0, m => m[0]), to = first(c.marks.at, i1 + 1, m => m[0]);
    if (to - from > u.over.clientWidth / MARK_ROOM) return null;
    const r = (to - from > 120 ? 3 : 4) * px;
    g.strokeStyle = ink;
    g.lineWidth = 1.2 * px;
    for (let k = from; k < to; k++) {
      const [row, name, dir] = c.marks.at[k], s = dir > 0 ? 1 : -1, key = row * 2 + (s > 0 ? 1 : 0);
      const stack = stacks.get(key) || { at: u.valToPos(x[row], "x", true), s, name: c.marks.names[name], all: 0, end: 0 };
      stacks.set(key, stack);
      if (stack.all++ >= STACKED) continue;
      const y = u.valToPos(s > 0 ? low[row] : high[row], "y", true) + s * (r + 5 * px + (stack.all - 1) * (2 * r + 2 * px));
      g.beginPath();
      g.moveTo(stack.at, y - r); g.lineTo(stack.at + r, y); g.lineTo(stack.at, y + r); g.lineTo(stack.at - r, y); g.closePath();
      g.fillStyle = dir > 0 ? ink : panel;
      g.fill(); g.stroke();
      stack.end = y + s * r;
      taken.push([stack.at - r, y - r, stack.at + r, y + r]);
    }
    return to - from > NAMED ? [] : Array.from(stacks.values());
  }

  // Names of marks, beyond the last of each stack.
  function drawNames(u, stacks, taken) {
    const px = devicePixelRatio, ink = css("ink");
    for (const { at, s, name, all, end } of stacks) label(u.ctx, u, name + (all > 1 ? " +" + (all - 1) : ""), at, end + s * (s > 0 ? 13 : 5) * px, "center", ink, taken);
  }

  function drawFigures(u, c, x, i0, i1, taken) {
    const g = u.ctx, px = devicePixelRatio;
    const seen = c.figures.filter(f => f.lines.some(l => l.p.length && l.p[0][0] <= i1 && l.p[l.p.length - 1][0] >= i0));
    if (seen.length > FIGURES_SEEN) return false;
    const many = seen.length > 24, few = seen.length <= 6;
    // Names come first: what does not find room after them is told by its dashes.
    for (const f of seen) {
      const stroke = f.dir > 0 ? css("up") : f.dir < 0 ? css("down") : css("alt");
      const p = f.lines[0].p;
      if (!p.length) continue;
      const topmost = p.reduce((a, b) => (b[1] > a[1] ? b : a));
      label(g, u, f.n, u.valToPos(x[topmost[0]], "x", true), u.valToPos(topmost[1], "y", true) - 7 * px, "center", stroke, taken);
    }
    for (const f of seen) {
      const stroke = f.dir > 0 ? css("up") : f.dir < 0 ? css("down") : css("alt");
      for (const l of f.lines) {
        if (l.p.length < 2 || (many && l.stroke !== "outline")) continue;
        g.strokeStyle = alpha(stroke, l.stroke === "outline" ? 0.9 : 0.7);
        g.lineWidth = (l.stroke === "outline" ? 1.8 : 1.2) * px;
        g.setLineDash(l.stroke === "outline" ? [] : l.stroke === "neckline" ? [7 * px, 4 * px] : [2 * px, 3 * px]);
        g.beginPath();
        l.p.forEach(([row, price], k) => g[k ? "lineTo" : "moveTo"](u.valToPos(x[row], "x", true), u.valToPos(price, "y", true)));
        g.stroke();
        g.setLineDash([]);
        if (l.stroke === "outline" || l.stroke === "neckline" || !few) continue;
        const end = l.p[l.p.length - 1];
        label(g, u, l.stroke, u.valToPos(x[end[0]], "x", true), u.valToPos(end[1], "y", true) - 3 * px, "right", stroke, taken);
      }
    }
    return true;
  }

  // A label where nothing else is written or marked, inside the plot.
  function label(g, u, text, at, y, align, stroke, taken) {
    const px = devicePixelRatio;
    g.font = 11 * px + "px " + getComputedStyle(document.body).fontFamily;
    const wide = g.measureText(text).width, left = align === "right" ? at - wide : align === "left" ? at : at - wide / 2;
    const x0 = Math.min(Math.max(left, u.bbox.left + 2 * px), u.bbox.left + u.bbox.width - wide - 2 * px);
    if (at < u.bbox.left || at > u.bbox.left + u.bbox.width || y - 11 * px < u.bbox.top || y + 3 * px > u.bbox.top + u.bbox.height) return;
    const box = [x0, y - 11 * px, x0 + wide, y + 3 * px];
    if (taken.some(b => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return;
    taken.push(box);
    g.textAlign = "left";
    g.fillStyle = alpha(css("panel"), 0.75);
    g.fillRect(box[0] - 2 * px, box[1], wide + 4 * px, box[3] - box[1]);
    g.fillStyle = stroke;
    g.fillText(text, x0, y);
  }

  // Series, data and drawing on the chart of the candles.
  function over(c, x, high, low, show) {
    const out = { series: [], data: [], bands: [], scales: {}, draw: () => {} };
    if (c.v) {
      out.series.push({ label: "Volume", scale: "v", stroke: "transparent", width: 0, fill: alpha(css("ref"), 0.3), points: { show: false }, value: written(c.v.e), paths: uPlot.paths.bars({ size: [0.66, 11] }) });
      out.data.push(values(c.v));
      out.scales.v = { range: (u, a, b) => [0, (b || 1) * VOLUME_PART] };
    }
    // What lies on the price is told like a price, in full.
    const price = (u, v) => (v == null ? "\u2013" : group(v, c.decimals));
    if (show.overlays) (c.overlays || []).forEach((o, i) => { out.series.push(Object.assign(curve(o, i), { value: price })); out.data.push(values(o.y)); });
    if (c.marks && c.marks.at.length) {
      const names = named(c);
      out.series.push({ label: "Pattern", scale: "v", stroke: "transparent", paths: nothing, points: { show: false }, value: (u, v, s, i) => (i == null ? "\u2013" : names.get(i) || "\u2013") });
      out.data.push(x.map(() => null));
      out.scales.v = out.scales.v || { range: () => [0, 1] };
    }
    out.draw = u => {
      const [i0, i1] = u.series[0].idxs;
      if (i0 == null) return;
      const taken = [], px = devicePixelRatio;
      const marks = show.marks && c.marks ? drawMarks(u, c, x, high, low, i0, i1, taken) : [];
      const figures = !(show.figures && c.figures) || drawFigures(u, c, x, i0, i1, taken);
      drawNames(u, marks || [], taken);
      if (figures && marks) return;
      const what = marks ? "chart patterns" : figures ? "candlestick patterns" : "patterns";
      label(u.ctx, u, "Zoom in to see " + what, u.bbox.left + 8 * px, u.bbox.top + 18 * px, "left", css("soft"), []);
    };
    return out;
  }

  // Plots with panes below share one width of the axis, so that times stand under each other.
  function aligned(c, o) {
    if (c.panes && c.panes.length) o.axes[1].size = innerWidth < 560 ? 58 : 76;
    return Object.assign(o, { legend: { markers } });
  }

  function pane(c, p, x, holder) {
    const series = p.curves.map(curve), data = [x, ...p.curves.map(s => values(s.y))];
    const range = (u, a, b) => {
      let lo = a ?? 0, hi = b ?? 1;
      for (const l of p.levels) { lo = Math.min(lo, l); hi = Math.max(hi, l); }
      if (p.curves.some(s => s.form === "columns")) { lo = Math.min(lo, 0); hi = Math.max(hi, 0); }
      const pad = (hi - lo || Math.abs(hi) || 1) * 0.08;
      return [lo - pad, hi + pad];
    };
    const levels = u => {
      const g = u.ctx, px = devicePixelRatio, [lo, hi] = [u.scales.y.min, u.scales.y.max];
      g.save();
      g.strokeStyle = alpha(css("soft"), 0.7); g.lineWidth = px; g.setLineDash([4 * px, 3 * px]);
      for (const l of p.levels.length ? p.levels : lo < 0 && hi > 0 ? [0] : []) {
        const y = Math.round(u.valToPos(l, "y", true)) + 0.5;
        g.beginPath(); g.moveTo(u.bbox.left, y); g.lineTo(u.bbox.left + u.bbox.width, y); g.stroke();
      }
      g.restore();
    };
    const o = aligned(c, options(holder, innerWidth < 560 ? 130 : 150, { range }, "plain", 2, series, { hooks: { drawAxes: [levels] } }));
    const plain = o.axes[1].values;
    o.axes[1].values = (u, splits) => (splits.some(v => Math.abs(v) >= 1e5) ? splits.map(v => short(v) ?? group(v, 0)) : plain(u, splits));
    o.axes[0].size = 30;
    return new uPlot(o, data, holder);
  }

  return { over, pane, aligned };
};
