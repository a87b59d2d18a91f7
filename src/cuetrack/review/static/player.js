// Frame-exact playback of one or two files on the session's clock.
// A seek goes to the middle of a frame; the playhead follows the frame that is really shown.

const SAME_S = 0.002; // two times that differ by less are one
const PATIENCE_MS = 1500; // a hidden page shows no frame: then the server's word for the first pts must do
const LATE_S = 0.5; // a frame shown while nothing plays is further from the clock only if it is of another seek

export class Player extends EventTarget {
  constructor(duration) {
    super();
    this.duration = duration;
    this.tracks = []; // {media, known, shift, ahead}: session time = media time - shift + offset
    this.time = 0;
    this.loop = null;
    this.stopAt = null;
    this.rate = 1;
    this.closed = false;
    this.quiet = null; // without any file the clock runs by itself: {time, at} while it plays
    this.#tick();
  }

  close() {
    this.closed = true;
    this.pause();
    this.clear();
  }

  /** Forget all files; time stays where it is. */
  clear() {
    for (const track of this.tracks) { track.media.removeAttribute("src"); track.media.load(); track.gone = true; }
    this.tracks = [];
  }

  /** Add a file: `known` is what the server says of it (frames_s, offset_s, drift_ppm, first_pts_s, video). */
  add(media, known) {
    const track = { media, known, shift: known.first_pts_s ?? 0, ahead: 0, calibrated: true, wanted: null };
    if (media.requestVideoFrameCallback) {
      track.calibrated = !known.frames_s?.length;
      media.addEventListener("loadeddata", () => setTimeout(() => this.#calibrate(track), PATIENCE_MS), { once: true });
      const shown = (_, frame) => {
        if (track.gone) return;
        if (!track.calibrated) this.#calibrate(track, frame.mediaTime);
        else this.#compareClocks(track, frame.mediaTime);
        track.shown = frame.mediaTime;
        // A frame of an earlier seek that comes late, even after the seek, must not pull the playhead back.
        const late = media.seeking || (media.paused && Math.abs(frame.mediaTime - media.currentTime) > LATE_S);
        if (track === this.tracks[0] && !late) this.#at(this.#session(track, frame.mediaTime));
        media.requestVideoFrameCallback(shown);
      };
      media.requestVideoFrameCallback(shown);
    }
    media.addEventListener("play", () => this.dispatchEvent(new Event("state")));
    media.addEventListener("pause", () => this.dispatchEvent(new Event("state")));
    this.tracks.push(track);
  }

  get playing() { return this.quiet !== null || this.tracks.some((t) => !t.media.paused); }

  get frame() {
    const track = this.tracks[0];
    return track?.known.frames_s?.length ? frameAt(track.known.frames_s, this.#file(track, this.time)) : null;
  }

  async toggle() { if (this.playing) this.pause(); else await this.play(); }

  async play(until = null) {
    this.stopAt = until;
    if (!this.tracks.length) {
      this.quiet = { time: this.time, at: performance.now() };
      this.dispatchEvent(new Event("state"));
    }
    await Promise.all(this.tracks.map((t) => t.media.play().catch(() => {})));
  }

  pause() {
    for (const t of this.tracks) t.media.pause();
    if (this.quiet) { this.quiet = null; this.dispatchEvent(new Event("state")); }
  }

  set speed(value) {
    this.rate = value;
    for (const t of this.tracks) t.media.playbackRate = value;
    if (this.quiet) this.quiet = { time: this.time, at: performance.now() };
  }

  set muted(value) { for (const t of this.tracks) t.media.muted = value; }

  /** Go to a session time: every file to the middle of the frame that covers it. */
  seek(time) {
    const at = Math.min(Math.max(time, 0), this.duration);
    for (const track of this.tracks) this.#send(track, at);
    if (this.quiet) this.quiet = { time: at, at: performance.now() };
    this.#at(at);
  }

  /** Step by frames of the first file. */
  step(count) {
    this.pause();
    const track = this.tracks[0];
    const frames = track?.known.frames_s;
    if (!frames?.length) { this.seek(this.time + count * 0.04); return; }
    const k = Math.min(Math.max(frameAt(frames, this.#file(track, this.time)) + count, 0), frames.length - 1);
    this.seek(frames[k] * (1 + (track.known.drift_ppm ?? 0) * 1e-6) + track.known.offset_s + 1e-4);
  }

  /** Browsers differ in whether the first pts counts: the first frame tells. A seek before it waits for it. */
  #calibrate(track, mediaTime = null) {
    if (track.calibrated || track.gone) return;
    if (mediaTime !== null) track.shift = mediaTime - track.known.frames_s[0];
    track.calibrated = true;
    if (track.wanted !== null) this.#send(track, track.wanted);
  }

  /** WebKit counts the first pts in a frame's time and not in `currentTime`: a frame sought by its middle shows it. */
  #compareClocks(track, mediaTime) {
    const { media } = track;
    if (track.ahead || !track.shift || track.wanted === null || !media.paused) return;
    if (Math.abs(mediaTime - media.currentTime - track.shift) > SAME_S) return;
    track.ahead = track.shift;
    this.#send(track, track.wanted);
  }

  #send(track, at) {
    track.wanted = at;
    if (!track.calibrated) return;
    const own = this.#file(track, at);
    const frames = track.known.frames_s;
    if (frames?.length) {
      const k = frameAt(frames, own);
      const next = frames[k + 1] ?? frames[k] + (frames[k] - (frames[k - 1] ?? frames[k] - 0.04));
      track.media.currentTime = Math.max(0, (frames[k] + next) / 2 + track.shift - track.ahead);
    } else track.media.currentTime = Math.max(0, own + track.shift - track.ahead);
  }

  #file(track, time) { return (time - track.known.offset_s) / (1 + (track.known.drift_ppm ?? 0) * 1e-6); }

  #session(track, mediaTime) {
    return (mediaTime - track.shift) * (1 + (track.known.drift_ppm ?? 0) * 1e-6) + track.known.offset_s;
  }

  #at(time) {
    this.time = time;
    this.dispatchEvent(new Event("time"));
  }

  #tick() {
    if (this.closed) return;
    const [first, ...others] = this.tracks;
    if (this.quiet) {
      this.#at(Math.min(this.quiet.time + ((performance.now() - this.quiet.at) / 1000) * this.rate, this.duration));
      this.#turn();
      if (this.time >= this.duration) this.pause();
    }
    if (first && !first.media.paused) {
      if (!first.shown) this.#at(this.#session(first, first.media.currentTime)); // sound only
      for (const other of others) { // two files in step: nudge, or jump where they are far apart
        const [there, here] = [other, first].map((t) => this.#session(t, t.media.currentTime + t.ahead));
        const off = there - here;
        if (Math.abs(off) > 0.25) other.media.currentTime -= off;
        else other.media.playbackRate = this.rate * (Math.abs(off) > 0.02 ? 1 - off : 1); // at most a quarter
        if (other.media.paused && !other.media.ended) other.media.play().catch(() => {});
      }
      this.#turn();
    }
    requestAnimationFrame(() => this.#tick());
  }

  /** At the end of a loop or of what was to be played. */
  #turn() {
    if (this.loop && (this.time >= this.loop.end || this.time < this.loop.start - 6)) this.seek(this.loop.start);
    else if (this.stopAt !== null && this.time >= this.stopAt) { this.pause(); this.stopAt = null; }
  }
}

/** Index of the last frame that starts at or before a time. */
export function frameAt(frames, time) {
  let low = 0;
  let high = frames.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (frames[middle] <= time + 1e-6) low = middle; else high = middle - 1;
  }
  return low;
}
