// The list of moments and everything one can say about the chosen one.

import { byId, clock, el } from "./dom.js";
import { showEvidence } from "./evidence.js";
import { SIGNS, VERDICTS } from "./moment.js";

export class Panel {
  constructor({ codebook, people, onchoose, onevent, getEvidence, mayOpen }) {
    Object.assign(this, { codebook, people, onchoose, onevent, getEvidence, mayOpen });
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

  reflect() {
    const place = byId("reflect");
    if (place) { place.open = true; place.querySelector("textarea")?.focus(); }
  }

  list() {
    const focused = document.activeElement?.closest("#moments li")?.dataset.id;
    byId("moments").replaceChildren(...this.visible.map((m) => {
      const chosen = m.id === this.chosen?.id;
      const item = el("li", { className: chosen ? "chosen" : "" }, el("button", { type: "button", onclick: () => this.onchoose(m.id), "aria-current": String(chosen) },
        el("span", { className: "sign", "aria-hidden": "true" }, SIGNS[m.verdict ?? ""]),
        el("span", { className: "mono" }, clock(m.start, 0)),
        el("span", { className: "dim" }, `${Math.round(m.end - m.start)} s`),
        el("span", { className: "clip" }, [m.own ? "own" : "", m.label ? this.labelName(m.label) : m.title ?? ""].filter(Boolean).join(" · ")),
        m.note ? el("span", { className: "dim", title: "has a note" }, "✎", el("span", { className: "hidden" }, " has a note")) : null,
        el("span", { className: "hidden" }, m.verdict ? ` judged ${m.verdict}` : " open")));
      item.dataset.id = m.id;
      return item;
    }));
    byId("moments").querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
    if (focused) [...byId("moments").children].find((li) => li.dataset.id === focused)?.firstChild.focus();
  }

  detail() {
    const m = this.chosen;
    if (!m) {
      byId("judging").replaceChildren(el("p", { className: "dim" }, "Choose a moment (N), or press M to mark one of your own."));
      return;
    }
    const say = (kind, body) => this.onevent(kind, m, body);
    const kept = document.activeElement?.closest("#judging button")?.dataset.name;
    const button = (name, text, on, onclick, hint = "") => {
      const made = el("button", { type: "button", className: on ? "on" : "", "aria-pressed": String(on), onclick, title: hint }, text);
      made.dataset.name = name;
      return made;
    };
    const label = (l) => button(`label ${l.id}`, l.key ? `${l.key} ${l.name}` : l.name, m.label === l.id, () => say("label", { label: m.label === l.id ? "" : l.id }), l.hint);
    const groups = new Map();
    for (const l of this.codebook.label) groups.set(l.group ?? "", [...(groups.get(l.group ?? "") ?? []), l]);
    const [first, ...more] = [...groups];
    const note = el("textarea", { id: "note", rows: 2, value: m.note ?? "", onchange: (e) => say("note", { text: e.target.value }) });
    const prompts = this.codebook.prompt.map((p) => el("label", { className: "field" }, p.text,
      el("textarea", { rows: 2, value: m.reflections?.[p.id] ?? "", onchange: (e) => say("reflect", { prompt: p.id, text: e.target.value }) })));
    const open = byId("reflect")?.open && byId("reflect").dataset.of === m.id;
    const reflect = el("details", { id: "reflect", open }, el("summary", {}, "To reflect (Q), if you like"), ...prompts);
    reflect.dataset.of = m.id;
    byId("judging").replaceChildren(
      el("p", { className: "when" }, el("strong", { className: "mono" }, `${clock(m.start)} – ${clock(m.end)}`), m.title ? ` ${m.person}: ${m.title}` : ""),
      m.own ? el("div", { className: "labels", role: "group", "aria-label": "Whose moment" },
        ...this.people.map((name) => button(`person ${name}`, name, m.person === name, () => say("person", { person: m.person === name ? "" : name })))) : "",
      el("div", { className: "verdicts", role: "group", "aria-label": "Is this a moment worth talking about?" },
        el("span", {}, "Is this a moment worth talking about?"),
        ...VERDICTS.map(([id, name, key]) => button(`verdict ${id}`, `${key} ${name}`, m.verdict === id, () => say("judge", { verdict: id })))),
      el("div", { className: "labels", role: "group", "aria-label": "Label" }, ...first[1].map(label)),
      ...more.map(([group, labels]) => el("details", { open: labels.some((l) => l.id === m.label) }, el("summary", {}, group || "Markers"),
        el("div", { className: "labels", role: "group", "aria-label": group }, ...labels.map(label)))),
      el("label", { className: "field" }, "Note (T)", note),
      reflect,
      el("div", { id: "evidence" }));
    if (kept) [...byId("judging").querySelectorAll("button")].find((b) => b.dataset.name === kept)?.focus();
    this.evidence();
  }

  evidence() {
    const place = byId("evidence");
    if (place && this.chosen) showEvidence(place, this.chosen, this);
  }

  labelName(id) { return this.codebook.label.find((l) => l.id === id)?.name ?? id; }
}
