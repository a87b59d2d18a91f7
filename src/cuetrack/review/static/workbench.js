// One session under review: its parts around one clock, and what is saved of every act.

import { getBytes, getJson, Outbox } from "./api.js";
import { actionsOf } from "./actions.js";
import { picker } from "./channels.js";
import { announce, byId, clock } from "./dom.js";
import { Edges } from "./edges.js";
import { Keys } from "./keys.js";
import { span } from "./moment.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Screens } from "./screens.js";
import { Timeline } from "./timeline.js";
import { tour } from "./tour.js";

const LEAD_S = 5;

export class Workbench {
  /** Load a session and show it. */
  static async open(app, id, reviewer) {
    const [session, codebook] = await Promise.all([getJson(`/api/sessions/${id}`), getJson(`/api/sessions/${id}/codebook`)]);
    const bench = new Workbench(app, id, session, codebook, reviewer);
    bench.timeline.load(session, new Float32Array(await getBytes(`/api/sessions/${id}/signals`)));
    await bench.outbox.load();
    await bench.refresh();
    await bench.screens.load();
    bench.player.seek(0);
    bench.panel.detail();
    if (!app.preferences.toured) tour(app);
    return bench;
  }

  constructor(app, id, session, codebook, reviewer) {
    Object.assign(this, { app, id, session, codebook, reviewer, found: null });
    byId("session-name").textContent = session.name;
    byId("reviewer-name").textContent = reviewer;
    byId("blind").hidden = !session.rules.blind;
    this.closing = new AbortController();
    this.player = new Player(session.duration_s);
    this.timeline = new Timeline({ overview: byId("overview"), detail: byId("detail"), overlay: byId("overlay"), reading: byId("reading") });
    this.outbox = new Outbox(id, (state, how, text) => this.#saved(how, text));
    const mayOpen = () => !session.rules.blind || this.outbox.state.submitted;
    const getEvidence = (m) => this.outbox.read(() => {
      if (!mayOpen() && !this.outbox.state.decisions[m]?.verdict) throw new Error("Why this is here opens after your judgement.");
      return getJson(`/api/sessions/${id}/moments/${m}`);
    });
    this.panel = new Panel({ codebook, people: session.people, onchoose: (m) => this.choose(m), onevent: (...told) => this.tell(...told), getEvidence, mayOpen });
    this.screens = new Screens(this);
    this.edges = new Edges(this);
    this.actions = actionsOf(this);
    this.keys = new Keys(this.actions, app, this.closing.signal);
    this.#wire();
  }

  close() {
    this.closing.abort();
    this.player.close();
    this.timeline.close();
    byId("screens").replaceChildren();
  }

  /** The page came back to the front. */
  shown() { this.timeline.draw(); }

  async refresh() {
    this.found = await getJson(`/api/sessions/${this.id}/moments`);
    this.merge();
  }

  /** Candidates with what the reviewer said of them, and the reviewer's own moments, in the order of time. */
  merge() {
    const decisions = this.outbox.state.decisions;
    const said = (d) => ({ verdict: d.verdict, label: d.label, note: d.note, reflections: d.reflections,
      ...(d.end_ms > d.start_ms ? { start: d.start_ms / 1000, end: d.end_ms / 1000 } : {}) });
    const moments = this.found.map((m) => ({ ...m, start: m.start_s, end: m.end_s, verdict: "", ...(decisions[m.id] ? said(decisions[m.id]) : {}) }));
    for (const d of Object.values(decisions)) if (d.own) moments.push({ id: d.moment, own: true, person: d.person, ...said(d) });
    moments.sort((a, b) => a.start - b.start);
    this.timeline.moments = moments;
    this.panel.update(moments);
    this.timeline.selected = this.panel.chosen?.id ?? null;
    this.timeline.draw();
    const done = moments.filter((m) => m.verdict).length;
    byId("progress").textContent = `${done} of ${moments.length} judged`;
    if (this.player.loop) this.loop(true);
  }

  choose(id) {
    this.edges.cancel();
    this.panel.choose(id);
    const m = this.panel.chosen;
    if (!m) return;
    this.timeline.selected = id;
    if (!m.own && !this.outbox.state.decisions[id]) this.outbox.add("viewed", id, span(m));
    this.timeline.look(m.start - 30, Math.max(60, m.end - m.start + 60));
    this.player.pause();
    this.player.seek(Math.max(0, m.start - LEAD_S));
    if (this.player.loop) this.loop(true);
  }

  loop(on) {
    const m = this.panel.chosen;
    byId("loop").checked = on && Boolean(m);
    this.player.loop = on && m ? { start: m.start, end: m.end } : null;
  }

  /** Save something said of a moment, and show what follows from it. */
  async tell(kind, moment, body) {
    if (!this.outbox.state.decisions[moment.id] && !moment.own) await this.outbox.add("viewed", moment.id, span(moment));
    if (!(await this.outbox.add(kind, moment.id, body))) return;
    if (kind === "judge") { await this.refresh(); this.#left(); }
    if (this.panel.chosen?.id === moment.id && kind !== "note" && kind !== "reflect") this.panel.detail();
  }

  #left() {
    const open = this.panel.moments.filter((m) => !m.verdict).length;
    announce(open ? `${open} left` : "all judged");
  }

  #saved(how, text = "") {
    if (this.closing.signal.aborted) return;
    const words = { saved: `saved ${new Date().toLocaleTimeString()}`, waiting: "not saved yet, trying again…", loaded: "", reloaded: "reloaded" };
    byId("saved").textContent = how === "failed" ? `not saved: ${text}` : words[how];
    byId("saved").classList.toggle("alarm", how === "failed" || how === "waiting");
    if (this.found) this.merge();
  }

  #wire() {
    const { actions, player, timeline } = this;
    const click = (id, act) => { byId(id).onclick = act; };
    for (const [id, name] of [["play", "play"], ["back", "back"], ["on", "on"], ["help", "help"], ["new-moment", "create"],
      ["zoom-in", "zoomIn"], ["zoom-out", "zoomOut"], ["zoom-all", "zoomAll"], ["finish", "finish"]]) click(id, actions[name]);
    click("pick", () => picker(timeline));
    byId("work").addEventListener("click", (event) => { // a button clicked with the pointer does not keep the keys
      if (event.detail > 0) event.target.closest("button, input[type=checkbox]")?.blur();
    }, { signal: this.closing.signal });
    byId("loop").onchange = (event) => this.loop(event.target.checked);
    player.addEventListener("time", () => {
      byId("clock").textContent = clock(player.time);
      byId("frame").textContent = player.frame === null ? "" : `frame ${player.frame}`;
      timeline.setTime(player.time, player.playing);
      this.screens.draw(player.time);
    });
    player.addEventListener("state", () => { byId("play").textContent = player.playing ? "Pause" : "Play"; });
    timeline.addEventListener("seek", (event) => player.seek(event.detail));
    timeline.addEventListener("edge", (event) => player.seek(event.detail));
    timeline.addEventListener("edges", (event) => this.tell("edges", event.detail, span(event.detail)));
    timeline.addEventListener("dropped", () => this.merge());
    timeline.addEventListener("choose", (event) => this.choose(event.detail));
  }
}
