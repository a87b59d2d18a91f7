"""The recording that speed is measured on: a rendered session, repeated to any length without encoding again."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from cuetrack.simulate import cached, demo_script

MEDIA = Path(__file__).parents[1] / ".cache" / "speed"


def repeated(minutes: float, *, sound_only: bool = False) -> Path:
    """Return the demo session at 1280x720 and 30 frames a second, repeated to a length; made once."""
    import av

    path = MEDIA / f"speed-{minutes:g}min.{'m4a' if sound_only else 'mp4'}"
    if path.is_file():
        return path
    script = demo_script()
    script = replace(script, name="speed", output=replace(script.output, fps=30.0, size=(640, 720)))
    source = cached(script).path
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".making" + path.suffix)
    with av.open(str(making), "w", format="mp4") as out:
        streams: dict[int, object] = {}
        last: dict[int, int] = {}
        start = Fraction(0)
        while start < minutes * 60:
            with av.open(str(source)) as given:
                wanted = [s for s in given.streams if s.type == "audio" or not sound_only]
                for s in wanted:
                    streams.setdefault(s.index, None)
                    streams[s.index] = streams[s.index] or out.add_stream_from_template(s)
                for packet in given.demux(wanted):
                    if packet.dts is None:
                        continue
                    base = packet.time_base
                    if start + packet.pts * base >= minutes * 60:
                        continue
                    packet.pts += round(start / base)
                    packet.dts += round(start / base)
                    index = packet.stream.index
                    if packet.dts <= last.get(index, packet.dts - 1):
                        continue  # the encoder's run-up of a repetition lies on the end of the one before
                    last[index] = packet.dts
                    packet.stream = streams[index]
                    out.mux(packet)
                start += Fraction(script.duration_s).limit_denominator(1000)
    making.replace(path)
    return path
