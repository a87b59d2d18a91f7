// Adding a recording, in four steps: choose it, check it, say who is who, analyse it.

import { getJson, postJson } from "./api.js";
import { byId, el, say } from "./dom.js";
import { showJob } from "./job.js";

const LEVELS = { ok: ["✓", "fine"], weak: ["!", "weaker"], problem: ["✕", "problem"] };
const PEOPLE = ["therapist", "client"];

export async function setup(app) {
  await chooseFile(app, "", []);
}

function frame(app, step, heading, ...parts) {
  const title = el("h1", { tabIndex: -1 }, heading);
  byId("page").replaceChildren(el("div", { className: "paper" },
    el("p", { className: "dim" }, `Add a recording · step ${step} of 4`), title, ...parts,
    el("p", {}, el("a", { href: "#/" }, "Back to the start page"))));
  title.focus({ preventScroll: true });
}

async function chooseFile(app, place, chosen) {
  const trouble = el("p", { className: "note", role: "alert" });
  let here;
  try { here = await getJson(`/api/places?place=${place}`); } catch (fault) { here = { ...(await getJson("/api/places")), fault: fault.message }; }
  const next = el("button", { type: "button", id: "check", className: "primary", disabled: !chosen.length }, "Check it");
  const names = el("p", { role: "status" });
  const tell = () => {
    next.disabled = !chosen.length;
    say(names, chosen.length ? `Chosen: ${chosen.map((f) => f.name).join(" and ")}` : "");
  };
  next.onclick = () => check(app, chosen.map((f) => f.id), trouble, next);
  const pick = (file) => (event) => {
    if (event.target.checked) chosen.push(file); else chosen.splice(chosen.findIndex((f) => f.id === file.id), 1);
    if (chosen.length > 2) { event.target.checked = false; chosen.pop(); say(trouble, "Two recordings at most, one of each person."); } else say(trouble, "");
    tell();
  };
  const enter = (id) => () => chooseFile(app, id, chosen);
  const up = here.up === null ? null : el("li", {}, el("button", { type: "button", className: "entry", onclick: enter(here.up) }, "↑ one folder up"));
  const folders = here.folders.map((f) => el("li", {}, el("button", { type: "button", className: "entry", onclick: enter(f.id) }, `▸ ${f.name}`)));
  const files = here.files.map((f) => el("li", {}, el("label", { className: "entry" },
    el("input", { type: "checkbox", checked: chosen.some((c) => c.id === f.id), onchange: pick(f) }), ` ${f.name} `, el("span", { className: "dim" }, `${f.size_mb} MB`))));
  frame(app, 1, "Choose a recording",
    el("p", {}, "One video of both people, one sound file, or two files with one person each (choose both). The file stays where it is."),
    el("p", {}, el("strong", {}, here.name)), el("ul", { className: "entries", id: "entries" }, up, ...folders, ...files),
    files.length || here.up === null ? null : el("p", { className: "dim" }, "No recording in this folder."), names, trouble, el("div", { className: "row" }, next));
  say(trouble, here.fault ?? "");
  tell();
}

async function check(app, files, trouble, button) {
  button.disabled = true;
  button.textContent = "Looking at it…";
  try { showCheck(app, await postJson("/api/adding", { files })); } catch (fault) {
    say(trouble, fault.message);
    button.disabled = false;
    button.textContent = "Check it";
  }
}

function showCheck(app, draft) {
  const go = el("button", { type: "button", id: "who-is-who", className: "primary", onclick: () => whoIsWho(app, draft) }, "Go on");
  frame(app, 2, "What can be measured",
    el("ul", { className: "findings" }, ...draft.findings.map((f) => el("li", { className: f.level },
      el("span", { className: "sign", "aria-hidden": "true" }, LEVELS[f.level][0]), el("span", { className: "hidden" }, `${LEVELS[f.level][1]}: `),
      el("span", {}, el("strong", {}, f.subject), `: ${f.text} `, el("span", { className: "dim" }, f.advice))))),
    draft.findings.some((f) => f.level === "problem") ? el("p", {}, "What is marked ✕ will be missing; the rest is still measured.") : null,
    el("div", { className: "row" }, el("button", { type: "button", onclick: () => setup(app) }, "Another recording"), go));
}

