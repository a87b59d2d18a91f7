// Keyboard first: one table of actions and keys, changeable, asleep while someone types.

import { byId, el } from "./dom.js";
import { tour } from "./tour.js";

export const ACTIONS = [
  ["play", "Space", "play or pause"], ["playToo", "k", "play or pause"], ["back", "j", "5 s back"], ["on", "l", "5 s on"],
  ["frameBack", ",", "one frame back"], ["frameOn", ".", "one frame on"],
  ["secondBack", "ArrowLeft", "1 s back (Shift: 10 s)"], ["secondOn", "ArrowRight", "1 s on (Shift: 10 s)"],
  ["slower", "<", "slower"], ["faster", ">", "faster"],
  ["next", "n", "next moment"], ["previous", "p", "previous moment"], ["down", "ArrowDown", "next moment"], ["up", "ArrowUp", "previous moment"],
  ["once", "Enter", "play the moment once, from 5 s before"], ["loop", "r", "loop the moment"],
  ["yes", "a", "yes, a moment; on to the next open one"], ["no", "x", "no; on to the next open one"], ["unsure", "u", "not sure; on to the next open one"],
  ["label1", "1", "first label"], ["label2", "2", "second label"], ["label3", "3", "third label"], ["label4", "4", "fourth label"], ["label5", "5", "fifth label"],
  ["startHere", "[", "moment starts here"], ["endHere", "]", "moment ends here"],
  ["goStart", "{", "go to the start and move it with the keys: Enter keeps, Esc drops"], ["goEnd", "}", "go to the end and move it with the keys"],
  ["cancel", "Escape", "drop a moved edge"], ["create", "m", "new moment here; again: it ends here"], ["remove", "Delete", "take back an own moment"],
  ["note", "t", "write a note"], ["reflect", "q", "to reflect"], ["undo", "z", "undo (Shift: redo)"],
  ["zoomIn", "+", "zoom in"], ["zoomOut", "-", "zoom out"], ["zoomAll", "0", "whole session"], ["zoomFit", "f", "fit the moment"],
  ["goTime", "g", "go to a time"], ["evidence", "h", "show or hide the evidence"], ["finish", "e", "end: summary, sheet and export"], ["help", "?", "this table"],
];

export class Keys {
  constructor(actions, app, signal) {
    Object.assign(this, { actions, app });
    this.map = Object.fromEntries(ACTIONS.map(([name, key]) => [name, app.preferences.keys[name] ?? key]));
    window.addEventListener("keydown", (event) => this.#press(event), { signal });
    byId("keys-reset").onclick = () => { this.map = Object.fromEntries(ACTIONS.map(([name, key]) => [name, key])); app.remember({ keys: {} }); this.table(); };
    byId("keys-tour").onclick = () => { byId("keys").close(); tour(app); };
    byId("keys-close").onclick = () => byId("keys").close();
  }

  show() { this.table(); byId("keys").showModal(); }

  table() {
    byId("key-table").replaceChildren(...ACTIONS.map(([name, , does]) => el("div", { className: "key-row" },
      el("button", { type: "button", className: "key", "aria-label": `${does}: key ${this.map[name]}, change`, onclick: (e) => this.#learn(name, e.currentTarget) }, this.map[name]),
      el("span", {}, does))));
  }

  #learn(name, button) {
    button.textContent = "press…";
    const take = (event) => {
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      window.removeEventListener("keydown", take, true);
      if (event.key !== "Escape") {
        const key = nameOf(event);
        const other = Object.keys(this.map).find((n) => this.map[n] === key);
        if (other) this.map[other] = this.map[name];
        this.map[name] = key;
        this.app.remember({ keys: this.map });
      }
      this.table();
    };
    window.addEventListener("keydown", take, true);
  }

  #press(event) {
    const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (typing) { if (event.key === "Escape") event.target.blur(); return; }
    if (event.altKey || event.metaKey || document.querySelector("dialog[open]") || byId("work").hidden) return;
    if (event.ctrlKey && !["z", "y"].includes(event.key.toLowerCase())) return;
    if ((event.key === " " || event.key === "Enter") && event.target.closest?.("button, summary, a, input")) return;
    const redo = event.ctrlKey && event.key.toLowerCase() === "y";
    const name = redo ? "redo" : Object.keys(this.map).find((n) => this.map[n] === nameOf(event));
    if (!name) return;
    event.preventDefault();
    this.actions[name]?.(event);
  }
}

function nameOf(event) {
  if (event.key === " ") return "Space";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}
