// Wires the page: start, load a session, then keys, player, timeline and panel around one clock.

import { getBytes, getJson, Outbox, postJson } from "./api.js";
import { announce, byId, clock, el } from "./dom.js";
import { Keys } from "./keys.js";
import { judged, Panel } from "./panel.js";
import { Player } from "./player.js";
import { Pose } from "./pose.js";
import { Timeline, title } from "./timeline.js";

const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const LEAD_S = 5;
const TOUR = [
  ["Watch", "Space plays and pauses. J and L go 5 seconds back and on. The comma and full stop keys go frame by frame."],
  ["Judge", "N brings the next moment. A says yes, X says no, U says not sure. All three are equally good answers."],
  ["Mark", "[ and ] move the moment's start and end to where you are. M marks a moment of your own."],
  ["Note", "T opens a note, Q some questions to reflect on. Z takes back whatever you did last."],
  ["Find your way", "The question mark shows all keys. The strip at the bottom is the whole session: click to go there."],
];

const page = {};

start();

async function start() {
  const sessions = await getJson("/api/sessions");
  byId("sessions").replaceChildren(...sessions.map((s, i) => el("label", { className: "choice" },
    el("input", { type: "radio", name: "session", value: s.id, checked: i === 0 }), ` ${s.name} (${clock(s.duration_s, 0)}, ${s.moments} moments)`)));
  byId("who").value = (await getJson("/api/reviewer")).name;
  byId("start").showModal();
  byId("start").oncancel = (event) => event.preventDefault();
  byId("start-form").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await postJson("/api/reviewer", { name: byId("who").value });
      byId("start").close();
      await open(new FormData(event.target).get("session"));
    } catch (fault) { byId("start-error").textContent = fault.message; if (!byId("start").open) byId("start").showModal(); }
  };
}

async function open(id) {
  const [session, codebook] = await Promise.all([getJson(`/api/sessions/${id}`), getJson("/api/codebook")]);
  byId("work").hidden = false;
  byId("session-name").textContent = session.name;
  byId("reviewer-name").textContent = byId("who").value;
  byId("blind").hidden = !session.rules.blind;
  Object.assign(page, { id, session, edits: new Map() });
  page.player = new Player(session.duration_s);
  page.timeline = new Timeline({ overview: byId("overview"), detail: byId("detail"), overlay: byId("overlay"), reading: byId("reading") });
  page.panel = new Panel({ codebook, onchoose: choose, onevent: tell, getEvidence: (m) => getJson(`/api/sessions/${id}/moments/${m}`),
    mayOpen: () => !session.rules.blind || page.outbox.state.submitted });
  page.outbox = new Outbox(id, saved);
  page.timeline.load(session, new Float32Array(await getBytes(`/api/sessions/${id}/signals`)));
  await screens();
  await page.outbox.load();
  await refresh();
  wire();
  page.player.seek(0);
  page.panel.detail();
  if (!localStorage.getItem("cuetrack.toured")) tour(0);
  window.cuetrack = page; // for tests and for the curious
}

async function screens() {
  const place = byId("screens");
  place.replaceChildren();
  for (const media of page.session.media) {
    const known = await getJson(`/media/${page.id}/${media}/state`);
    if (known.state !== "ready") { await copying(media, known); return; }
    if (page.session.rules.pose_only) continue;
    const video = el(known.video ? "video" : "audio", { src: `/media/${page.id}/${media}`, preload: "auto", playsInline: true, controls: false });
    video.setAttribute("aria-label", known.person || "recording");
    place.append(video);
    page.player.add(video, known);
    if (known.video) setTimeout(() => { if (video.readyState > 1 && !video.videoWidth) note("The picture of this file cannot be shown here."); }, 2000);
  }
  const canvas = el("canvas", { className: "pose", hidden: true });
  canvas.setAttribute("aria-label", "Pose only");
  place.append(canvas);
  page.pose = new Pose(page.id, canvas);
  byId("pose-only").checked = page.session.rules.pose_only;
  byId("pose-only").disabled = page.session.rules.pose_only;
  poseOnly();
}

