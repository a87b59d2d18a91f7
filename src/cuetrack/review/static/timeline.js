// The session as lanes over time: an overview of all of it, a detail that pans and zooms, and a playhead above.
// Signals are drawn as min/max columns straight into pixels; missing stretches are hatched, never drawn as zero.

import { Pyramid } from "./pyramid.js";
import { clock } from "./dom.js";

const LANE = 26;
const TURNS = 14;
const AXIS = 18;
const NAME = 190;

export class Timeline extends EventTarget {
  constructor({ overview, detail, overlay, reading }) {
    super();
    Object.assign(this, { overview, detail, overlay, reading });
    this.view = { start: 0, end: 60 };
    this.lanes = [];
    this.moments = [];
    this.selected = null;
    this.time = 0;
    this.frameTimes = [];
    this.#listen();
    new ResizeObserver(() => this.draw()).observe(detail.parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Take a session: people, turns, channels with their samples (one Float32Array each). */
  load(session, samples) {
    this.session = session;
    const length = samples.length / Math.max(1, session.channels.length);
    this.channels = session.channels.map((channel, i) => {
      const values = samples.subarray(i * length, (i + 1) * length);
      return { ...channel, values, pyramid: new Pyramid(values) };
    });
    this.view = { start: 0, end: Math.min(session.duration_s, 120) };
    this.show(defaultChannels(this.channels));
  }

  show(ids) {
    this.lanes = this.channels.filter((c) => ids.includes(c.id));
    this.detail.parentElement.style.height = `${AXIS + this.session.people.length * TURNS + this.lanes.length * LANE + 4}px`;
    this.draw();
  }

  setTime(time, follow) {
    this.time = time;
    if (follow && (time < this.view.start || time > this.view.end)) {
      this.look(time - (this.view.end - this.view.start) * 0.1);
    }
    this.#drawOverlay();
  }

  look(start, width = this.view.end - this.view.start) {
    const span = Math.min(Math.max(width, 2), this.session.duration_s);
    const from = Math.min(Math.max(start, 0), this.session.duration_s - span);
    this.view = { start: from, end: from + span };
    this.draw();
  }

  zoom(factor, around = this.time) {
    const width = (this.view.end - this.view.start) * factor;
    const share = (around - this.view.start) / (this.view.end - this.view.start);
    this.look(around - Math.min(Math.max(share, 0), 1) * width, width);
  }

  draw() {
    if (!this.session || this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      const begun = performance.now();
      this.#drawOverview();
      this.#drawDetail();
      this.#drawOverlay();
      this.frameTimes.push(performance.now() - begun);
      if (this.frameTimes.length > 600) this.frameTimes.shift();
    });
  }

  #x(time) { return NAME + ((time - this.view.start) / (this.view.end - this.view.start)) * (this.width - NAME); }

  #timeAt(x) { return this.view.start + ((x - NAME) / (this.width - NAME)) * (this.view.end - this.view.start); }

  #drawOverview() {
    const { context, width, height } = sized(this.overview, 34);
    const ink = colours();
    context.fillStyle = ink.back;
    context.fillRect(0, 0, width, height);
    const x = (t) => (t / this.session.duration_s) * width;
    this.session.people.forEach((person, i) => {
      context.fillStyle = ink.people[i];
      for (const turn of this.session.turns) {
        if (turn.person === person && turn.label === "turn") {
          context.fillRect(x(turn.start_s), 4 + i * 7, Math.max(1, x(turn.end_s) - x(turn.start_s)), 5);
        }
      }
    });
    for (const moment of this.moments) this.#mark(context, x, moment, 18, 12, ink);
    context.strokeStyle = ink.text;
    context.strokeRect(x(this.view.start), 1, Math.max(3, x(this.view.end) - x(this.view.start)), height - 2);
    context.fillStyle = ink.playhead;
    context.fillRect(x(this.time), 0, 2, height);
  }

