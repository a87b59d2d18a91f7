// Moving a moment's start or end by keys: at once to the playhead, or armed, moved step by step, kept or dropped.

import { announce } from "./dom.js";
import { span } from "./moment.js";

const LEAST_S = 0.1;

export class Edges {
  constructor(bench) {
    this.bench = bench;
    this.armed = null; // "start" or "end" while it follows the keys
  }

  /** Put an edge to the playhead and save it. */
  here(which) {
    const m = this.bench.panel.chosen;
    if (!m) return;
    const moved = { ...m, [which]: this.bench.player.time };
    if (moved.end - moved.start >= LEAST_S) this.bench.tell("edges", m, span(moved));
    else announce(which === "start" ? "the start must lie before the end" : "the end must lie after the start");
  }

  /** Go to an edge; it then follows the playhead until it is kept (Enter) or dropped (Esc). */
  arm(which) {
    this.cancel();
    const m = this.bench.panel.chosen;
    if (!m) return;
    this.bench.player.pause();
    this.bench.player.seek(m[which]);
    this.armed = which;
    this.bench.timeline.hold(which, m[which]);
    announce(`${which} of the moment moves with the keys; Enter keeps it, Escape drops it`);
  }

  follow() {
    const m = this.bench.panel.chosen;
    if (!this.armed || !m) return;
    const time = this.bench.player.time;
    const fits = this.armed === "start" ? m.end - time >= LEAST_S : time - m.start >= LEAST_S;
    if (fits) this.bench.timeline.hold(this.armed, time);
  }

  keep() {
    const m = this.bench.panel.chosen;
    this.#release(true);
    if (m) this.bench.tell("edges", m, span(m));
    announce("edge kept");
  }

  cancel() {
    if (!this.armed) return;
    this.#release(false);
    announce("edge as it was");
  }

  #release(kept) {
    this.armed = null;
    this.bench.timeline.release(kept);
  }
}
