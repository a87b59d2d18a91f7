"""Say what a built wheel holds and refuse one with recordings or models in it: python tools/wheel_holds.py dist"""

import sys
import zipfile
from pathlib import Path

UNWANTED = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".wav", ".mp3", ".m4a", ".flac", ".task", ".tflite", ".onnx")

for wheel in sorted(Path(sys.argv[1]).glob("cuetrack-*.whl")):
    names = zipfile.ZipFile(wheel).namelist()
    unwanted = [n for n in names if n.lower().endswith(UNWANTED)]
    if unwanted:
        sys.exit(f"{wheel}: expected no recordings and no models, found {', '.join(unwanted)}")
    print(f"{wheel}: {len(names)} files, {wheel.stat().st_size} bytes, no recordings, no models")
