// What a lane is called, which lanes are shown to begin with, and how a value is told.

const WANTED = ["toward_partner", "smile", "expressivity_per_s", "lean_cm", "pitch_st", "level_db", "latency_s", "motion_sw_per_s",
  "motion_sync_z", "voice_sync_z"];
const FEW = 12;

/** Ids of up to twelve lanes to begin with: what speaks most clearly, of both people and of the pair. */
export function defaultChannels(channels) {
  const found = WANTED.flatMap((signal) => channels.filter((c) => c.signal === signal));
  const chosen = [...found.filter((c) => c.person !== "pair").slice(0, FEW - 2), ...found.filter((c) => c.person === "pair").slice(0, 2)];
  return (chosen.length ? chosen : channels.slice(0, FEW)).map((c) => c.id);
}

export function title(channel) {
  const plain = channel.signal.replace(/_(deg|cm|db|st|sd|hz|per_s|per_min|sw_per_s|deg_per_s|syl_per_s|mm|s|z)$/, "").replaceAll("_", " ");
  return channel.signal.endsWith("_sync_z") ? plain.replace(/ sync$/, " in step") : plain;
}

export function number(value, unit) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}

/** A lane's value at a sample, in its own unit against the person's own usual. */
export function reading(lane, i) {
  const value = lane.values[i];
  const shown = Number.isFinite(value) ? number(value, lane.unit) : "not measured";
  const usual = lane.usual === null ? "" : `, usually ${number(lane.usual, lane.unit)}`;
  return `${lane.person} ${title(lane)}: ${shown}${usual}`;
}
