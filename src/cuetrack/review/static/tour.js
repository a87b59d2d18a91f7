// Five cards that say how to begin.

import { byId } from "./dom.js";

const CARDS = [
  ["Watch", "Space plays and pauses. J and L go 5 seconds back and on. The comma and full stop keys go frame by frame."],
  ["Judge", "N brings the next moment. A says yes, X says no, U says not sure. All three are equally good answers."],
  ["Mark", "[ and ] move the moment's start and end to where you are. M marks a moment of your own."],
  ["Note", "T opens a note, Q some questions to reflect on. Z takes back whatever you did last."],
  ["Find your way", "The question mark shows all keys, and you can change them. The strip above the signals is the whole session."],
];

export function tour(app, i = 0) {
  const end = () => { app.remember({ toured: true }); byId("tour").close(); };
  if (i >= CARDS.length) { end(); return; }
  byId("tour-count").textContent = `${i + 1} of ${CARDS.length}`;
  byId("tour-title").textContent = CARDS[i][0];
  byId("tour-text").textContent = CARDS[i][1];
  byId("tour-next").textContent = i + 1 < CARDS.length ? "Next" : "Begin";
  byId("tour-next").onclick = () => tour(app, i + 1);
  byId("tour-skip").onclick = end;
  byId("tour").oncancel = () => app.remember({ toured: true });
  if (!byId("tour").open) byId("tour").showModal();
  byId("tour-next").focus();
}
