(() => {
  // Drawings without script: names that would cover each other step aside, and a pointer is told what lies nearest.
  const D = JSON.parse(document.getElementById("data").textContent);
  const plots = Array.from(document.querySelectorAll("[data-plane]")).map(box => ({ box: box.querySelector(".plot"), d: D.planes[+box.dataset.plane] }));
  const write = (v, axis) => {
    const w = axis.percent ? v * 100 : v;
    const text = w !== 0 && (Math.abs(w) < 1e-4 || Math.abs(w) >= 1e7) ? w.toExponential(3) : w.toLocaleString("en-US", axis.whole ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: Math.abs(w) >= 1e4 ? 7 : 4 });
    return text.replace("-", "\u2212") + (axis.percent ? " %" : "");
  };
  const part = (v, axis) => ((axis.log ? Math.log(v) : v) - axis.low) / (axis.high - axis.low);

  const crosses = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  function names() {
    for (const { box } of plots) {
      const whole = box.getBoundingClientRect(), taken = [];
      for (const name of box.querySelectorAll(".name")) {
        name.hidden = false;
        name.hidden = !["", "west", "north", "south"].some(side => {
          name.className = "name " + side;
          const r = name.getBoundingClientRect();
          if (r.left < whole.left - 2 || r.right > whole.right + 6 || r.top < whole.top - 12 || r.bottom > whole.bottom + 2) return false;
          if (taken.some(other => crosses(r, other))) return false;
          taken.push(r);
          return true;
        });
      }
    }
  }

  for (const { box, d } of plots) {
    box.classList.add("ask");
    const tip = document.createElement("div"), pin = document.createElement("div");
    tip.className = "tip"; pin.className = "pin"; tip.hidden = pin.hidden = true;
    box.append(pin, tip);
    const away = () => { tip.hidden = pin.hidden = true; };
    box.addEventListener("pointerleave", away);
    const seek = e => {
      const r = box.getBoundingClientRect(), px = e.clientX - r.left, py = e.clientY - r.top;
      let best = null;
      for (const l of d.layers) {
        const columns = l.width !== undefined;
        for (let i = 0; i < l.x.length; i++) {
          const x = part(l.x[i], d.x) * r.width;
          for (const v of l.to ? [l.y[i], l.to[i]] : [l.y[i]]) {
            const y = (1 - part(v, d.y)) * r.height, inside = columns && py >= Math.min(y, (1 - part(0, d.y)) * r.height) && py <= Math.max(y, (1 - part(0, d.y)) * r.height);
            const distance = Math.hypot(x - px, inside ? 2 : y - py);
            if (!best || distance < best.distance) best = { distance, l, i, x, y };
          }
        }
      }
      if (!best || best.distance > 60) return away();
      const { l, i } = best, line = (name, text) => { const p = document.createElement("div"); p.textContent = name + ": " + text; return p; };
      tip.textContent = "";
      const head = document.createElement("b");
      head.textContent = (l.names && l.names[i]) || l.n || d.yt;
      tip.append(head, line(d.xt, l.width ? write(l.x[i] - l.width / 2, d.x) + " to " + write(l.x[i] + l.width / 2, d.x) : write(l.x[i], d.x)), line(d.yt, l.to ? write(l.y[i], d.y) + " to " + write(l.to[i], d.y) : write(l.y[i], d.y)));
      tip.hidden = pin.hidden = false;
      pin.style.left = best.x + "px"; pin.style.bottom = r.height - best.y + "px";
      tip.style.left = Math.max(0, Math.min(best.x + 12, r.width - tip.offsetWidth)) + "px";
      tip.style.top = Math.max(0, best.y > r.height / 2 ? best.y - tip.offsetHeight - 10 : best.y + 12) + "px";
    };
    for (const kind of ["pointermove", "pointerdown"]) box.addEventListener(kind, seek);
  }
  names();
  addEventListener("resize", names);
})();
