"use strict";
// Draws each section's rows from the numbers stored in it, and finds the segments again when the slider moves.
for (const section of document.querySelectorAll(".timeline")) start(section);

function start(section) {
  const data = JSON.parse(section.querySelector("script").textContent);
  const edges = Array.from(numbers(data.edges, 4), (value) => value / 1000);
  const flat = numbers(data.curves, 2);
  const cells = edges.length - 1;
  const curves = data.labels.map((_, row) => Array.from(flat.subarray(row * cells, (row + 1) * cells), (v) => v / 65535));
  const end = Math.max(data.duration, edges[cells]) || 1;
  const hue = (row) => (row < 0 ? 0 : (250 + row * 137.508) % 360);
  const name = (row) => (row < 0 ? `(${data.none})` : data.labels[row]);
  const state = { time: 0, least: null, zoom: 1, segments: [] };

  // The label with the largest mean has the cell, unless it is below the threshold; equal neighbours are one segment.
  // Segments of other methods are given, and those that are not probable enough are left out.
  function segments() {
    const found = [];
    if (data.segments) {
      for (const [row, from, to, probability] of data.segments) {
        if (row >= 0 && probability >= (state.least ?? 0)) found.push({ row, from, to, probability });
      }
      return found;
    }
    for (let cell = 0; cell < cells; cell++) {
      let best = 0;
      for (let row = 1; row < curves.length; row++) if (curves[row][cell] > curves[best][cell]) best = row;
      const value = curves[best][cell];
      const row = best === data.noneLabel || value < (state.least ?? data.thresholds[best]) ? -1 : best;
      const [from, to] = [edges[cell], edges[cell + 1]];
      const last = found[found.length - 1];
      if (last && last.row === row) {
        last.sum += value * (to - from);
        last.to = to;
      } else found.push({ row, from, to, sum: value * (to - from) });
    }
    for (const one of found) one.probability = one.to > one.from ? one.sum / (one.to - one.from) : 0;
    return found;
  }

  const video = section.querySelector("video");
  const player = section.querySelector(".player");
  const side = section.querySelector(".found");
  side.replaceChildren();
  const now = add(side, "div", { className: "now" });
  const clock = add(now, "div", { className: "clock" });
  const tops = Array.from({ length: Math.min(3, curves.length) }, () => {
    const text = add(now, "span");
    const meter = add(add(now, "div", { className: "meter" }), "i");
    return { text, meter, value: add(now, "span", { className: "n" }) };
  });
  const list = add(side, "ol");

  const controls = add(section, "div", { className: "controls" });
  const slider = addSlider(controls, "Least probability", 0, 1, 0.01);
  const zoom = addSlider(controls, "Zoom", 0, 6, 1);
  add(add(controls, "button", { type: "button", textContent: "Reset", onclick: () => setLeast(null) }), "span");
  add(controls, "button", { type: "button", textContent: "Save as CSV", onclick: save });
  const said = add(controls, "span", { className: "said" });
  said.setAttribute("aria-live", "polite");

  const rows = add(section, "div", { className: "rows" });
  const names = add(rows, "div", { className: "names" });
  const scroll = add(rows, "div", { className: "scroll" });
  const lanes = add(scroll, "div", { className: "lanes", tabIndex: 0 });
  lanes.setAttribute("role", "slider");
  lanes.setAttribute("aria-label", "Time");
  lanes.setAttribute("aria-valuemin", "0");
  lanes.setAttribute("aria-valuemax", end.toFixed(2));
  const ruler = addLane("ruler", "");
  const strip = data.pictures.length ? addLane("strip", "") : null;
  const result = addLane("result", "what happens");
  // Rows in the order in which their labels first happen; those that never do come last, by their peaks.
  const found = segments();
  const first = curves.map((_, row) => found.find((one) => one.row === row)?.from ?? Infinity);
  const peaks = curves.map((curve) => curve.reduce((a, b) => Math.max(a, b), 0));
  const lines = [];
  for (const row of curves.map((_, row) => row).sort((a, b) =>
    first[a] === first[b] ? peaks[b] - peaks[a] : first[a] - first[b])) {
    lines[row] = addCurve(curves[row], row);
  }
  const needle = add(lanes, "div", { className: "needle" });
  const pictures = data.pictures.map((picture) => ({ t: picture.t, image: add(strip, "img", { src: picture.src, alt: "" }) }));
  if (data.hidden) {
    add(section, "p", { className: "keys", textContent: `${data.hidden} more labels stay below 1 % all the time.` });
  }
  add(section, "p", { className: "keys" }).innerHTML =
    "<kbd>Space</kbd> play or pause, <kbd>←</kbd> <kbd>→</kbd> one second (with <kbd>Shift</kbd> a tenth), " +
    "<kbd>P</kbd> <kbd>N</kbd> previous and next action, <kbd>[</kbd> <kbd>]</kbd> least probability.";

  function addLane(kind, text) {
    const label = add(names, "div", { className: kind });
    add(label, "span", { textContent: text, title: text });
    return add(lanes, "div", { className: `lane ${kind}` });
  }

  function addCurve(curve, row) {
    const lane = addLane("curve", data.labels[row]);
    const label = names.lastChild;
    lane.style.setProperty("--hue", hue(row));
    label.style.setProperty("--hue", hue(row));
    add(label, "span", { className: "dot" });
    const held = add(lane, "div");
    const space = "http://www.w3.org/2000/svg";
    const svg = lane.appendChild(document.createElementNS(space, "svg"));
    svg.setAttribute("viewBox", "0 0 1000 100");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.appendChild(document.createElementNS(space, "path")).setAttribute("d", outline(curve));
    return { label, held, least: add(lane, "div", { className: "least" }) };
  }

  // Where a probability lies in a row, in hundredths from its top.
  function height(probability) { return 101 - 97 * probability; }

  // A curve as steps. Where there are more cells than could be seen, the largest of some stands for them.
  function outline(curve) {
    const together = Math.ceil(cells / 4000);
    let path = "M0 101";
    for (let cell = 0; cell < cells; cell += together) {
      const last = Math.min(cells, cell + together);
      const y = height(Math.max(...curve.slice(cell, last))).toFixed(1);
      path += `L${((edges[cell] / end) * 1000).toFixed(2)} ${y}H${((edges[last] / end) * 1000).toFixed(2)}`;
    }
    return `${path}V101Z`;
  }

  function percent(time) { return `${((time / end) * 100).toFixed(4)}%`; }

  function addBlock(parent, one, className) {
    const block = add(parent, "div", { className });
    block.style.left = percent(one.from);
    block.style.width = percent(one.to - one.from);
    block.style.setProperty("--hue", hue(one.row));
    return block;
  }

  function drawSegments() {
    state.segments = segments();
    result.replaceChildren();
    list.replaceChildren();
    for (const line of lines) line.held.replaceChildren();
    for (const one of state.segments) {
      const about = `${name(one.row)}, ${seconds(one.from)} to ${seconds(one.to)}, ${share(one.probability)}`;
      const block = addBlock(result, one, one.row < 0 ? "none" : "");
      block.textContent = one.row < 0 ? "" : name(one.row);
      block.title = about;
      block.dataset.from = one.from;
      if (one.row < 0) continue;
      addBlock(lines[one.row].held, one, "held");
      one.item = add(list, "li");
      const button = add(one.item, "button", { type: "button", onclick: () => seek(one.from) });
      button.style.setProperty("--hue", hue(one.row));
      add(button, "span", { className: "dot" });
      add(button, "span", { textContent: `${seconds(one.from)} – ${seconds(one.to)}` });
      add(button, "span", { textContent: name(one.row) });
      add(button, "span", { textContent: share(one.probability) });
    }
    const shown = state.segments.filter((one) => one.row >= 0);
    const covered = shown.reduce((sum, one) => sum + one.to - one.from, 0);
    said.textContent = `${shown.length} action${shown.length === 1 ? "" : "s"}, ${share(covered / end)} of the time`;
    lines.forEach((line, row) => {
      line.label.classList.toggle("off", !shown.some((one) => one.row === row));
      const least = state.least ?? data.thresholds[row];
      line.least.hidden = least <= 0;
      line.least.style.top = `${height(least)}%`;
    });
    slider.value = state.least ?? Math.max(0, ...data.thresholds);
    slider.nextSibling.textContent = state.least === null && slider.value > 0 ? "as found" : share(slider.value);
    drawTime();
  }

  function drawTime() {
    needle.style.left = percent(state.time);
    lanes.setAttribute("aria-valuenow", state.time.toFixed(2));
    clock.textContent = `${seconds(state.time)} of ${seconds(end)}`;
    let cell = edges.findIndex((edge) => edge > state.time) - 1;
    if (cell < 0) cell = cells - 1;
    const order = curves.map((_, row) => row).sort((a, b) => curves[b][cell] - curves[a][cell] || a - b);
    tops.forEach((top, place) => {
      const row = order[place];
      top.text.textContent = name(row);
      top.value.textContent = share(curves[row][cell]);
      top.meter.style.setProperty("--hue", hue(row));
      top.meter.style.width = share(curves[row][cell]).replace(" ", "");
    });
    for (const one of state.segments) {
      if (one.item) one.item.setAttribute("aria-current", one.from <= state.time && state.time < one.to);
    }
    if (stand) stand.src = nearest().src;
  }

  // Pictures stand in for a video that the browser cannot play.
  let stand = null;
  function nearest() {
    return data.pictures.reduce((a, b) => (Math.abs(b.t - state.time) < Math.abs(a.t - state.time) ? b : a));
  }
  function standIn() {
    if (player.querySelector("p")) return;
    add(player, "p", { textContent: `This browser cannot play ${data.name}.` });
    if (!data.pictures.length) return;
    video.hidden = true;
    stand = player.insertBefore(Object.assign(document.createElement("img"), { alt: "" }), video);
    drawTime();
  }
  video.addEventListener("error", standIn);
  if (video.error) standIn();
  // Browsers may hang in a seek that begins before the last one ended, so a new one waits for it.
  let wanted = null;
  function moveVideo() {
    if (video.seeking || wanted === null) return;
    video.currentTime = wanted;
    wanted = null;
  }
  const followed = () => {
    moveVideo();
    if (video.seeking) return;
    state.time = Math.min(end, video.currentTime);
    drawTime();
  };
  for (const event of ["timeupdate", "seeked"]) video.addEventListener(event, followed);
  const follow = () => {
    if (video.paused) return;
    followed();
    requestAnimationFrame(follow);
  };
  video.addEventListener("play", follow);

  function seek(time) {
    state.time = Math.min(end, Math.max(0, time));
    if (!stand) {
      wanted = state.time;
      moveVideo();
    }
    drawTime();
    const x = (state.time / end) * lanes.clientWidth;
    if (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = x - scroll.clientWidth / 3;
  }

  function setLeast(value) {
    state.least = value === null ? null : Math.min(1, Math.max(0, value));
    drawSegments();
  }

  function setZoom() {
    const middle = state.time / end;
    lanes.style.width = `${100 * 2 ** zoom.value}%`;
    zoom.nextSibling.textContent = `${2 ** zoom.value} ×`;
    scroll.scrollLeft = middle * lanes.clientWidth - scroll.clientWidth / 2;
    drawScale();
  }

  function drawRuler() {
    const least = (end * 90) / Math.max(1, lanes.clientWidth);
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600].find((s) => s >= least) ?? 7200;
    ruler.replaceChildren();
    for (let tick = 0; tick * step < end - step / 4; tick++) {
      add(ruler, "span", { textContent: seconds(tick * step, step < 1 ? 1 : 0) }).style.left = percent(tick * step);
    }
  }

  // Pictures stand at their times where all have room; else some of them stand side by side, each near its time.
  function drawStrip() {
    if (!strip) return;
    const [width, size] = [strip.clientWidth, strip.clientHeight];
    const room = Math.max(1, Math.floor(width / size));
    for (const { image } of pictures) image.hidden = true;
    const shown = Array.from({ length: Math.min(room, pictures.length) }, (_, place) => {
      if (room >= pictures.length) return { ...pictures[place], x: (pictures[place].t / end) * width };
      const middle = ((place + 0.5) / room) * end;
      const nearest = pictures.reduce((a, b) => (Math.abs(b.t - middle) < Math.abs(a.t - middle) ? b : a));
      return { ...nearest, x: (middle / end) * width };
    });
    for (const { image, x } of shown) {
      image.hidden = false;
      image.style.left = `${Math.min(width - size / 2, Math.max(size / 2, x))}px`;
    }
  }

  function drawScale() {
    drawRuler();
    drawStrip();
  }

  // A block of the result is a link to its beginning; anywhere else the place is the time.
  function seekTo(event) {
    const block = event.target.closest("[data-from]");
    if (block && event.type === "pointerdown") return seek(Number(block.dataset.from));
    const box = lanes.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * end);
  }
  lanes.addEventListener("pointerdown", seekTo);
  lanes.addEventListener("pointermove", (event) => { if (event.buttons & 1) seekTo(event); });
  lanes.addEventListener("dragstart", (event) => event.preventDefault());
  slider.addEventListener("input", () => setLeast(Number(slider.value)));
  zoom.addEventListener("input", setZoom);

  section.addEventListener("actionclip-key", (event) => {
    const { key, shiftKey } = event.detail;
    const next = state.segments.find((one) => one.row >= 0 && one.from > state.time + 0.001);
    const before = state.segments.findLast((one) => one.row >= 0 && one.from < state.time - 0.25);
    if (key === " ") video.paused ? video.play().catch(() => {}) : video.pause();
    else if (key === "ArrowLeft") seek(state.time - (shiftKey ? 0.1 : 1));
    else if (key === "ArrowRight") seek(state.time + (shiftKey ? 0.1 : 1));
    else if (key === "Home") seek(0);
    else if (key === "End") seek(end);
    else if (key === "n") seek(next ? next.from : end);
    else if (key === "p") seek(before ? before.from : 0);
    else if (key === "[") setLeast(Number(slider.value) - 0.05);
    else if (key === "]") setLeast(Number(slider.value) + 0.05);
    else return;
    event.preventDefault();
  });

  function save() {
    const field = (text) => (/[",]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = state.segments.filter((one) => one.row >= 0).map((one) =>
      [field(decodeURIComponent(video.getAttribute("src"))), field(name(one.row)), one.from.toFixed(3), one.to.toFixed(3),
        one.probability.toFixed(4)].join(","));
    const text = ["path,label,start,end,probability", ...lines, ""].join("\n");
    const link = Object.assign(document.createElement("a"), { download: `${data.name}.csv` });
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  new ResizeObserver(drawScale).observe(scroll);
  setZoom();
  drawSegments();
}

// A key goes to the section that has the focus, else to the first that is in view.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target;
  if (on.matches("input, video") && (event.key.startsWith("Arrow") || event.key === " " || event.key.length > 1)) return;
  if (event.key === " " && on.matches("button, summary, a")) return;
  const all = [...document.querySelectorAll(".timeline")];
  const section = on.closest(".timeline") ?? all.find((one) => one.getBoundingClientRect().bottom > 0);
  const passed = new CustomEvent("actionclip-key", { cancelable: true, detail: {
    key: event.key.length === 1 ? event.key.toLowerCase() : event.key, shiftKey: event.shiftKey } });
  if (section && !section.dispatchEvent(passed)) event.preventDefault();
});

function add(parent, kind, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(kind), properties));
}

function addSlider(parent, text, min, max, step) {
  const label = add(parent, "label", { textContent: text });
  const input = add(label, "input", { type: "range", min, max, step, value: min });
  add(label, "output");
  return input;
}

// Little-endian whole numbers of 2 or 4 bytes.
function numbers(base64, size) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return size === 4 ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer);
}

function share(value) { return `${Math.round(value * 100)} %`; }

function seconds(time, digits = 2) {
  if (time < 60) return `${time.toFixed(digits)} s`;
  const minutes = Math.floor(time / 60);
  const rest = (time - minutes * 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
