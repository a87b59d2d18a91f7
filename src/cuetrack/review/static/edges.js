// Moving a moment's start or end by keys: at once to the playhead, or armed, moved step by step, kept or dropped.

import { announce } from "./dom.js";
import { span } from "./moment.js";

const LEAST_S = 0.1;

export class Edges {
  constructor(bench) {
    this.bench = bench;
    this.armed = null; // {which, moment, was}
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
    this.armed = { which, moment: m, was: m[which] };
    this.bench.timeline.armed = which;
    this.bench.timeline.draw();
    announce(`${which} of the moment moves with the keys; Enter keeps it, Escape drops it`);
  }

  follow() {
    if (!this.armed) return;
    const { which, moment } = this.armed;
    const time = this.bench.player.time;
    const fits = which === "start" ? moment.end - time >= LEAST_S : time - moment.start >= LEAST_S;
    if (fits) moment[which] = time;
    this.bench.timeline.draw();
  }

  keep() {
    const { moment } = this.armed;
    this.#disarm();
    this.bench.tell("edges", moment, span(moment));
    announce("edge kept");
  }

  cancel() {
    if (!this.armed) return;
    const { which, moment, was } = this.armed;
    moment[which] = was;
    this.#disarm();
    announce("edge as it was");
  }

  #disarm() {
    this.armed = null;
    this.bench.timeline.armed = null;
    this.bench.timeline.draw();
  }
}
