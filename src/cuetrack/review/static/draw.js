// Drawing the timeline: signals as min/max columns straight into pixels; missing stretches hatched, never drawn as zero.

import { clock } from "./dom.js";
import { ink } from "./ink.js";
import { title } from "./lanes.js";

export const TURNS = 14;
export const AXIS = 18;
export const NAME = 150;
const OVERVIEW = 36;
const STEPS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];

/** Heights of lanes: fewer are taller. */
export const laneHeight = (lanes) => (lanes > 24 ? 16 : 22);

export function drawOverview(line) {
  const { context, width, height } = sized(line.overview, OVERVIEW);
  const colours = ink();
  context.fillStyle = colours.back;
  context.fillRect(0, 0, width, height);
  const x = (t) => (t / line.session.duration_s) * width;
  line.session.people.forEach((person, i) => {
    context.fillStyle = colours.people[i % 2];
    for (const turn of line.session.turns) {
      if (turn.person === person && turn.label === "turn") context.fillRect(x(turn.start_s), 4 + i * 7, Math.max(1, x(turn.end_s) - x(turn.start_s)), 5);
    }
  });
  for (const moment of line.moments) mark(context, x, moment, moment.id === line.selected, colours);
  context.strokeStyle = colours.text;
  context.lineWidth = 1;
  context.strokeRect(x(line.view.start) + 0.5, 1, Math.max(3, x(line.view.end) - x(line.view.start) - 1), height - 2);
  context.fillStyle = colours.playhead;
  context.fillRect(x(line.time), 0, 2, height);
}

function mark(context, x, moment, selected, colours) {
  const left = x(moment.start);
  const width = Math.max(3, x(moment.end) - left);
  context.fillStyle = selected ? colours.selected : colours.moment;
  context.fillRect(left, 20, width, 12);
  context.strokeStyle = colours.text;
  if (moment.verdict) context.strokeRect(left, 20, width, 12); // shape beside colour: judged ones have an edge
}

export function drawDetail(line) {
  const box = line.detail.parentElement.clientHeight;
  const { context, width, height, ratio } = sized(line.detail, box);
  line.width = width;
  const colours = ink();
  context.fillStyle = colours.back;
  context.fillRect(0, 0, width, height);
  axis(context, line, colours, height);
  for (const moment of line.moments) {
    const left = Math.max(NAME, line.x(moment.start));
    const right = line.x(moment.end);
    if (right < NAME || left > width) continue;
    context.fillStyle = moment.id === line.selected ? colours.selectedBand : colours.momentBand;
    context.fillRect(left, AXIS, right - left, height - AXIS);
  }
  let top = AXIS;
  line.session.people.forEach((person, i) => {
    label(context, colours, `${person} speaks`, top, TURNS);
    context.fillStyle = colours.people[i % 2];
    for (const turn of line.session.turns) {
      if (turn.person !== person || turn.end_s < line.view.start || turn.start_s > line.view.end) continue;
      const left = Math.max(NAME, line.x(turn.start_s));
      const tall = turn.label === "turn" ? TURNS - 4 : 4;
      context.fillRect(left, top + (TURNS - tall) / 2, Math.max(1, line.x(turn.end_s) - left), tall);
    }
    top += TURNS;
  });
  drawLanes(context, line, top, colours, ratio);
}

