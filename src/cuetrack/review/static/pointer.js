// The pointer on the timeline: wheel zooms, drag pans, a drag on an edge moves it (Esc drops it), a click seeks.

import { NAME } from "./draw.js";

const NEAR_PX = 6;
const MOVED_PX = 3;

export function listen(line, signal) {
  const at = (event) => event.clientX - line.detail.getBoundingClientRect().left;
  const high = (event) => event.clientY - line.detail.getBoundingClientRect().top;
  let drag = null;
  line.overlay.addEventListener("wheel", (event) => {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!event.ctrlKey && !sideways && (line.wheelIsThePages || scrolls(line))) return; // the wheel scrolls, Ctrl zooms
    event.preventDefault();
    if (sideways) line.look(line.view.start + ((event.deltaX || event.deltaY) / line.width) * (line.view.end - line.view.start));
    else line.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, line.timeAt(at(event)));
  }, { passive: false, signal });
  line.overlay.addEventListener("pointerdown", (event) => {
    if (!line.session) return;
    line.overlay.setPointerCapture(event.pointerId);
    const { chosen } = line;
    const near = chosen && ["start", "end"].find((which) => Math.abs(line.x(chosen[which]) - at(event)) < NEAR_PX);
    drag = near ? { edge: near } : { from: at(event), start: line.view.start, time: line.timeAt(at(event)), moved: false };
  }, { signal });
  line.overlay.addEventListener("pointermove", (event) => {
    if (!line.session) return;
    const time = line.timeAt(at(event));
    if (drag?.edge) {
      const { chosen } = line;
      if (!chosen) return;
      const other = chosen[drag.edge === "start" ? "end" : "start"];
      const held = drag.edge === "start" ? Math.min(time, other - 0.1) : Math.max(time, other + 0.1);
      line.hold(drag.edge, Math.min(Math.max(held, 0), line.session.duration_s));
      line.tell("edge", line.held.time);
    } else if (drag) {
      const shift = at(event) - drag.from;
      if (Math.abs(shift) > MOVED_PX) drag.moved = true;
      if (drag.moved) line.look(drag.start - (shift / (line.width - NAME)) * (line.view.end - line.view.start));
    } else line.read(time, high(event));
  }, { signal });
  line.overlay.addEventListener("pointerup", (event) => {
    if (drag?.edge) {
      line.release(true);
      if (line.chosen) line.tell("edges", line.chosen);
    } else if (drag && !drag.moved && at(event) > NAME) line.tell("seek", drag.time);
    drag = null;
  }, { signal });
  line.overlay.addEventListener("dblclick", (event) => {
    const time = line.timeAt(at(event));
    const hit = line.moments.find((m) => m.start <= time && time < m.end);
    if (hit) line.tell("choose", hit.id);
  }, { signal });
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag?.edge) return;
    drag = null;
    line.release(false);
    line.tell("dropped", null);
  }, { signal, capture: true });
  const jump = (event) => {
    if (!line.session) return;
    const box = line.overview.getBoundingClientRect();
    const time = ((event.clientX - box.left) / box.width) * line.session.duration_s;
    line.look(time - (line.view.end - line.view.start) / 2);
  };
  line.overview.addEventListener("pointerdown", (event) => { line.overview.setPointerCapture(event.pointerId); jump(event); }, { signal });
  line.overview.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); }, { signal });
}

const scrolls = (line) => {
  const place = line.detail.parentElement.parentElement;
  return place.scrollHeight > place.clientHeight + 1;
};
