// Why a moment was found, in words: it opens after the reviewer's own judgement.

import { clock, el } from "./dom.js";

const FIRST = 6;

/** The strongest of what spoke for a moment, the rest behind a click. */
export function strongest(evidence) {
  const items = evidence.map((e) => el("li", {}, e.text));
  const rest = items.splice(FIRST);
  return [el("ul", {}, ...items), rest.length ? el("details", { className: "screen" }, el("summary", {}, `and ${rest.length} more`), el("ul", {}, ...rest)) : ""];
}

const dim = (text) => el("p", { className: "dim" }, text);

export async function showEvidence(place, moment, panel) {
  if (moment.own) { place.replaceChildren(); return; }
  if (!panel.evidenceOpen) { place.replaceChildren(dim("Evidence hidden (H).")); return; }
  if (!moment.verdict && !panel.mayOpen()) { place.replaceChildren(dim("Why this is here opens after your judgement.")); return; }
  let found;
  try { found = await panel.getEvidence(moment.id); } catch (fault) { place.replaceChildren(dim(fault.message)); return; }
  if (panel.chosen?.id !== moment.id) return;
  const arc = found.arc.map((a) => el("li", {}, el("span", { className: "mono dim" }, `${clock(a.time_s, 0)} `), a.text));
  place.replaceChildren(
    el("h3", {}, "Why here"), ...strongest(found.evidence),
    found.before ? el("p", {}, el("strong", {}, "Before: "), found.before) : "",
    found.after ? el("p", {}, el("strong", {}, "Afterwards: "), found.after) : "",
    arc.length ? el("details", {}, el("summary", {}, "Before, during and after"), el("ul", {}, ...arc)) : "",
    found.benign ? dim(`May also be: ${found.benign}`) : "",
    found.missing ? dim(`Not measured: ${found.missing}`) : "",
    Number.isFinite(found.chance_per_h) ? dim(`Moments this strong arise about ${found.chance_per_h.toFixed(1)} times an hour by chance in this recording.`) : "");
}
