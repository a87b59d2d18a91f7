// A notebook's cell: the recording, its moments and the timeline around one clock.
// `model` is what anywidget gives: get, set, save_changes, on and off of the traits named in cell.py.

import { clock, el } from "./dom.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";

const LEAD_S = 5;
const SAME_S = 0.05;

function render({ model, el: root }) {
  const session = model.get("session");
  const moments = model.get("moments").map((m) => ({ ...m, id: m.rank, start: m.start_s, end: m.end_s, verdict: "" }));
  const parts = built(root, session, moments);
  const player = new Player(session.duration_s);
  const timeline = new Timeline(parts);
  timeline.wheelIsThePages = true;

  const keep = (name, value) => { model.set(name, value); model.save_changes(); };
  const choose = (rank, lead = LEAD_S) => {
    const chosen = moments.find((m) => m.id === rank);
    timeline.selected = chosen ? rank : null;
    for (const button of parts.list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.value) === rank));
    if (model.get("rank") !== (chosen ? rank : 0)) keep("rank", chosen ? rank : 0);
    if (!chosen) { timeline.draw(); return; }
    timeline.look(chosen.start - 30, Math.max(60, chosen.end - chosen.start + 60));
    if (lead !== null) { player.pause(); player.seek(Math.max(0, chosen.start - lead)); }
  };

  player.addEventListener("time", () => {
    parts.clock.textContent = clock(player.time);
    timeline.setTime(player.time, player.playing);
    if (!player.playing && Math.abs(model.get("time_s") - player.time) > SAME_S) keep("time_s", player.time);
  });
  player.addEventListener("state", () => {
    parts.play.textContent = player.playing ? "Pause" : "Play";
    if (!player.playing) keep("time_s", player.time);
  });
  timeline.addEventListener("seek", (event) => {
    player.seek(event.detail);
    const hit = moments.find((m) => m.start <= event.detail && event.detail < m.end);
    if (hit && hit.id !== timeline.selected) { timeline.selected = null; choose(hit.id, null); }
  });
  timeline.addEventListener("choose", (event) => choose(event.detail));
  timeline.addEventListener("edges", ({ detail: m }) => { Object.assign(m, { start: m.start_s, end: m.end_s }); timeline.draw(); }); // only review keeps edges
  parts.play.onclick = () => player.toggle();
  parts.back.onclick = () => player.seek(player.time - LEAD_S);
  parts.on.onclick = () => player.seek(player.time + LEAD_S);
  parts.all.onclick = () => timeline.look(0, session.duration_s);
  parts.closer.onclick = () => timeline.zoom(1 / 1.5);
  parts.wider.onclick = () => timeline.zoom(1.5);
  for (const button of parts.list.querySelectorAll("button")) button.onclick = () => choose(Number(button.value));

  const goes = () => { if (Math.abs(model.get("time_s") - player.time) > SAME_S) player.seek(model.get("time_s")); };
  const chosen = () => { if ((timeline.selected ?? 0) !== model.get("rank")) choose(model.get("rank")); };
  model.on("change:time_s", goes);
  model.on("change:rank", chosen);

  const shown = screens(parts, player, model.get("media"));
  const bytes = model.get("samples"); // a DataView into a longer buffer
  timeline.load(session, new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
  timeline.moments = moments;
  timeline.show(session.channels.map((c) => c.id));
  timeline.look(0, session.duration_s);
  player.seek(model.get("time_s"));
  if (model.get("rank")) choose(model.get("rank"), null);
  Object.assign(root, { cuetrack: { player, timeline, shown } }); // for tests and for the curious

  return () => {
    model.off("change:time_s", goes);
    model.off("change:rank", chosen);
    player.close();
    timeline.close();
  };
}

function built(root, session, moments) {
  const button = (text, label) => el("button", { type: "button", "aria-label": label, title: label }, text);
  const canvas = (label) => el("canvas", label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" });
  const parts = {
    overview: canvas("The whole session: who speaks, and the moments"),
    detail: canvas("Signals in detail"),
    overlay: canvas(""),
    reading: el("output", { "aria-label": "Values under the pointer" }),
    clock: el("output", { className: "mono", "aria-label": "Time" }, "00:00.000"),
    play: button("Play", "Play or pause"), back: button("−5 s", "5 s back"), on: button("+5 s", "5 s on"),
    wider: button("−", "Zoom out"), closer: button("+", "Zoom in"), all: button("All", "Whole session"),
    screens: el("div", { className: "screens" }),
    note: el("p", { role: "status", className: "note", hidden: true }),
    list: el("ol", { className: "moments", "aria-label": "Moments by rank" }, ...moments.map((m) => el("li", {},
      el("button", { type: "button", value: String(m.id), "aria-pressed": "false" },
        el("b", {}, String(m.rank)), ` ${clock(m.start, 0)}–${clock(m.end, 0)} `, `${m.person}: ${m.title}`)))),
  };
  root.classList.add("cuetrack-cell");
  root.replaceChildren(
    el("div", { className: "above" },
      el("div", { className: "stage" }, parts.screens, parts.note,
        el("div", { className: "row" }, parts.back, parts.play, parts.on, parts.clock)),
      el("div", { className: "side" }, el("b", {}, session.name), moments.length ? parts.list : el("p", {}, "No moments were ranked."))),
    el("div", { className: "strip" }, parts.overview),
    el("div", { className: "scroll" }, el("div", { className: "detail" }, parts.detail, parts.overlay)),
    el("div", { className: "row" }, parts.reading, el("span", { className: "grow" }), parts.wider, parts.closer, parts.all));
  return parts;
}

/** Put every recording that can be played beside the moments, and say why one cannot. */
function screens(parts, player, media) {
  const why = [];
  for (const known of media) {
    if (!known.address) {
      if (known.state !== "silent") why.push(known.state === "making" ? "A playable copy is being made; run the cell again in a while." : known.why);
      continue;
    }
    const element = el(known.video ? "video" : "audio", { preload: "auto", playsInline: true, src: known.address });
    element.setAttribute("aria-label", known.person || "recording");
    element.addEventListener("error", () => {
      if (!element.getAttribute("src")) return;
      parts.note.textContent = "The recording cannot be reached: it is read from the computer that the notebook runs on.";
      parts.note.hidden = false;
    });
    parts.screens.append(known.video && known.person ? el("figure", {}, element, el("figcaption", {}, known.person)) : element);
    player.add(element, known);
  }
  parts.screens.hidden = !parts.screens.querySelector("video");
  parts.note.textContent = why.filter(Boolean).join(" ");
  parts.note.hidden = !parts.note.textContent;
  return parts.screens;
}

export default { render };