function whoIsWho(app, draft) {
  const chosen = {};
  const pictured = draft.kind === "picture" && draft.still && draft.faces.length >= 2;
  const words = el("p", { role: "status" });
  const trouble = el("p", { className: "note", role: "alert" });
  const spots = pictured ? outer(draft.faces).map((face, i) => spot(face, ["left", "right"][i], (side) => take(side))) : [];
  const sides = draft.kind === "files" ? draft.files.map((name, i) => [String(i), name])
    : [["left", draft.kind === "sound" ? "left channel, or whoever is heard first" : "left in the picture"], ["right", draft.kind === "sound" ? "right channel" : "right in the picture"]];
  const choice = el("select", { id: "therapist-side", onchange: () => take(choice.value) },
    el("option", { value: "" }, "choose…"), ...sides.map(([value, name]) => el("option", { value }, name)));
  function take(side) {
    chosen.side = side;
    choice.value = side;
    for (const s of spots) s.mark(side);
    const other = sides.find(([value]) => value !== side)?.[1];
    say(words, side ? `The therapist is ${sides.find(([v]) => v === side)[1]}, the client ${other}.` : "");
  }
  const code = el("input", { id: "code", maxLength: 60, required: true, autocomplete: "off", placeholder: "for example P07-3" });
  const note = el("input", { id: "consent-note", maxLength: 300, autocomplete: "off", placeholder: "for example: consent form of 3 March, in the practice's files" });
  const agreed = PEOPLE.map((p) => el("input", { type: "checkbox", id: `agreed-${p}` }));
  const start = async (event) => {
    event.preventDefault();
    if (!chosen.side) { say(trouble, "Say first who is the therapist."); choice.focus(); return; }
    if (!agreed.every((box) => box.checked)) {
      say(trouble, "Everyone who is recorded must have agreed to this analysis; without that it is not made.");
      agreed.find((box) => !box.checked).focus();
      return;
    }
    const other = sides.find(([value]) => value !== chosen.side)[0];
    const where = (side) => (draft.kind === "files" ? { file: Number(side) } : { place: side });
    const people = [chosen.side, other].map((side, i) => ({ name: PEOPLE[i], agreed: agreed[i].checked, ...where(side) }));
    try {
      await postJson(`/api/adding/${draft.id}/start`, { code: code.value.trim(), people, note: note.value });
      showJob(app, `${code.value.trim()} is being analysed`, async (id) => {
        await postJson("/api/reviewer", { name: app.preferences.reviewer || "R1" });
        app.go(`#/s/${id}`);
      });
    } catch (fault) { say(trouble, fault.message); }
  };
  frame(app, 3, "Who is who",
    pictured ? el("div", { className: "faces" }, el("img", { src: `/api/adding/${draft.id}/still`, alt: "A picture of the recording" }), ...spots.map((s) => s.button)) : null,
    el("form", { onsubmit: start, noValidate: true },
      el("label", { className: "field" }, pictured ? "Click the therapist's face, or choose" : "The therapist is", choice), words,
      el("label", { className: "field" }, "Name of the session: a pseudonym, never a real name", code),
      el("fieldset", {}, el("legend", {}, "Consent"),
        ...PEOPLE.map((p, i) => el("label", { className: "choice" }, agreed[i], ` The ${p} has agreed to the recording and to this analysis`)),
        el("label", { className: "field" }, "Where this is documented (optional)", note)),
      trouble, el("div", { className: "row" }, el("button", { type: "button", onclick: () => showCheck(app, draft) }, "Back"),
        el("button", { type: "submit", id: "analyse", className: "primary" }, "Analyse"))));
}

/** The faces furthest left and right, of however many were seen. */
function outer(faces) {
  const sorted = [...faces].sort((a, b) => a.left - b.left);
  return [sorted[0], sorted.at(-1)];
}

function spot(face, side, take) {
  const button = el("button", { type: "button", className: "face", "aria-pressed": "false", "aria-label": `The therapist is the person on the ${side}`, onclick: () => take(side) });
  const percent = (share) => `${Math.min(Math.max(share, 0), 1) * 100}%`;
  Object.assign(button.style, { left: percent(face.left), top: percent(face.top), width: percent(face.right - face.left), height: percent(face.bottom - face.top) });
  const mark = (chosen) => {
    button.setAttribute("aria-pressed", String(chosen === side));
    button.textContent = chosen ? (chosen === side ? "therapist" : "client") : "";
  };
  return { button, mark };
}