async function copying(media, known) {
  note(known.state === "missing" || known.state === "failed" ? known.why
    : `Browsers cannot show this recording (${known.why}). A playable copy is being made: ${Math.round(known.done * 100)} %. You can look around meanwhile.`);
  if (known.state !== "missing" && known.state !== "failed") setTimeout(() => { note(""); screens(); }, 2000);
}

function note(text) {
  byId("media-note").textContent = text;
  byId("media-note").hidden = !text;
}

function poseOnly() {
  const only = byId("pose-only").checked;
  for (const video of byId("screens").querySelectorAll("video")) video.classList.toggle("gone", only);
  byId("screens").querySelector("canvas.pose").hidden = !only;
  if (only) page.pose.draw(page.player.time);
}

async function refresh() {
  page.found = await getJson(`/api/sessions/${page.id}/moments`);
  merge();
}

/** Candidates with what the reviewer said of them, and the reviewer's own moments, in the order of time. */
function merge() {
  const decisions = page.outbox.state.decisions;
  const times = (d) => ({ start: d.start_ms / 1000, end: d.end_ms / 1000 });
  const moments = page.found.map((m) => {
    const d = decisions[m.id];
    return { ...m, start: m.start_s, end: m.end_s, verdict: "", ...(d ? { verdict: d.verdict, label: d.label, note: d.note, reflections: d.reflections, ...(d.end_ms > d.start_ms ? times(d) : {}) } : {}) };
  });
  for (const d of Object.values(decisions)) if (d.own) moments.push({ id: d.moment, own: true, person: d.person, ...times(d), verdict: d.verdict, label: d.label, note: d.note, reflections: d.reflections });
  moments.sort((a, b) => a.start - b.start);
  page.panel.update(moments);
  page.timeline.moments = moments;
  page.timeline.selected = page.panel.chosen?.id ?? null;
  page.timeline.draw();
  const done = moments.filter((m) => m.verdict).length;
  byId("progress").textContent = `${done} of ${moments.length} judged`;
}

function choose(id) {
  page.panel.choose(id);
  const m = page.panel.chosen;
  page.timeline.selected = id;
  if (!m.own && !page.outbox.state.decisions[id]) page.outbox.add("viewed", id, span(m));
  page.timeline.look(m.start - 30, Math.max(60, m.end - m.start + 60));
  page.player.pause();
  page.player.seek(Math.max(0, m.start - LEAD_S));
  if (page.player.loop) page.player.loop = { start: m.start, end: m.end };
}

const span = (m) => ({ start_ms: Math.round(m.start * 1000), end_ms: Math.round(m.end * 1000), person: m.person ?? "" });

async function tell(kind, moment, body) {
  const first = !page.outbox.state.decisions[moment.id] && !moment.own;
  if (first) await page.outbox.add("viewed", moment.id, span(moment));
  await page.outbox.add(kind, moment.id, body);
  if (kind === "judge") { await refresh(); judged(page.panel); }
  if (page.panel.chosen?.id === moment.id && kind !== "note" && kind !== "reflect") page.panel.detail();
}

function saved(state, how, text = "") {
  const words = { saved: `saved ${new Date().toLocaleTimeString()}`, waiting: "not saved yet, trying again…", loaded: "", reloaded: "reloaded" };
  byId("saved").textContent = how === "failed" ? `not saved: ${text}` : words[how];
  if (page.found) merge();
}

