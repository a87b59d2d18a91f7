// Which page is shown: the start page, adding a recording, a session under review, or its summary.

import { getJson, postJson } from "./api.js";
import { byId } from "./dom.js";
import { home } from "./home.js";
import { setup } from "./setup.js";
import { watchIdle } from "./lock.js";
import { summary } from "./summary.js";
import { Workbench } from "./workbench.js";

const app = {
  bench: null,
  preferences: await getJson("/api/preferences"),
  go(place) { if (location.hash === place) shown(); else location.hash = place; },
  async remember(change) {
    Object.assign(app.preferences, change);
    await postJson("/api/preferences", change).catch(() => {});
  },
};

/** Show what the address names: `#/`, `#/add`, `#/s/SESSION` or `#/s/SESSION/finish`. */
async function show() {
  const [, what, id, part] = location.hash.split("/");
  const working = what === "s" && !part;
  byId("work").hidden = !working;
  byId("page").hidden = working;
  byId("page").replaceChildren(); // what stands there is of a page left behind: a click on it would be lost
  for (const name of ["finish", "help"]) byId(name).hidden = !working;
  if (what !== "s") {
    leave();
    await (what === "add" ? setup(app) : home(app));
  } else {
    const { name } = await getJson("/api/reviewer");
    if (!name) { app.go("#/"); return; }
    if (app.bench?.id !== id) { leave(); app.bench = await Workbench.open(app, id, name); }
    if (part) { app.bench.player.pause(); await summary(app, app.bench); } else app.bench.shown();
  }
  if (!working && !byId("page").contains(document.activeElement)) byId("page").focus({ preventScroll: true });
}

function leave() {
  app.bench?.close();
  app.bench = null;
  for (const name of ["session-name", "reviewer-name", "progress", "saved"]) byId(name).textContent = "";
  byId("blind").hidden = true;
}

let turn = Promise.resolve();

/** One page after the other: a page that is slow to load must not write over the next. */
function shown() {
  turn = turn.then(show).catch((fault) => {
    byId("page").hidden = false;
    byId("page").textContent = fault.message;
  });
  return turn;
}

window.cuetrack = app; // for tests and for the curious
window.addEventListener("hashchange", shown);
watchIdle(app);
await shown();
