// The pose-only view: face and body points on black, nothing of the picture.

import { getJson } from "./api.js";

const CHUNK_S = 20;
const BONES = [[11, 12], [11, 13], [13, 15], [12, 14], [14, 16], [11, 23], [12, 24], [23, 24]];

export class Pose {
  constructor(session, canvas) {
    this.session = session;
    this.canvas = canvas;
    this.chunks = new Map();
  }

  /** Draw the points at a session time, fetching the stretch around it if need be. */
  async draw(time, again = false) {
    const index = Math.floor(time / CHUNK_S);
    const chunk = await this.#chunk(index);
    if (!again && this.#last !== undefined && Math.abs(this.#last - time) < 0.02) return;
    this.#last = time;
    const i = Math.min(chunk.times.length - 1, Math.max(0, Math.round((time - index * CHUNK_S) * 10)));
    const context = this.canvas.getContext("2d");
    const people = Object.entries(chunk.people);
    if (!people.length) { this.#none(); return; }
    const [width, height] = people[0][1].size_px;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    people.forEach(([, points], who) => {
      context.fillStyle = context.strokeStyle = ["#6fb7e9", "#f0b35a"][who % 2];
      context.lineWidth = Math.max(1, width / 480);
      const body = points.body?.[i];
      if (body) {
        for (const [a, b] of BONES) {
          if (body[a * 2] === null || body[b * 2] === null) continue;
          context.beginPath();
          context.moveTo(body[a * 2], body[a * 2 + 1]);
          context.lineTo(body[b * 2], body[b * 2 + 1]);
          context.stroke();
        }
      }
      const face = points.face?.[i];
      const size = Math.max(1.5, width / 640);
      for (let k = 0; face && k < face.length; k += 2) if (face[k] !== null) context.fillRect(face[k], face[k + 1], size, size);
    });
    this.#chunk(index + 1);
  }

  #none() {
    Object.assign(this.canvas, { width: 640, height: 200 });
    const context = this.canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, 640, 200);
    context.fillStyle = "#e8e9ec";
    context.font = "18px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("No points here: the tracks of this session were not kept.", 320, 100);
  }

  #last;

  #chunk(index) {
    if (!this.chunks.has(index)) {
      const from = index * CHUNK_S;
      const empty = { times: [0], people: {} };
      this.chunks.set(index, getJson(`/api/sessions/${this.session}/pose?from=${from}&to=${from + CHUNK_S}`).catch(() => empty));
    }
    return this.chunks.get(index);
  }
}
