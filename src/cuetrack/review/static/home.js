// The start page: what cuetrack is for, who is reviewing, the sessions, a recording to add, the example.

import { getJson, postJson } from "./api.js";
import { byId, clock, el, say } from "./dom.js";
import { showJob } from "./job.js";

export async function home(app) {
  const [{ sessions, faults }, { name }] = await Promise.all([getJson("/api/sessions"), getJson("/api/reviewer")]);
  const who = el("input", { id: "who", autocomplete: "off", maxLength: 40, required: true, value: name || app.preferences.reviewer });
  const trouble = el("p", { className: "note", role: "alert" });
  const attempt = async (work) => { try { await work(); } catch (fault) { say(trouble, fault.message); } };
  const open = (id) => attempt(async () => {
    if (!who.value.trim()) { say(trouble, "Say first who is reviewing: a name, initials or a code."); who.focus(); return; }
    await postJson("/api/reviewer", { name: who.value });
    app.go(`#/s/${id}`);
  });
  const example = () => attempt(async () => {
    const { session } = await postJson("/api/example", {});
    if (session) await open(session);
    else showJob(app, "The example is being made", (id) => open(id));
  });
  byId("page").replaceChildren(el("div", { className: "paper" },
    el("h1", {}, "Welcome"),
    el("p", { className: "lead" }, el("strong", {}, "All stays on this computer."), " cuetrack looks at a recorded session of two people "
      + "and shows where movement, voice or timing shifted from a person's own usual. What a moment means is for you to say."),
    el("form", { onsubmit: (event) => { event.preventDefault(); if (sessions.length) open(sessions[0].id); } },
      el("label", { className: "field" }, "Who is reviewing? A name, initials or a code", who)),
    trouble,
    sessions.length ? el("section", { "aria-labelledby": "h-sessions" }, el("h2", { id: "h-sessions" }, "Sessions"),
      el("ul", { className: "cards", id: "sessions" }, ...sessions.map((s) => el("li", {}, card(s, open))))) : null,
    ...Object.entries(faults).map(([session, why]) => el("p", { className: "note" }, `${session} cannot be shown: ${why}`)),
    el("section", { "aria-labelledby": "h-more" }, el("h2", { id: "h-more" }, sessions.length ? "More" : "Begin"),
      el("div", { className: "row" },
        el("button", { type: "button", id: "add", className: sessions.length ? "" : "primary", onclick: () => app.go("#/add") }, "Add a recording"),
        el("button", { type: "button", id: "example", onclick: example }, "Try the example"),
        el("span", { className: "dim" }, "two simulated people, four minutes; made here the first time, in about three minutes"))),
    el("details", {}, el("summary", {}, "What it is for, and what not"),
      el("p", {}, "For supervision, training and research with people who agreed to the recording and to this analysis. It names no emotion, "
        + "intent or diagnosis and scores nobody. It is not a medical device and not for hiring, grading, discipline, billing or legal use."),
      el("p", {}, "Session folders are plain files: keep them on an encrypted disk, or lock them with a passphrase (cuetrack lock)."))));
  if (!who.value) who.focus();
}

function card(s, open) {
  const state = s.submitted ? "submitted" : s.judged ? `${s.judged} of ${s.moments} judged` : `${s.moments} moments`;
  return el("button", { type: "button", className: "card", onclick: () => open(s.id) },
    el("strong", {}, s.name), el("span", { className: "mono" }, clock(s.duration_s, 0)), el("span", { className: "dim" }, state));
}