  #mark(context, x, moment, top, height, ink) {
    const left = x(moment.start);
    const width = Math.max(3, x(moment.end) - left);
    context.fillStyle = moment.id === this.selected ? ink.selected : ink.moment;
    context.fillRect(left, top, width, height);
    context.strokeStyle = ink.text;
    if (moment.verdict) context.strokeRect(left, top, width, height); // shape beside colour: judged ones have an edge
  }

  #drawDetail() {
    const box = this.detail.parentElement.getBoundingClientRect();
    const { context, width, height, ratio } = sized(this.detail, box.height);
    this.width = width;
    const ink = colours();
    context.fillStyle = ink.back;
    context.fillRect(0, 0, width, height);
    this.#axis(context, ink, height);
    for (const moment of this.moments) {
      const left = Math.max(NAME, this.#x(moment.start));
      const right = this.#x(moment.end);
      if (right < NAME || left > width) continue;
      context.fillStyle = moment.id === this.selected ? ink.selectedBand : ink.momentBand;
      context.fillRect(left, AXIS, right - left, height - AXIS);
    }
    let top = AXIS;
    this.session.people.forEach((person, i) => {
      label(context, ink, `${person} speaks`, top, TURNS);
      for (const turn of this.session.turns) {
        if (turn.person !== person || turn.end_s < this.view.start || turn.start_s > this.view.end) continue;
        const left = Math.max(NAME, this.#x(turn.start_s));
        context.fillStyle = ink.people[i];
        const tall = turn.label === "turn" ? TURNS - 4 : 4;
        context.fillRect(left, top + (TURNS - tall) / 2, Math.max(1, this.#x(turn.end_s) - left), tall);
      }
      top += TURNS;
    });
    for (const lane of this.lanes) {
      label(context, ink, `${lane.person} ${title(lane)}`, top, LANE);
      this.#lane(context, lane, top, ink, ratio);
      top += LANE;
    }
  }

  #axis(context, ink, height) {
    const span = this.view.end - this.view.start;
    const step = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600].find((s) => span / s <= 12) ?? 1200;
    context.fillStyle = ink.dim;
    context.strokeStyle = ink.grid;
    context.font = "11px system-ui, sans-serif";
    for (let t = Math.ceil(this.view.start / step) * step; t <= this.view.end; t += step) {
      const x = this.#x(t);
      context.beginPath();
      context.moveTo(x, AXIS);
      context.lineTo(x, height);
      context.stroke();
      context.fillText(clock(t, step < 1 ? 1 : 0), x + 2, 12);
    }
  }

  #lane(context, lane, top, ink, ratio) {
    const columns = Math.max(1, Math.round((this.width - NAME) * ratio));
    const rows = Math.round((LANE - 4) * ratio);
    const low = new Float32Array(columns);
    const high = new Float32Array(columns);
    const rate = this.session.rate_hz;
    lane.pyramid.columns(this.view.start * rate, this.view.end * rate, columns, low, high);
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const [line, gap, usual] = ink.packed;
    const span = lane.high - lane.low || 1;
    const y = (v) => Math.round((1 - Math.min(Math.max((v - lane.low) / span, 0), 1)) * (rows - 1));
    if (lane.usual !== null) pixels.fill(usual, y(lane.usual) * columns, (y(lane.usual) + 1) * columns);
    for (let c = 0; c < columns; c += 1) {
      if (Number.isNaN(low[c])) {
        for (let r = (c * 3) % 7; r < rows; r += 7) pixels[r * columns + c] = gap;
        continue;
      }
      const last = y(low[c]);
      for (let r = y(high[c]); r <= Math.max(last, y(high[c])); r += 1) pixels[r * columns + c] = line;
    }
    context.putImageData(image, NAME * ratio, (top + 2) * ratio);
  }

  #drawOverlay() {
    if (!this.session) return;
    const box = this.detail.parentElement.getBoundingClientRect();
    const { context, width, height } = sized(this.overlay, box.height);
    context.clearRect(0, 0, width, height);
    const x = this.#x(this.time);
    const ink = colours();
    context.fillStyle = ink.playhead;
    if (x >= NAME && x <= width) context.fillRect(x, 0, 2, height);
    const chosen = this.moments.find((m) => m.id === this.selected);
    if (chosen) {
      context.fillStyle = ink.text;
      for (const t of [chosen.start, chosen.end]) {
        const edge = this.#x(t);
        if (edge >= NAME) context.fillRect(edge - 1, AXIS, 3, height - AXIS);
      }
    }
  }

  /** Value of each lane at a time, in own units against own usual. */
  read(time) {
    const i = Math.floor(time * this.session.rate_hz);
    return this.lanes.map((lane) => {
      const value = lane.values[i];
      const shown = Number.isFinite(value) ? number(value, lane.unit) : "not measured";
      const usual = lane.usual === null ? "" : `, usually ${number(lane.usual, lane.unit)}`;
      return { lane, text: `${lane.person} ${title(lane)}: ${shown}${usual}` };
    });
  }

  #listen() {
    const pointer = (event) => event.clientX - this.detail.getBoundingClientRect().left;
    this.overlay.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) {
        this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, this.#timeAt(pointer(event)));
      } else this.look(this.view.start + (event.deltaX / this.width) * (this.view.end - this.view.start));
    }, { passive: false });
    let drag = null;
    this.overlay.addEventListener("pointerdown", (event) => {
      this.overlay.setPointerCapture(event.pointerId);
      const time = this.#timeAt(pointer(event));
      const chosen = this.moments.find((m) => m.id === this.selected);
      const near = chosen && ["start", "end"].find((k) => Math.abs(this.#x(chosen[k]) - pointer(event)) < 6);
      drag = near ? { edge: near, moment: chosen } : { from: pointer(event), start: this.view.start, time, moved: false };
    });
    this.overlay.addEventListener("pointermove", (event) => {
      const time = this.#timeAt(pointer(event));
      if (drag?.edge) {
        drag.moment[drag.edge] = Math.min(Math.max(time, 0), this.session.duration_s);
        this.draw();
      } else if (drag) {
        const shift = pointer(event) - drag.from;
        if (Math.abs(shift) > 3) drag.moved = true;
        if (drag.moved) this.look(drag.start - (shift / (this.width - NAME)) * (this.view.end - this.view.start));
      } else this.#hover(event, time);
    });
    this.overlay.addEventListener("pointerup", (event) => {
      if (drag?.edge) this.dispatchEvent(new CustomEvent("edges", { detail: drag.moment }));
      else if (drag && !drag.moved && pointer(event) > NAME) this.dispatchEvent(new CustomEvent("seek", { detail: drag.time }));
      drag = null;
    });
    const jump = (event) => {
      const box = this.overview.getBoundingClientRect();
      const time = ((event.clientX - box.left) / box.width) * this.session.duration_s;
      this.look(time - (this.view.end - this.view.start) / 2);
    };
    this.overview.addEventListener("pointerdown", (event) => { this.overview.setPointerCapture(event.pointerId); jump(event); });
    this.overview.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
  }

  #hover(event, time) {
    if (!this.session) return;
    const y = event.clientY - this.detail.getBoundingClientRect().top;
    const lane = Math.floor((y - AXIS - this.session.people.length * TURNS) / LANE);
    const read = this.lanes[lane] ? this.read(time)[lane].text : "";
    this.reading.textContent = `${clock(Math.max(time, 0), 1)}  ${read}`;
  }
}

