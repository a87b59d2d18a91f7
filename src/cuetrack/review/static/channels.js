// Which channels the timeline shows.

import { byId, el } from "./dom.js";
import { defaultChannels, title } from "./lanes.js";

export function picker(timeline) {
  const people = [...new Set(timeline.channels.map((c) => c.person))];
  const boxes = [];
  const change = () => timeline.show(boxes.filter((b) => b.checked).map((b) => b.value));
  const set = (wanted) => { for (const b of boxes) b.checked = wanted(b.value); change(); };
  byId("channels").replaceChildren(...people.map((person) => el("fieldset", {}, el("legend", {}, person === "pair" ? "both together" : person),
    ...timeline.channels.filter((c) => c.person === person).map((c) => {
      const box = el("input", { type: "checkbox", value: c.id, checked: timeline.lanes.some((l) => l.id === c.id), onchange: change });
      boxes.push(box);
      return el("label", { className: "choice", title: c.more ? `a larger value means ${c.more}` : "" }, box, ` ${title(c)}`);
    }))));
  byId("picker-all").onclick = () => set(() => true);
  byId("picker-none").onclick = () => set(() => false);
  byId("picker-few").onclick = () => { const few = defaultChannels(timeline.channels); set((id) => few.includes(id)); };
  byId("picker-close").onclick = () => byId("picker").close();
  byId("picker").showModal();
}