function wire() {
  const { player, timeline, panel, outbox } = page;
  const judge = (verdict) => async () => {
    const m = panel.chosen;
    if (!m) return;
    await tell("judge", m, { verdict });
    const later = panel.moments.filter((o) => !o.verdict);
    const next = later.find((o) => o.start > m.start) ?? later[0];
    if (next) choose(next.id);
  };
  const edge = (which) => () => {
    const m = panel.chosen;
    if (!m) return;
    const moved = { ...m, [which]: player.time };
    if (moved.end > moved.start) tell("edges", m, span(moved));
  };
  const label = (i) => () => {
    const chosen = panel.codebook.label[i];
    if (panel.chosen && chosen) tell("label", panel.chosen, { label: panel.chosen.label === chosen.id ? "" : chosen.id });
  };
  const speed = (by) => () => {
    const at = SPEEDS.indexOf(Number(byId("speed").value));
    byId("speed").value = String(SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)]);
    player.speed = Number(byId("speed").value);
    announce(`speed ${byId("speed").value}`);
  };
  const actions = {
    play: () => player.toggle(), back: () => player.seek(player.time - 5), on: () => player.seek(player.time + 5),
    frameBack: () => player.step(-1), frameOn: () => player.step(1),
    secondBack: (e) => player.seek(player.time - (e.shiftKey ? 10 : 1)), secondOn: (e) => player.seek(player.time + (e.shiftKey ? 10 : 1)),
    slower: speed(-1), faster: speed(1),
    next: () => panel.move(1), previous: () => panel.move(-1), down: () => panel.move(1), up: () => panel.move(-1),
    once: () => { const m = panel.chosen; if (m) { player.seek(Math.max(0, m.start - LEAD_S)); player.play(m.end); } },
    loop: () => { byId("loop").checked = !byId("loop").checked; byId("loop").onchange(); },
    yes: judge("yes"), no: judge("no"), unsure: judge("unsure"),
    label1: label(0), label2: label(1), label3: label(2), label4: label(3), label5: label(4),
    startHere: edge("start"), endHere: edge("end"),
    goStart: () => panel.chosen && player.seek(panel.chosen.start), goEnd: () => panel.chosen && player.seek(panel.chosen.end),
    create: () => create(), remove: () => panel.chosen?.own && outbox.add("retract", panel.chosen.id).then(() => panel.detail()),
    note: () => byId("note")?.focus(), undo: (e) => undo(e.shiftKey),
    reflect: () => { const d = byId("reflect"); if (d) { d.open = true; d.querySelector("textarea").focus(); } },
    zoomIn: () => timeline.zoom(1 / 1.5), zoomOut: () => timeline.zoom(1.5), zoomAll: () => timeline.look(0, page.session.duration_s),
    zoomFit: () => panel.chosen && timeline.look(panel.chosen.start - 10, panel.chosen.end - panel.chosen.start + 20),
    goTime: () => goTime(), evidence: () => { panel.evidenceOpen = !panel.evidenceOpen; panel.evidence(); }, help: () => page.keys.show(),
  };
  page.actions = actions;
  page.keys = new Keys(actions);
  byId("speed").replaceChildren(...SPEEDS.map((s) => el("option", { value: String(s), selected: s === 1 }, `${s}×`)));
  byId("speed").onchange = () => { player.speed = Number(byId("speed").value); };
  byId("play").onclick = actions.play;
  byId("back").onclick = actions.back;
  byId("on").onclick = actions.on;
  byId("help").onclick = actions.help;
  byId("new-moment").onclick = actions.create;
  byId("summary").onclick = summary;
  byId("loop").onchange = () => { const m = panel.chosen; player.loop = byId("loop").checked && m ? { start: m.start, end: m.end } : null; };
  byId("pose-only").onchange = poseOnly;
  player.addEventListener("time", () => {
    byId("clock").textContent = clock(player.time);
    byId("frame").textContent = player.frame === null ? "" : `frame ${player.frame}`;
    timeline.setTime(player.time, player.playing);
    if (byId("pose-only").checked) page.pose.draw(player.time);
  });
  player.addEventListener("state", () => { byId("play").textContent = player.playing ? "Pause" : "Play"; });
  timeline.addEventListener("seek", (event) => player.seek(event.detail));
  timeline.addEventListener("edges", (event) => tell("edges", event.detail, span(event.detail)));
  picker();
}

async function create() {
  const { panel, player, outbox } = page;
  const open = page.making;
  if (open) {
    page.making = null;
    byId("new-moment").textContent = "New moment";
    const start = Math.min(open.start, player.time);
    const end = Math.max(open.start + 0.5, player.time);
    const id = `own-${crypto.randomUUID()}`;
    await outbox.add("create", id, { start_ms: Math.round(start * 1000), end_ms: Math.round(end * 1000), person: "" });
    panel.choose(id);
    page.timeline.selected = id;
    page.timeline.draw();
    announce("new moment");
    return;
  }
  page.making = { start: player.time };
  byId("new-moment").textContent = "…ends here (M)";
  announce("moment begins here");
}

