// Keyboard first: one table of actions and keys, changeable, asleep while someone types.

import { byId, el } from "./dom.js";

const STORED = "cuetrack.keys"; // only which key does what: nothing about any session is kept in the browser

export const ACTIONS = [
  ["play", "Space", "play or pause"], ["back", "j", "5 s back"], ["on", "l", "5 s on"],
  ["frameBack", ",", "one frame back"], ["frameOn", ".", "one frame on"],
  ["secondBack", "ArrowLeft", "1 s back (Shift: 10 s)"], ["secondOn", "ArrowRight", "1 s on (Shift: 10 s)"],
  ["slower", "<", "slower"], ["faster", ">", "faster"],
  ["next", "n", "next moment"], ["previous", "p", "previous moment"], ["down", "ArrowDown", "next moment"],
  ["up", "ArrowUp", "previous moment"], ["once", "Enter", "play the moment once, from 5 s before"], ["loop", "r", "loop the moment"],
  ["yes", "a", "yes, a moment; on to the next open one"], ["no", "x", "no; on to the next open one"],
  ["unsure", "u", "not sure; on to the next open one"],
  ["label1", "1", "first label"], ["label2", "2", "second label"], ["label3", "3", "third label"], ["label4", "4", "fourth label"],
  ["label5", "5", "fifth label"],
  ["startHere", "[", "moment starts here"], ["endHere", "]", "moment ends here"],
  ["goStart", "{", "go to the moment's start"], ["goEnd", "}", "go to the moment's end"],
  ["create", "m", "new moment here; again: it ends here"], ["remove", "Delete", "take back an own moment"],
  ["note", "t", "write a note"], ["reflect", "q", "to reflect"], ["undo", "z", "undo"],
  ["zoomIn", "+", "zoom in"], ["zoomOut", "-", "zoom out"], ["zoomAll", "0", "whole session"], ["zoomFit", "f", "fit the moment"],
  ["goTime", "g", "go to a time"], ["evidence", "h", "show or hide the evidence"], ["help", "?", "this table"],
];

export class Keys {
  constructor(actions) {
    this.actions = actions;
    let changed = {};
    try { changed = JSON.parse(localStorage.getItem(STORED) ?? "{}"); } catch { /* start afresh */ }
    this.map = Object.fromEntries(ACTIONS.map(([name, key]) => [name, changed[name] ?? key]));
    window.addEventListener("keydown", (event) => this.#press(event));
    byId("keys-reset").onclick = () => { localStorage.removeItem(STORED); this.map = Object.fromEntries(ACTIONS.map(([n, k]) => [n, k])); this.table(); };
    byId("keys-close").onclick = () => byId("keys").close();
  }

  show() { this.table(); byId("keys").showModal(); }

  table() {
    byId("key-table").replaceChildren(...ACTIONS.map(([name, , does]) => el("tr", {},
      el("td", {}, el("button", { type: "button", className: "key", onclick: (e) => this.#learn(name, e.currentTarget) }, this.map[name])),
      el("td", {}, does))));
  }

  #learn(name, button) {
    button.textContent = "press a key…";
    const take = (event) => {
      event.preventDefault();
      event.stopPropagation();
      window.removeEventListener("keydown", take, true);
      if (event.key !== "Escape") {
        const key = nameOf(event);
        const other = Object.keys(this.map).find((n) => this.map[n] === key);
        if (other) this.map[other] = this.map[name];
        this.map[name] = key;
        localStorage.setItem(STORED, JSON.stringify(this.map));
      }
      this.table();
    };
    window.addEventListener("keydown", take, true);
  }

  #press(event) {
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (typing) { if (event.key === "Escape") event.target.blur(); return; }
    if (event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey && event.key.toLowerCase() !== "z") return;
    if ((event.key === " " || event.key === "Enter") && event.target.closest?.("button, summary, a")) return;
    const key = nameOf(event);
    const name = Object.keys(this.map).find((n) => this.map[n] === key);
    if (!name) return;
    event.preventDefault();
    this.actions[name]?.(event);
  }
}

function nameOf(event) {
  if (event.key === " ") return "Space";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}
