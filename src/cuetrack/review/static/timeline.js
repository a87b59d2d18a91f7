// The session as lanes over time: an overview of all of it, a detail that pans and zooms, and a playhead above.
//
// Works on any page, also in a notebook's cell: `new Timeline({overview, detail, overlay, reading})` takes three canvases
// (detail and overlay share a parent of relative position, inside a parent that scrolls) and an element for the value
// under the pointer. `load(session, samples)` takes
//   session: {duration_s, rate_hz, people: [name], turns: [{start_s, end_s, person, label}],
//             channels: [{id, person, signal, unit, usual, low, high, more}]}
//   samples: Float32Array, all channels one after the other, NaN where nothing was measured.
// `moments` ([{id, start, end, verdict}]), `selected` (an id), `setTime(s, follow)`, `look(start, width)` and `zoom(factor)`
// change what is shown. Events: "seek" and "edge" (detail: time), "edges" (detail: the moment), "choose" (detail: its id),
// "dropped". `hold(which, time)` moves an edge of the selected moment until `release(kept)`. With `wheelIsThePages` the
// wheel zooms only with Ctrl. Nothing is kept outside the object; `close()` ends it.

import { clock } from "./dom.js";
import { AXIS, drawDetail, drawOverlay, drawOverview, laneHeight, NAME, TURNS } from "./draw.js";
import { defaultChannels, reading } from "./lanes.js";
import { listen } from "./pointer.js";
import { Pyramid } from "./pyramid.js";

const LEAST_S = 2;
const KEPT_TIMES = 2000;

export class Timeline extends EventTarget {
  #moments = [];

  constructor({ overview, detail, overlay, reading: told }) {
    super();
    Object.assign(this, { overview, detail, overlay, told, session: null, lanes: [], selected: null, held: null, time: 0,
      wheelIsThePages: false });
    this.view = { start: 0, end: 60 };
    this.frameTimes = []; // milliseconds of drawing per frame, for the benchmark
    this.closing = new AbortController();
    const redraw = () => this.draw();
    listen(this, this.closing.signal);
    this.resizing = new ResizeObserver(redraw);
    this.resizing.observe(detail.parentElement);
    detail.parentElement.parentElement.addEventListener("scroll", redraw, { signal: this.closing.signal, passive: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal: this.closing.signal });
  }

  close() {
    this.closing.abort();
    this.resizing.disconnect();
    this.session = null;
  }

  /** Take a session: people, turns, channels with their samples. */
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

  /** Show the channels of these ids, in the session's order. */
  show(ids) {
    this.lanes = this.channels.filter((c) => ids.includes(c.id));
    this.detail.parentElement.style.height = `${this.lanesTop + this.lanes.length * laneHeight(this.lanes.length) + 4}px`;
    this.draw();
  }

  get moments() { return this.#moments; }

  /** A held edge stays where it was moved to, whatever was saved or came from the server meanwhile. */
  set moments(list) {
    this.#moments = list;
    if (this.held) this.#put(this.held.time);
  }

  /** The selected moment. */
  get chosen() { return this.#moments.find((m) => m.id === this.selected); }

  /** Move an edge of the selected moment; `release` keeps or drops it. */
  hold(which, time) {
    const { chosen } = this;
    if (!chosen) return;
    if (this.held && this.held.which !== which) this.release(false);
    this.held = { id: chosen.id, which, time, was: this.held?.was ?? chosen[which] };
    this.#put(time);
    this.draw();
  }

  /** Let a held edge go, where it is or where it was. */
  release(kept) {
    if (this.held && !kept) this.#put(this.held.was);
    this.held = null;
    this.draw();
  }

  #put(time) {
    const moment = this.#moments.find((m) => m.id === this.held.id);
    if (moment) moment[this.held.which] = time;
  }

  setTime(time, follow) {
    this.time = time;
    if (!this.session) return;
    if (follow && (time < this.view.start || time > this.view.end)) this.look(time - (this.view.end - this.view.start) * 0.1);
    drawOverlay(this);
  }

  look(start, width = this.view.end - this.view.start) {
    const span = Math.min(Math.max(width, LEAST_S), this.session.duration_s);
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
      if (!this.session || !this.detail.isConnected || !this.detail.parentElement.clientWidth) return;
      const begun = performance.now();
      drawOverview(this);
      drawDetail(this);
      drawOverlay(this);
      this.frameTimes.push(performance.now() - begun);
      if (this.frameTimes.length > KEPT_TIMES) this.frameTimes.shift();
    });
  }

  get lanesTop() { return AXIS + this.session.people.length * TURNS; }

  x(time) { return NAME + ((time - this.view.start) / (this.view.end - this.view.start)) * (this.width - NAME); }

  timeAt(x) { return this.view.start + ((x - NAME) / (this.width - NAME)) * (this.view.end - this.view.start); }

  /** Say what the lane at a height shows at a time. */
  read(time, y) {
    const lane = this.lanes[Math.floor((y - this.lanesTop) / laneHeight(this.lanes.length))];
    this.told.textContent = `${clock(Math.max(time, 0), 1)}  ${lane ? reading(lane, Math.floor(time * this.session.rate_hz)) : ""}`;
  }

  tell(kind, detail) { this.dispatchEvent(new CustomEvent(kind, { detail })); }
}
