// The sound as a waveform around the playhead, for recordings without a picture.

const RATE = 20; // pairs of least and greatest value per second, as the server sends them
const AROUND_S = 10;

export class Waveform {
  constructor(canvas, pairs, offset) {
    Object.assign(this, { canvas, pairs, offset });
  }

  draw(time) {
    const { canvas, pairs } = this;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#9fd0f5";
    for (let x = 0; x < width; x += 1) {
      const k = Math.floor((time - this.offset - AROUND_S + (2 * AROUND_S * x) / width) * RATE);
      if (k < 0 || 2 * k + 1 >= pairs.length) continue;
      const top = height / 2 - (pairs[2 * k + 1] / 127) * height * 0.48;
      const bottom = height / 2 - (pairs[2 * k] / 127) * height * 0.48;
      context.fillRect(x, top, 1, Math.max(1, bottom - top));
    }
    context.fillStyle = "#ff6d6d";
    context.fillRect(width / 2 - 1, 0, 2, height);
  }
}
