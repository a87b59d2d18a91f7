// The analysis that runs in the background: how far it is, how long it still takes, and a way to stop it.

import { getJson, postJson } from "./api.js";
import { announce, byId, el, say } from "./dom.js";

const STAGES = { "": "starting", rendering: "drawing the simulated people", clocks: "aligning the two recordings",
  picture: "following faces and bodies", sound: "listening to voices", cues: "measuring", moments: "looking for moments", report: "writing the report" };
const EVERY_MS = 700;

/** Show a job's progress as the page until it ends; `done` gets the session's id. */
export function showJob(app, heading, done) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": "progress" });
  const words = el("p", { role: "status" }, "starting");
  const trouble = el("p", { className: "note", role: "alert" });
  const stop = el("button", { type: "button", id: "stop", onclick: () => postJson("/api/job/cancel", {}) }, "Stop");
  const back = el("button", { type: "button", hidden: true, onclick: () => app.go("#/") }, "Back to the start page");
  byId("page").replaceChildren(el("div", { className: "paper" }, el("h1", { tabIndex: -1 }, heading),
    el("p", {}, "It runs on this computer, on ordinary processors, and takes about as long as the recording or less. "
      + "You can go on working; keep cuetrack open."), bar, words, trouble, el("div", { className: "row" }, stop, back)));
  let told = "";
  const look = async () => {
    if (!bar.isConnected) return;
    let job;
    try { job = await getJson("/api/job"); } catch { setTimeout(look, EVERY_MS * 3); return; }
    bar.value = job.done ?? 0;
    const stage = STAGES[job.stage] ?? job.stage;
    say(words, job.state === "working" ? `${Math.round((job.done ?? 0) * 100)} %: ${stage}${left(job.left_s)}` : "");
    if (stage !== told) { told = stage; announce(stage); }
    if (job.state === "working") { setTimeout(look, EVERY_MS); return; }
    if (job.state === "ready") { announce("ready"); done(job.session); return; }
    stop.hidden = true;
    back.hidden = false;
    say(trouble, job.state === "stopped" ? "Stopped. Started again, it goes on where it was." : `It did not work: ${job.why}`);
    back.focus();
  };
  look();
}

function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 90 ? `, about ${Math.max(5, Math.round(seconds / 5) * 5)} s left` : `, about ${Math.round(seconds / 60)} min left`;
}
