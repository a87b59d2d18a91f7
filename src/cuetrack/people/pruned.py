"""Take out of a TFLite model what only an output that nobody reads needs.

The lite pose model draws a mask of the person that cuetrack never asks for, at a sixth of its sums and two fifths of
its intermediate values; MediaPipe computes it all the same. What is left has the same operators and weights, so the
same numbers come out. Read and written in place by the FlatBuffers layout of TFLite's public schema (tables Model,
SubGraph, Operator); nothing else of a file is touched, and its length stays.
"""

from __future__ import annotations

import io
import struct
import zipfile

_SUBGRAPHS, _TENSORS_OUT, _OPERATORS = 2, 2, 3  # fields of Model and of SubGraph
_OPERATOR_IN, _OPERATOR_OUT = 1, 2


def without_output(model: bytes, output: int, stands_in: int) -> bytes:
    """Return a model without the operators that only its output number `output` needs.

    In that place stands the output number `stands_in`, so that the others keep theirs.
    """
    data = bytearray(model)
    graph = _indirect(data, _vector(data, _indirect(data, 0), _SUBGRAPHS)[0])
    outputs_at, count = _vector(data, graph, _TENSORS_OUT)
    outputs = list(struct.unpack_from(f"<{count}i", data, outputs_at))
    outputs[output] = outputs[stands_in]
    operators_at, count = _vector(data, graph, _OPERATORS)
    operators = [_indirect(data, operators_at + 4 * i) for i in range(count)]
    wanted, kept = set(outputs), []
    for operator in reversed(operators):  # in a model's file every operator stands behind those that feed it
        if wanted & set(_numbers(data, operator, _OPERATOR_OUT)):
            wanted |= set(_numbers(data, operator, _OPERATOR_IN))
            kept.append(operator)
    struct.pack_into(f"<{len(outputs)}i", data, outputs_at, *outputs)
    struct.pack_into("<I", data, operators_at - 4, len(kept))
    for i, operator in enumerate(reversed(kept)):
        place = operators_at + 4 * i
        struct.pack_into("<I", data, place, operator - place)
    return bytes(data)


def bundle_without_output(bundle: bytes, member: str, output: int, stands_in: int) -> bytes:
    """Return a model bundle (a zip of models) in which one model lacks an output, see `without_output`."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as given, zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as made:
        for info in given.infolist():
            part = given.read(info)
            made.writestr(info, without_output(part, output, stands_in) if info.filename == member else part)
    return written.getvalue()


def _indirect(data: bytearray, at: int) -> int:
    """Return where an offset points to."""
    return at + int(struct.unpack_from("<I", data, at)[0])


def _vector(data: bytearray, table: int, field: int) -> tuple[int, int]:
    """Return where the elements of a table's vector begin and how many there are; none where the table has none."""
    vtable = table - int(struct.unpack_from("<i", data, table)[0])
    size = int(struct.unpack_from("<H", data, vtable)[0])
    entry = 4 + 2 * field
    offset = int(struct.unpack_from("<H", data, vtable + entry)[0]) if entry < size else 0
    if not offset:
        return 0, 0
    start = _indirect(data, table + offset)
    return start + 4, int(struct.unpack_from("<I", data, start)[0])


def _numbers(data: bytearray, table: int, field: int) -> tuple[int, ...]:
    at, count = _vector(data, table, field)
    return struct.unpack_from(f"<{count}i", data, at)
