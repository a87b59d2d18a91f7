// Building the page without ever parsing text as HTML.

/** Make an element: properties, `data`/`aria` attributes, event handlers (onclick…), then children. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value);
    else if (name === "style") Object.assign(node.style, value);
    else node[name] = value;
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Session time as 12:20.120, or 1:02:20.120 from an hour on. */
export function clock(seconds, digits = 3) {
  const s = Math.max(0, seconds);
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  const rest = (s % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  const short = `${String(minutes).padStart(2, "0")}:${rest}`;
  return hours ? `${hours}:${short}` : short;
}

/** Say something to screen readers. */
export function announce(text) {
  const live = byId("live");
  if (live) live.textContent = text;
}

/** Put a text where it is read: an alert or status line that is hidden while it is empty. */
export function say(place, text) {
  place.textContent = text;
  place.hidden = !text;
}