/** All lanes in view as one image: bands of moments shine through between the lines. */
function drawLanes(context, line, from, colours, ratio) {
  const tall = laneHeight(line.lanes.length);
  const columns = Math.max(1, Math.round((line.width - NAME) * ratio));
  const rows = Math.round((tall - 4) * ratio);
  const rate = line.session.rate_hz;
  line.buffers = fitting(line.buffers, columns, rows);
  const { low, high, image, pixels } = line.buffers;
  const scroller = line.detail.parentElement.parentElement;
  const seen = [scroller.scrollTop - tall, scroller.scrollTop + scroller.clientHeight];
  line.lanes.forEach((lane, i) => {
    const top = from + i * tall;
    if (top < seen[0] || top > seen[1]) return; // scrolled out of sight
    label(context, colours, `${lane.person === "pair" ? "both" : lane.person} ${title(lane)}`, top, tall);
    lane.pyramid.columns(line.view.start * rate, line.view.end * rate, columns, low, high);
    pixels.fill(0);
    lines(lane, pixels, columns, rows, low, high, colours.packed);
    line.scratch ??= document.createElement("canvas");
    if (line.scratch.width !== columns || line.scratch.height !== rows) Object.assign(line.scratch, { width: columns, height: rows });
    line.scratch.getContext("2d").putImageData(image, 0, 0);
    context.drawImage(line.scratch, NAME, top + 2, columns / ratio, rows / ratio);
  });
}

function lines(lane, pixels, columns, rows, low, high, [line, gap, usual]) {
  const scale = (rows - 1) / (lane.high - lane.low || 1);
  const y = (v) => Math.round(Math.min(Math.max((lane.high - v) * scale, 0), rows - 1));
  if (lane.usual !== null) pixels.fill(usual, y(lane.usual) * columns, (y(lane.usual) + 1) * columns);
  let before = -1;
  for (let c = 0; c < columns; c += 1) {
    if (Number.isNaN(low[c])) {
      for (let r = (c * 3) % 7; r < rows; r += 7) pixels[r * columns + c] = gap;
      before = -1;
      continue;
    }
    let top = y(high[c]);
    let bottom = y(low[c]);
    const middle = (top + bottom) >> 1;
    if (before >= 0) { top = Math.min(top, before); bottom = Math.max(bottom, before); } // an unbroken line
    before = middle;
    for (let r = top; r <= bottom; r += 1) pixels[r * columns + c] = line;
  }
}

function fitting(known, columns, rows) {
  if (known && known.image.width === columns && known.image.height === rows) return known;
  const image = new ImageData(columns, rows);
  return { low: new Float32Array(columns), high: new Float32Array(columns), image, pixels: new Uint32Array(image.data.buffer) };
}

function axis(context, line, colours, height) {
  const span = line.view.end - line.view.start;
  const step = STEPS.find((s) => span / s <= 10) ?? 1200;
  context.fillStyle = colours.dim;
  context.strokeStyle = colours.grid;
  context.font = "11px system-ui, sans-serif";
  for (let t = Math.ceil(line.view.start / step) * step; t <= line.view.end; t += step) {
    const x = line.x(t);
    context.beginPath();
    context.moveTo(x, AXIS);
    context.lineTo(x, height);
    context.stroke();
    context.fillText(clock(t, step < 1 ? 1 : 0), x + 2, 12);
  }
}

/** The playhead and the chosen moment's edges, above the rest so that playing redraws little. */
export function drawOverlay(line) {
  const { context, width, height } = sized(line.overlay, line.detail.parentElement.clientHeight);
  context.clearRect(0, 0, width, height);
  const colours = ink();
  const { chosen } = line;
  for (const which of chosen ? ["start", "end"] : []) {
    const edge = line.x(chosen[which]);
    if (edge < NAME) continue;
    const held = line.held?.which === which;
    context.fillStyle = held ? colours.playhead : colours.text;
    context.fillRect(edge - 1, AXIS, held ? 5 : 3, height - AXIS);
    context.fillRect(which === "start" ? edge - 1 : edge - 7, AXIS, 9, 4); // a foot that points into the moment
  }
  const x = line.x(line.time);
  context.fillStyle = colours.playhead;
  if (x >= NAME && x <= width) context.fillRect(x, 0, 2, height);
}

function label(context, colours, text, top, height) {
  context.fillStyle = colours.dim;
  context.font = "11px system-ui, sans-serif";
  context.fillText(text, 4, top + height / 2 + 4, NAME - 8);
}

function sized(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.parentElement.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height, ratio };
}
