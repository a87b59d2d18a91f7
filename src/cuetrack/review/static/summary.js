// The end of a review: what was judged, the sheet to print, export, submitting, and agreement once all have submitted.

import { getJson, postJson } from "./api.js";
import { byId, clock, el, say } from "./dom.js";
import { strongest } from "./evidence.js";
import { VERDICTS } from "./moment.js";

const FORMATS = [["elan", "ELAN"], ["boris", "BORIS"], ["textgrid", "Praat"], ["webvtt", "Subtitles"], ["csv", "Table"]];
const ARC = 8; // lines of the arc on the sheet
const NAMES = Object.fromEntries(VERDICTS.map(([id, name]) => [id, name]));

export async function summary(app, bench) {
  const { panel, outbox, session, reviewer } = bench;
  const judged = panel.moments.filter((m) => m.verdict);
  const open = panel.moments.length - judged.length;
  const seen = await withEvidence(bench, panel.moments.filter((m) => m.verdict && m.verdict !== "no"));
  const submit = el("button", { type: "button", id: "submit", className: "primary", onclick: async () => {
    if (!(await outbox.add("submit"))) return;
    await bench.refresh();
    await summary(app, bench);
  } }, "Submit my review");
  byId("page").replaceChildren(el("div", { className: "paper" },
    el("p", { className: "screen" }, el("a", { href: `#/s/${bench.id}` }, "Back to the session")),
    el("h1", { tabIndex: -1 }, `Summary: ${session.name}`),
    el("p", {}, `${reviewer}, ${new Date().toLocaleDateString()} · ${session.people.join(" and ")} · ${clock(session.duration_s, 0)} · ${count(judged)}`,
      open ? `, ${open} open` : ""),
    sheet(bench, seen),
    shifts(judged, panel),
    el("section", { className: "screen", "aria-labelledby": "h-export" }, el("h2", { id: "h-export" }, "Take it with you"), ...exporting(bench)),
    el("section", { className: "screen", "aria-labelledby": "h-submit" }, el("h2", { id: "h-submit" }, "Submit"),
      outbox.state.submitted ? el("p", {}, "Submitted. A copy of the record was kept; you can still look at everything.")
        : el("p", {}, "When you submit, your judgements are marked as made without seeing others'. Agreement opens when every reviewer has submitted."),
      el("div", { className: "row" }, outbox.state.submitted ? null : submit,
        el("a", { href: `/api/sessions/${bench.id}/bundle`, download: "" }, "My review as a bundle, to merge on another computer"))),
    outbox.state.submitted ? await agreement(bench) : null));
}

function count(judged) {
  return ["yes", "no", "unsure"].map((v) => `${judged.filter((m) => m.verdict === v).length} ${NAMES[v].toLowerCase()}`).join(", ");
}

async function withEvidence(bench, moments) {
  return Promise.all(moments.map(async (m) => {
    if (m.own) return { ...m, evidence: [], arc: [] };
    const found = await getJson(`/api/sessions/${bench.id}/moments/${m.id}`).catch(() => ({ evidence: [], arc: [] }));
    return { ...found, ...m, evidence: found.evidence, arc: found.arc };
  }));
}

/** The supervision sheet: one block per moment worth talking about, with room to write. */
function sheet(bench, moments) {
  const { panel, codebook } = bench;
  const block = (m) => el("article", { className: "sheet" },
    el("h3", {}, el("span", { className: "mono" }, `${clock(m.start, 0)}–${clock(m.end, 0)} `),
      [m.label ? panel.labelName(m.label) : "", m.title ? `${m.person}: ${m.title}` : m.own ? "marked by the reviewer" : "", m.verdict === "unsure" ? "not sure" : ""].filter(Boolean).join(" · ")),
    m.evidence.length ? el("div", {}, el("strong", {}, "Seen and heard"), ...strongest(m.evidence)) : null,
    m.before ? el("p", {}, el("strong", {}, "Before: "), m.before) : null,
    m.after ? el("p", {}, el("strong", {}, "Afterwards: "), m.after) : null,
    m.arc.length ? el("div", {}, el("strong", {}, "Before, during and after"), el("ul", {}, ...m.arc.slice(0, ARC).map((a) => el("li", {},
      el("span", { className: "mono dim" }, `${clock(a.time_s, 0)} `), a.text)))) : null,
    m.note ? el("p", {}, el("strong", {}, "Note: "), m.note) : null,
    ...codebook.prompt.filter((p) => m.reflections?.[p.id]).map((p) => el("p", {}, el("em", {}, p.text), ` ${m.reflections[p.id]}`)),
    el("div", { className: "lines", "aria-hidden": "true" }));
  return el("section", { "aria-labelledby": "h-sheet" }, el("div", { className: "row" }, el("h2", { id: "h-sheet" }, "For supervision"), el("span", { className: "grow" }),
    el("button", { type: "button", id: "print", className: "screen", onclick: () => window.print() }, "Print or save as PDF")),
    moments.length ? el("div", {}, ...moments.map(block)) : el("p", { className: "dim" }, "Moments you judge “yes” or “not sure” come here, with what was seen and heard and your notes."),
    el("p", { className: "dim" }, "What was seen and heard is measured against each person's own usual; what it means is the reader's to say. Not a medical document."));
}

function shifts(judged, panel) {
  const rows = judged.map((m) => el("tr", {}, ...[clock(m.start, 0), `${Math.round(m.end - m.start)} s`, NAMES[m.verdict], m.label ? panel.labelName(m.label) : "", m.note ?? ""].map((t) => el("td", {}, t))));
  return el("section", { "aria-labelledby": "h-all" }, el("h2", { id: "h-all" }, "All judgements"),
    judged.length ? el("table", {}, el("thead", {}, el("tr", {}, ...["start", "length", "judgement", "label", "note"].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, ...rows))
      : el("p", { className: "dim" }, "None yet."));
}

function exporting(bench) {
  const words = el("p", { id: "exported", role: "status" });
  const send = (name) => async () => {
    try {
      const { written } = await postJson(`/api/sessions/${bench.id}/export`, { formats: [name] });
      say(words, written.map((w) => `${w.file} is in ${w.folder}.${w.lost.length ? ` Not carried: ${w.lost.join("; ")}.` : ""}`).join(" "));
    } catch (fault) { say(words, fault.message); }
  };
  return [el("p", {}, "Files with the session's turns, cues and your moments, for other programs. They hold your notes: mind where they go."),
    el("div", { className: "row" }, ...FORMATS.map(([id, name]) => el("button", { type: "button", id: `export-${id}`, onclick: send(id) }, name))), words];
}

async function agreement(bench) {
  const found = await getJson(`/api/sessions/${bench.id}/agreement`);
  const place = el("section", { id: "agreement", "aria-labelledby": "h-agree" }, el("h2", { id: "h-agree" }, "Agreement"));
  if (!found.rows.length) {
    place.append(el("p", {}, "It opens when at least two reviewers have submitted. On another computer: take the bundle there, or bring theirs here with `cuetrack bundle merge`."));
    return place;
  }
  place.append(el("p", {}, `${found.reviewers.join(" and ")}, each before seeing the other's.`),
    el("table", {}, el("tbody", {}, ...found.rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))))));
  return place;
}
