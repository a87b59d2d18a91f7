// After a quarter of an hour without a sign of anyone the page goes blank, and the server refuses until opened again.

import { byId, el } from "./dom.js";
import { lastInput, postJson } from "./api.js";

const IDLE_MS = 15 * 60_000;
const CHECK_MS = 20_000;

export function watchIdle(app) {
  window.addEventListener("cuetrack-locked", () => lock(app));
  setInterval(() => {
    const busy = app.bench?.player.playing || Date.now() - lastInput() < CHECK_MS * 2;
    if (busy) postJson("/api/alive", {}).catch(() => {}); // watching is a sign of life too
    else if (Date.now() - lastInput() > IDLE_MS) lock(app);
  }, CHECK_MS);
}

function lock(app) {
  const lost = app.bench?.outbox.lost || app.bench?.outbox.pending;
  app.bench?.close();
  app.bench = null;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  document.title = "cuetrack";
  document.body.replaceChildren(el("main", { className: "locked" },
    el("h1", {}, "Locked"),
    el("p", {}, `Nobody was here for a while. ${lost ? "What you did last could not be saved." : "Everything is saved."} `
      + "Start cuetrack again, or press Enter in its window, to go on."),
    el("p", { className: "dim" }, "You can close this page.")), byId("live"));
}
