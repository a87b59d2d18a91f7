// What is seen and heard of the recording: video, waveform where there is only sound, points of face and body.

import { getBytes, getJson, postJson } from "./api.js";
import { byId, el, say } from "./dom.js";
import { Pose } from "./pose.js";
import { Waveform } from "./waveform.js";

const PROVE_MS = 2000;
const COPY_MS = 600;

export class Screens {
  constructor(bench) {
    Object.assign(this, { bench, waveforms: [], pose: null });
    byId("pose-only").onchange = () => this.#switch();
    byId("voice").onchange = () => { bench.player.muted = !byId("voice").checked; };
  }

  /** Show every recording of the session; where a playable copy is still being made, look again until it is there. */
  async load() {
    const { id, session, player } = this.bench;
    const place = byId("screens");
    place.replaceChildren();
    say(byId("media-note"), "");
    player.clear();
    this.waveforms = [];
    let making = null;
    for (const media of session.media) {
      const known = await getJson(`/media/${id}/${media}/state`);
      if (known.state === "ready") await this.#add(place, media, known);
      else if (known.state !== "silent") making = known;
    }
    const canvas = el("canvas", { className: "pose", hidden: true });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "Points of face and body, without the picture");
    place.append(canvas);
    this.pose = new Pose(id, canvas);
    byId("pose-only").checked ||= session.rules.pose_only;
    byId("pose-only").disabled = session.rules.pose_only;
    this.#switch();
    player.muted = !byId("voice").checked;
    player.seek(player.time);
    if (making) this.#wait(making);
  }

  draw(time) {
    if (byId("pose-only").checked) this.pose?.draw(time);
    for (const waveform of this.waveforms) waveform.draw(time);
  }

  async #add(place, media, known) {
    const { id, player, session } = this.bench;
    const seen = known.video && !session.rules.pose_only;
    const element = el(seen ? "video" : "audio", { src: `/media/${id}/${media}`, preload: "auto", playsInline: true, controls: false });
    element.setAttribute("aria-label", known.person || "recording");
    place.append(seen && known.person ? el("figure", {}, element, el("figcaption", {}, known.person)) : element);
    player.add(element, known);
    if (!known.video && !session.rules.pose_only && known.audio) {
      const canvas = el("canvas", { className: "wave" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "Waveform around the playhead");
      place.append(canvas);
      this.waveforms.push(new Waveform(canvas, new Int8Array(await getBytes(`/media/${id}/${media}/outline`)), known.offset_s));
    }
    this.#prove(element, media, known);
  }

  /** Browsers play what they cannot decode black or mute, without an error: look whether picture and sound really come. */
  #prove(element, media, known) {
    const offer = (what) => {
      if (known.copy) { say(byId("media-note"), `${what} It is a copy already; another browser may do better.`); return; }
      const note = byId("media-note");
      note.replaceChildren(`${what} `, el("button", { type: "button", onclick: async () => {
        await postJson(`/media/${this.bench.id}/${media}/copy`, {});
        say(note, "");
        await this.load();
      } }, "Make a playable copy"));
      note.hidden = false;
    };
    element.addEventListener("error", () => { if (element.getAttribute("src")) offer("This browser cannot play the recording."); });
    element.addEventListener("play", () => setTimeout(() => {
      if (element.paused || !element.isConnected) return;
      if (known.video && element.tagName === "VIDEO" && !element.videoWidth) offer("The picture of this recording cannot be shown here.");
      else if (known.audio && element.webkitAudioDecodedByteCount === 0) offer("The sound of this recording cannot be played here.");
    }, PROVE_MS), { once: true });
  }

  #wait(known) {
    const note = byId("media-note");
    if (known.state === "missing" || known.state === "failed") { say(note, known.why); return; }
    say(note, `A playable copy is being made (${known.why || "only the sound may be given"}): ${Math.round(known.done * 100)} %. You can look around meanwhile.`);
    setTimeout(async () => {
      if (this.bench.closing.signal.aborted) return;
      const states = await Promise.all(this.bench.session.media.map((m) => getJson(`/media/${this.bench.id}/${m}/state`)));
      const waiting = states.find((s) => s.state !== "ready" && s.state !== "silent");
      if (waiting) this.#wait(waiting);
      else { say(note, ""); await this.load(); }
    }, COPY_MS);
  }

  #switch() {
    const only = byId("pose-only").checked;
    for (const seen of byId("screens").querySelectorAll("figure, video, canvas.wave")) seen.classList.toggle("gone", only);
    byId("screens").querySelector("canvas.pose").hidden = !only;
    if (only) this.pose.draw(this.bench.player.time, true);
  }
}
