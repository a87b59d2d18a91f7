// Min/max pyramid of a signal: level k holds the least and greatest of every FACTOR**k samples; gaps are NaN.

const FACTOR = 4;

export class Pyramid {
  constructor(values) {
    this.levels = [{ low: values, high: values }];
    while (this.levels.at(-1).low.length > 512) this.levels.push(coarser(this.levels.at(-1)));
  }

  /** Least and greatest per column for `columns` columns between two sample positions; NaN where nothing was measured. */
  columns(first, last, columns, low, high) {
    const perColumn = (last - first) / columns;
    let k = 0;
    while (k + 1 < this.levels.length && FACTOR ** (k + 1) <= perColumn) k += 1;
    const level = this.levels[k];
    const step = FACTOR ** k;
    for (let c = 0; c < columns; c += 1) {
      const from = Math.floor((first + c * perColumn) / step);
      const to = Math.max(from + 1, Math.ceil((first + (c + 1) * perColumn) / step));
      let least = Infinity;
      let most = -Infinity;
      for (let i = Math.max(0, from); i < Math.min(to, level.low.length); i += 1) {
        if (level.low[i] < least) least = level.low[i];
        if (level.high[i] > most) most = level.high[i];
      }
      low[c] = least === Infinity ? NaN : least;
      high[c] = most === -Infinity ? NaN : most;
    }
  }
}

function coarser({ low, high }) {
  const count = Math.ceil(low.length / FACTOR);
  const least = new Float32Array(count);
  const most = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let a = Infinity;
    let b = -Infinity;
    for (let j = i * FACTOR; j < Math.min((i + 1) * FACTOR, low.length); j += 1) {
      if (low[j] < a) a = low[j];
      if (high[j] > b) b = high[j];
    }
    least[i] = a === Infinity ? NaN : a;
    most[i] = b === -Infinity ? NaN : b;
  }
  return { low: least, high: most };
}
