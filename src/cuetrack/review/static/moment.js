// What a moment looks like wherever it is shown or saved.

/** Signs beside colour: how a moment was judged. */
export const SIGNS = { yes: "●", no: "✕", unsure: "?", "": "○" };
export const VERDICTS = [["yes", "Yes", "A"], ["no", "No", "X"], ["unsure", "Not sure", "U"]];

/** A moment's times and person as they are saved: whole milliseconds of session time. */
export const span = (m) => ({ start_ms: Math.round(m.start * 1000), end_ms: Math.round(m.end * 1000), person: m.person ?? "" });
