// The list of moments and everything one can say about the chosen one.

import { announce, byId, clock, el } from "./dom.js";

const VERDICTS = [["yes", "Yes", "A"], ["no", "No", "X"], ["unsure", "Not sure", "U"]];
const SIGNS = { yes: "●", no: "✕", unsure: "?", "": "○" };

export class Panel {
  constructor({ codebook, onchoose, onevent, getEvidence, mayOpen }) {
    Object.assign(this, { codebook, onchoose, onevent, getEvidence, mayOpen });
    this.moments = [];
    this.chosen = null;
    this.evidenceOpen = true;
    byId("filter").onchange = () => this.list();
  }

  get visible() {
    return byId("filter").value === "open" ? this.moments.filter((m) => !m.verdict || m.id === this.chosen?.id) : this.moments;
  }

  update(moments) {
    this.moments = moments;
    if (this.chosen) this.chosen = moments.find((m) => m.id === this.chosen.id) ?? null;
    this.list();
  }

  choose(id) {
    this.chosen = this.moments.find((m) => m.id === id) ?? null;
    this.list();
    this.detail();
  }

  move(by) {
    const shown = this.visible;
    const at = shown.findIndex((m) => m.id === this.chosen?.id);
    const next = shown[Math.min(Math.max(at + by, 0), shown.length - 1)];
    if (next) this.onchoose(next.id);
  }

  list() {
    byId("moments").replaceChildren(...this.visible.map((m) => el("li", { className: m.id === this.chosen?.id ? "chosen" : "" },
      el("button", { type: "button", onclick: () => this.onchoose(m.id), "aria-current": String(m.id === this.chosen?.id) },
        el("span", { className: "sign", "aria-hidden": "true" }, SIGNS[m.verdict ?? ""]),
        el("span", { className: "mono" }, clock(m.start, 0)),
        el("span", { className: "dim" }, `${Math.round(m.end - m.start)} s`),
        el("span", {}, [m.own ? "own" : "", m.label ? this.#labelName(m.label) : m.title ?? ""].filter(Boolean).join(" · ")),
        el("span", { className: "hidden" }, m.verdict ? ` judged ${m.verdict}` : " open")))));
    byId("moments").querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  detail() {
    const m = this.chosen;
    if (!m) { byId("judging").replaceChildren(el("p", { className: "dim" }, "Choose a moment, or press M to mark one of your own.")); return; }
    const say = (kind, body) => this.onevent(kind, m, body);
    const labels = this.codebook.label.map((l) => el("button", {
      type: "button", className: m.label === l.id ? "on" : "", title: l.hint, "aria-pressed": String(m.label === l.id),
      onclick: () => say("label", { label: m.label === l.id ? "" : l.id }) }, `${l.key} ${l.name}`));
    const note = el("textarea", { id: "note", rows: 2, value: m.note ?? "", "aria-label": "Note",
      onchange: (e) => say("note", { text: e.target.value }) });
    const prompts = this.codebook.prompt.map((p) => el("label", { className: "field" }, p.text,
      el("textarea", { rows: 2, value: m.reflections?.[p.id] ?? "", onchange: (e) => say("reflect", { prompt: p.id, text: e.target.value }) })));
    byId("judging").replaceChildren(
      el("p", {}, el("strong", {}, `${clock(m.start)} to ${clock(m.end)}`), m.title ? ` — ${m.person}: ${m.title}` : ""),
      el("div", { className: "verdicts", role: "group", "aria-label": "Is this a moment worth talking about?" },
        el("span", {}, "Is this a moment worth talking about?"),
        ...VERDICTS.map(([id, name, key]) => el("button", { type: "button", className: m.verdict === id ? "on" : "",
          "aria-pressed": String(m.verdict === id), onclick: () => say("judge", { verdict: id }) }, `${key} ${name}`))),
      el("div", { className: "labels", role: "group", "aria-label": "Label" }, ...labels),
      el("label", { className: "field" }, "Note (T)", note),
      el("details", { id: "reflect" }, el("summary", {}, "To reflect (Q), if you like"), ...prompts),
      el("div", { id: "evidence" }));
    this.evidence();
  }

  async evidence() {
    const m = this.chosen;
    const place = byId("evidence");
    if (!m || !place) return;
    if (m.own) { place.replaceChildren(); return; }
    if (!this.evidenceOpen) { place.replaceChildren(el("p", { className: "dim" }, "Evidence hidden (H).")); return; }
    if (!m.verdict && this.mayOpen && !this.mayOpen()) {
      place.replaceChildren(el("p", { className: "dim" }, "Why this is here opens after your judgement."));
      return;
    }
    let found;
    try { found = await this.getEvidence(m.id); } catch (fault) {
      place.replaceChildren(el("p", { className: "dim" }, fault.message));
      return;
    }
    if (this.chosen?.id !== m.id) return;
    const rows = found.evidence.map((e) => el("li", {}, e.text));
    const arc = found.arc.map((a) => el("li", {}, el("span", { className: "mono dim" }, `${clock(a.time_s, 0)} `), `${a.text}`));
    place.replaceChildren(
      el("h3", {}, "Why here"), el("ul", {}, ...rows),
      el("p", {}, found.before ? `Before: ${found.before}` : ""), el("p", {}, found.after ? `Afterwards: ${found.after}` : ""),
      arc.length ? el("details", {}, el("summary", {}, "Before, during and after"), el("ul", {}, ...arc)) : null,
      found.benign ? el("p", { className: "dim" }, `May also be: ${found.benign}`) : null,
      found.missing ? el("p", { className: "dim" }, `Not measured: ${found.missing}`) : null,
      Number.isFinite(found.chance_per_h) ? el("p", { className: "dim" },
        `Moments this strong arise about ${found.chance_per_h.toFixed(1)} times an hour by chance in this recording.`) : null);
  }

  #labelName(id) { return this.codebook.label.find((l) => l.id === id)?.name ?? id; }
}

export function judged(panel) {
  const open = panel.moments.filter((m) => !m.verdict).length;
  announce(open ? `${open} left` : "all judged");
}
