// The canvas's colours in light and dark; every colour also has a shape or a word beside it.

const LIGHT = { back: "#ffffff", text: "#1b1d22", dim: "#4c535f", grid: "#e3e6eb", people: ["#0f6ca8", "#b06a00"], moment: "#8a63b5",
  selected: "#5b2f8f", momentBand: "#8a63b524", selectedBand: "#5b2f8f30", playhead: "#c8102e", packed: pack("#3b5066", "#b4bac4", "#d7dce3") };
const DARK = { back: "#16181d", text: "#e8e9ec", dim: "#b3b9c4", grid: "#2b2f37", people: ["#6fb7e9", "#f0b35a"], moment: "#8d6bb8",
  selected: "#d4a5ff", momentBand: "#8d6bb830", selectedBand: "#d4a5ff40", playhead: "#ff6d6d", packed: pack("#9fb4c7", "#5b626e", "#3c434e") };

/** The colours that fit the reader's setting; `packed` holds line, gap and usual as pixels. */
export const ink = () => (matchMedia("(prefers-color-scheme: dark)").matches ? DARK : LIGHT);

function pack(...hexes) {
  return hexes.map((hex) => {
    const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}