/** Up to twelve lanes to begin with: what speaks most clearly, both people. */
function defaultChannels(channels) {
  const wanted = ["toward_partner", "smile", "expressivity_per_s", "lean_cm", "pitch_st", "level_db", "latency_s", "motion_sw_per_s"];
  const found = wanted.flatMap((signal) => channels.filter((c) => c.signal === signal));
  return (found.length ? found : channels).slice(0, 12).map((c) => c.id);
}

export function title(channel) {
  return channel.signal.replace(/_(deg|cm|db|st|sd|hz|per_s|per_min|sw_per_s|deg_per_s|syl_per_s|mm|s|z)$/, "").replaceAll("_", " ");
}

export function number(value, unit) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}

function label(context, ink, text, top, height) {
  context.fillStyle = ink.dim;
  context.font = "11px system-ui, sans-serif";
  context.fillText(text, 4, top + height / 2 + 4, NAME - 8);
}

function sized(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.parentElement.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height, ratio };
}

let inks = {};

function colours() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  inks[dark] ??= dark
    ? { back: "#16181d", text: "#e8e9ec", dim: "#a7adb8", grid: "#2b2f37", people: ["#6fb7e9", "#f0b35a"], moment: "#8d6bb8",
        selected: "#d4a5ff", momentBand: "#8d6bb830", selectedBand: "#d4a5ff40", playhead: "#ff6d6d", packed: pack("#9fb4c7", "#5b626e", "#3c434e") }
    : { back: "#ffffff", text: "#1b1d22", dim: "#565d69", grid: "#e3e6eb", people: ["#0f6ca8", "#b06a00"], moment: "#8a63b5",
        selected: "#5b2f8f", momentBand: "#8a63b524", selectedBand: "#5b2f8f30", playhead: "#c8102e", packed: pack("#3b5066", "#b4bac4", "#d7dce3") };
  return inks[dark];
}

function pack(...hexes) {
  return hexes.map((hex) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}
