// Everything a key or a button can do with a session under review.

import { announce, byId, el } from "./dom.js";
import { span } from "./moment.js";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const LEAD_S = 5;

/** The actions by name; `keys.js` says which key does which. */
export function actionsOf(bench) {
  const { player, timeline, panel, outbox, edges } = bench;
  const chosen = (act) => (event) => { if (panel.chosen) return act(panel.chosen, event); return undefined; };
  const judge = (verdict) => chosen(async (m) => {
    await bench.tell("judge", m, { verdict });
    const open = panel.moments.filter((o) => !o.verdict);
    const next = open.find((o) => o.start > m.start) ?? open[0];
    if (next && panel.chosen?.id === m.id) bench.choose(next.id); // unless they went elsewhere meanwhile
  });
  const label = (i) => chosen((m) => {
    const picked = panel.codebook.label[i];
    if (picked) bench.tell("label", m, { label: m.label === picked.id ? "" : picked.id });
  });
  const select = byId("speed");
  select.replaceChildren(...SPEEDS.map((s) => el("option", { value: String(s), selected: s === 1 }, `${s}×`)));
  select.onchange = () => { player.speed = Number(select.value); };
  const speed = (by) => () => {
    const at = SPEEDS.indexOf(Number(select.value));
    select.value = String(SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)]);
    player.speed = Number(select.value);
    announce(`speed ${select.value}`);
  };
  const moving = (act) => (event) => { act(event); edges.follow(); }; // an armed edge goes along with the playhead
  return {
    play: () => player.toggle(), playToo: () => player.toggle(),
    back: moving(() => player.seek(player.time - 5)), on: moving(() => player.seek(player.time + 5)),
    frameBack: moving(() => player.step(-1)), frameOn: moving(() => player.step(1)),
    secondBack: moving((e) => player.seek(player.time - (e.shiftKey ? 10 : 1))), secondOn: moving((e) => player.seek(player.time + (e.shiftKey ? 10 : 1))),
    slower: speed(-1), faster: speed(1),
    next: () => panel.move(1), previous: () => panel.move(-1), down: () => panel.move(1), up: () => panel.move(-1),
    once: () => { if (edges.armed) edges.keep(); else chosen((m) => { player.seek(Math.max(0, m.start - LEAD_S)); player.play(m.end); })(); },
    cancel: () => edges.cancel(), loop: () => bench.loop(!player.loop),
    yes: judge("yes"), no: judge("no"), unsure: judge("unsure"),
    label1: label(0), label2: label(1), label3: label(2), label4: label(3), label5: label(4),
    startHere: () => edges.here("start"), endHere: () => edges.here("end"), goStart: () => edges.arm("start"), goEnd: () => edges.arm("end"),
    create: () => create(bench), remove: chosen((m) => { if (m.own) outbox.add("retract", m.id).then((done) => done && panel.choose(null)); }),
    note: () => byId("note")?.focus(), reflect: () => panel.reflect(),
    undo: (e) => undo(bench, e.shiftKey), redo: () => undo(bench, true),
    zoomIn: () => timeline.zoom(1 / 1.5), zoomOut: () => timeline.zoom(1.5), zoomAll: () => timeline.look(0, bench.session.duration_s),
    zoomFit: chosen((m) => timeline.look(m.start - 10, m.end - m.start + 20)),
    goTime: () => goTime(bench), evidence: () => { panel.evidenceOpen = !panel.evidenceOpen; panel.evidence(); },
    help: () => bench.keys.show(), finish: () => bench.app.go(`#/s/${bench.id}/finish`),
  };
}

async function create(bench) {
  const { panel, player, outbox } = bench;
  const begun = bench.making;
  if (begun === undefined) {
    bench.making = player.time;
    byId("new-moment").textContent = "…ends here (M)";
    announce("moment begins here");
    return;
  }
  bench.making = undefined;
  byId("new-moment").textContent = "New moment";
  const start = Math.min(begun, player.time);
  const end = Math.max(begun + 0.5, player.time);
  const id = `own-${crypto.randomUUID()}`;
  if (!(await outbox.add("create", id, span({ start, end })))) return;
  panel.choose(id);
  bench.timeline.selected = id;
  bench.timeline.draw();
  announce("new moment");
}

async function undo(bench, redo) {
  const taken = redo ? bench.outbox.state.undone?.at(-1) : bench.outbox.state.undoable.at(-1);
  if (!taken) { announce(redo ? "nothing to redo" : "nothing to undo"); return; }
  if (!(await bench.outbox.add("undo", "", { uid: taken }))) return;
  await bench.refresh();
  bench.panel.detail();
  announce(redo ? "redone" : "undone");
}

function goTime(bench) {
  const field = el("input", { placeholder: "12:20", "aria-label": "Go to time, in minutes and seconds" });
  const dialog = el("dialog", {}, el("form", { method: "dialog", onsubmit: () => {
    const parts = field.value.split(":").map(Number);
    const time = parts.reduce((sum, p) => sum * 60 + p, 0);
    if (parts.every(Number.isFinite)) { bench.player.seek(time); bench.timeline.look(time - 30); }
  } }, el("label", { className: "field" }, "Go to time", field), el("button", { className: "primary" }, "Go")));
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
}
