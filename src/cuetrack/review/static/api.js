// Talking to the server on this computer. Every change is an event with an id made here, so a retry is taken once.

let input = Date.now();
for (const kind of ["keydown", "pointerdown", "wheel"]) {
  window.addEventListener(kind, () => { input = Date.now(); }, { passive: true });
}

/** When a key was pressed or the pointer used last, in milliseconds of the clock. */
export const lastInput = () => input;

async function ask(path, options = {}) {
  const headers = { ...(options.headers ?? {}) };
  if (Date.now() - input < 60_000) headers["x-cuetrack-active"] = "1";
  const answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
  if (answer.ok) return answer;
  let text = await answer.text();
  try { text = JSON.parse(text).error ?? text; } catch { /* plain text */ }
  if (answer.status === 401) window.dispatchEvent(new Event("cuetrack-locked"));
  const fault = new Error(text);
  fault.status = answer.status;
  throw fault;
}

export const getJson = async (path) => (await ask(path)).json();
export const getBytes = async (path) => (await ask(path)).arrayBuffer();
export const postJson = async (path, body) =>
  (await ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();

/** Sends one reviewer's events in order, retries while the server is away, and keeps their state. */
export class Outbox {
  constructor(session, onchange) {
    this.session = session;
    this.onchange = onchange;
    this.state = { base: 0, decisions: {}, submitted: false, undoable: [] };
    this.waiting = Promise.resolve();
    this.pending = 0;
    this.lost = 0; // events that could not be saved
  }

  async load() {
    this.state = await getJson(`/api/sessions/${this.session}/review`);
    this.onchange(this.state, "loaded");
  }

  /** Queue an event; resolves to true when the server has it on disk, to false if it could not be saved. */
  add(kind, target = "", body = {}) {
    const uid = crypto.randomUUID();
    this.pending += 1;
    const sent = this.waiting.then(() => this.#send({ uid, kind, target, body }));
    this.waiting = sent.then(() => true, () => { this.lost += 1; return false; }).finally(() => { this.pending -= 1; });
    return this.waiting;
  }

  /** Ask for something that depends on what was sent: in its turn, so that an undo never overtakes it. */
  read(ask) {
    const got = this.waiting.then(ask);
    this.waiting = got.then(() => true, () => true);
    return got;
  }

  async #send(event) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.state = await postJson(`/api/sessions/${this.session}/events`, { ...event, base: this.state.base });
        this.onchange(this.state, "saved");
        return this.state;
      } catch (fault) {
        if (fault.status === 409) {
          await this.load();
          this.onchange(this.state, "reloaded");
          if (attempt < 2) continue;
        } else if (fault.status === undefined && attempt < 20) {
          this.onchange(this.state, "waiting");
          await new Promise((done) => { setTimeout(done, 500 * Math.min(attempt + 1, 10)); });
          continue;
        }
        this.onchange(this.state, "failed", fault.message);
        throw fault;
      }
    }
  }
}