async function undo(redo) {
  const { outbox } = page;
  const uid = outbox.state.undoable.at(-1);
  const taken = redo ? outbox.state.undone?.at(-1) : uid;
  if (!taken) return;
  await outbox.add("undo", "", { uid: taken });
  await refresh();
  page.panel.detail();
  announce(redo ? "redone" : "undone");
}

function goTime() {
  const field = el("input", { placeholder: "12:20", "aria-label": "Go to time" });
  const dialog = el("dialog", {}, el("form", { method: "dialog", onsubmit: () => {
    const parts = field.value.split(":").map(Number);
    const time = parts.reduce((sum, p) => sum * 60 + p, 0);
    if (parts.every(Number.isFinite)) { page.player.seek(time); page.timeline.look(time - 30); }
  } }, el("label", { className: "field" }, "Go to time", field), el("button", {}, "Go")));
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
}

function picker() {
  const { timeline } = page;
  const groups = Map.groupBy ? Map.groupBy(timeline.channels, (c) => c.person) : new Map([["all", timeline.channels]]);
  const change = () => timeline.show([...byId("channels").querySelectorAll("input:checked")].map((i) => i.value));
  byId("channels").replaceChildren(...[...groups].map(([person, channels]) => el("fieldset", {}, el("legend", {}, person),
    ...channels.map((c) => el("label", { className: "choice", title: `a larger value means ${c.more}` },
      el("input", { type: "checkbox", value: c.id, checked: timeline.lanes.some((l) => l.id === c.id), onchange: change }),
      ` ${title(c)}`)))));
}

async function summary() {
  const { panel, outbox, id } = page;
  const decided = panel.moments.filter((m) => m.verdict);
  const submit = el("button", { type: "button", className: "primary", onclick: async () => {
    await outbox.add("submit");
    await refresh();
    summary();
  } }, "Submit my review");
  const formats = ["elan", "textgrid", "boris", "webvtt", "csv"];
  const exported = el("p", { role: "status" });
  const send = async (name) => {
    const { written } = await postJson(`/api/sessions/${id}/export`, { formats: [name] });
    exported.textContent = written.map((w) => `${w.file} is in ${w.folder}${w.lost.length ? `; not carried: ${w.lost.join("; ")}` : ""}`).join(" ");
  };
  const agreement = outbox.state.submitted ? await getJson(`/api/sessions/${id}/agreement`) : { rows: [] };
  byId("done-body").replaceChildren(
    el("p", {}, `${decided.length} of ${panel.moments.length} judged.`),
    el("table", {}, el("thead", {}, el("tr", {}, ...["when", "judgement", "label", "note"].map((t) => el("th", {}, t)))),
      el("tbody", {}, ...decided.map((m) => el("tr", {}, ...[`${clock(m.start, 0)} to ${clock(m.end, 0)}`, m.verdict, m.label ?? "", m.note ?? ""].map((t) => el("td", {}, t)))))),
    outbox.state.submitted ? el("p", {}, "Submitted.") : submit,
    agreement.rows.length ? el("div", {}, el("h2", {}, `Agreement of ${agreement.reviewers.join(" and ")}`),
      el("table", {}, el("tbody", {}, ...agreement.rows.map(([name, value]) => el("tr", {}, el("th", {}, name), el("td", {}, value)))))) : null,
    el("p", {}, "Save as: ", ...formats.map((f) => el("button", { type: "button", onclick: () => send(f) }, f))), exported,
    el("p", {}, el("a", { href: `/api/sessions/${id}/bundle`, download: "" }, "My review as a bundle, to merge on another computer")),
    el("button", { type: "button", onclick: () => byId("done").close() }, "Close"));
  if (!byId("done").open) byId("done").showModal();
}

function tour(i) {
  if (i >= TOUR.length) { localStorage.setItem("cuetrack.toured", "1"); byId("tour").close(); return; }
  byId("tour-title").textContent = TOUR[i][0];
  byId("tour-text").textContent = TOUR[i][1];
  byId("tour-next").onclick = () => tour(i + 1);
  byId("tour-skip").onclick = () => tour(TOUR.length);
  byId("tour").oncancel = () => localStorage.setItem("cuetrack.toured", "1");
  if (!byId("tour").open) byId("tour").showModal();
}
