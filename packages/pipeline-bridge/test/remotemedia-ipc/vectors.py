"""Writes messages of RemoteMedia's IPC from its layout alone, as JSON of hex by name.

    python3 vectors.py > vectors.json

A byte that is repeated very often is written as (byte*times).
"""

import json
from struct import pack

TIMESTAMP = 1_790_000_000_123_456


def envelope(kind, payload, session=b"s-1", timestamp=TIMESTAMP):
    start = pack("<BH", kind, len(session)) + session + pack("<Q", timestamp)
    return start + pack("<I", len(payload)) + payload


def audio(samples, metadata=b"", rate=48000, channels=1, session=b"s-1"):
    head = pack("<IHI", rate, channels, len(metadata)) + metadata
    return envelope(1, head + samples, session)


def spaced(metadata, session=b"s-1"):
    """JSON with the spaces that bring the samples after it to a multiple of 4."""
    while (25 + len(session) + len(metadata)) % 4:
        metadata += b" "
    return metadata


def video(width, height, pixel_format, codec, number, key, data):
    return envelope(2, pack("<IIBBQB", width, height, pixel_format, codec, number, key) + data)


def numpy(shape, strides, dtype, flags, data):
    payload = pack("<H", len(shape)) + b"".join(pack("<Q", n) for n in shape)
    payload += pack("<H", len(strides)) + b"".join(pack("<q", n) for n in strides)
    return envelope(6, payload + counted(dtype) + pack("<B", flags) + data)


def counted(text):
    encoded = text.encode()
    return pack("<H", len(encoded)) + encoded


def file(path, name, mime, size, offset, length, stream):
    numbers = pack("<QQQ", size, offset, length)
    return envelope(7, counted(path) + counted(name) + counted(mime) + numbers + counted(stream))


def control(message_type, segment, milliseconds, metadata):
    value = {
        "message_type": message_type,
        "segment_id": segment,
        "timestamp_ms": milliseconds,
        "metadata": metadata,
    }
    return envelope(5, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


FLOATS = pack("<ff", 0.5, -1.0)
# A quiet and a signalling NaN with bits of their own, both infinities, the smallest number, -0, the greatest.
BITS = pack(
    "<7I", 0x7FC01234, 0xFF800001, 0x7F800000, 0xFF800000, 1, 0x80000000, 0x7F7FFFFF
)
LONGEST = b"a" * 65535
CANCEL = {"type": "CancelSpeculation", "from_timestamp": 1000, "to_timestamp": 9007199254740991}

VECTORS = {
    "audio with stream and capture time": audio(
        FLOATS,
        spaced(b'{"stream_id":"mic","timestamp_us":-5,"timestamp_bound_us":250}'),
    ),
    "audio with annotations": audio(
        FLOATS, spaced(b'{"speaker":"\xc3\xa4","stream_id":"mic"}'), 16000, 2
    ),
    "audio of any bits": audio(BITS),
    "audio without samples": audio(b""),
    "audio, session of 0": audio(FLOATS, b"{} ", session=b""),
    "audio, session of 1": audio(FLOATS, b"{}", session=b"a"),
    "audio, session of 3": audio(FLOATS, b"", session=b"aaa"),
    "audio, session of 4": audio(FLOATS, b"{} ", session=b"aaaa"),
    "audio, session of 65535": audio(FLOATS, b"", session=LONGEST),
    "i420 of odd size": video(3, 1, 2, 0, 7, 0, bytes(range(7))),
    "nv12": video(2, 2, 3, 0, 2**32, 0, bytes(range(6))),
    "rgb24": video(2, 1, 4, 0, 0, 0, bytes(range(6))),
    "rgba32": video(1, 1, 5, 0, 2**53 - 1, 0, bytes(range(4))),
    "VP8 key frame": video(640, 480, 255, 1, 8, 1, b"\x10\x02\x00"),
    "H264": video(16384, 1, 255, 2, 9, 0, b"\x00\x00\x01\x41"),
    "AV1": video(0, 0, 255, 3, 10, 1, b"\x12\x00"),
    "an empty picture": video(2, 2, 255, 1, 11, 0, b""),
    "text": envelope(3, "\ufeffhéllo 😀".encode()),
    "text of nothing": envelope(3, b""),
    "text that begins with NUL": envelope(3, b"\x00\x03tts\x00\x02ab"),
    "text of a channel": envelope(3, b"\x00\x02ui# heading"),
    "json": envelope(3, b'{"type":"level","rms_dbfs":-14,"of":[null,true]}'),
    "tensor": envelope(4, pack("<II2I", 1, 2, 2, 4294967295) + b"\x01\x02\x03"),
    "tensor of nothing": envelope(4, pack("<II", 0, 0)),
    "cancellation": control(CANCEL, "segment ß", 1500, {"reason": ["noise", 0.25]}),
    "batch hint": control({"type": "BatchHint", "suggested_batch_size": 0}, None, 0, None),
    "deadline": control({"type": "DeadlineWarning", "deadline_us": 20000}, "", 1, []),
    "numpy": numpy([2, 3], [-8, 2**53 - 1], "float32", 1, b"\x01\x02\x03\x04"),
    "numpy in the order of Fortran": numpy([2**53 - 1], [-(2**53 - 1)], "<f8", 2, b"\x05"),
    "numpy of nothing": numpy([], [], "", 3, b""),
    "file": file("/media/a b.wav", "ä.wav", "audio/wav", 2**53 - 1, 2**32, 1, "mic"),
    "file of a path alone": file("x", "", "", 0, 0, 0, ""),
    "end of input": envelope(8, b""),
    # What others write, and encodeRemoteMedia would write otherwise.
    "foreign: samples out of line": audio(BITS, b"", session=b"a"),
    "foreign: NaN in the metadata": audio(FLOATS, b'{"level":NaN}'),
    "foreign: metadata of other types": audio(
        FLOATS, b'{"stream_id":7,"timestamp_us":1.5,"timestamp_bound_us":-1}'
    ),
    "foreign: metadata that is a list": audio(FLOATS, b"[1]"),
    "foreign: YUV420P": video(1, 1, 1, 3, 0, 1, b"\x01\x02\x03"),
    "foreign: NUL without a channel": envelope(3, b"\x00\x09ab"),
    "foreign: NUL and an empty channel": envelope(3, b"\x00\x00ab"),
    "foreign: NUL alone": envelope(3, b"\x00"),
    "foreign: NUL and a channel that is no text": envelope(3, b"\x00\x01\xc3\xa4"),
    "foreign: control in another order": envelope(
        5,
        b'{"metadata":null,"timestamp_ms":1,"new":1,'
        b'"message_type":{"suggested_batch_size":3,"type":"BatchHint"}}',
    ),
    "foreign: bytes behind the payload": envelope(3, b"hi") + b"\xff\xff",
    "foreign: end of input with a payload": envelope(8, b"bye", b"default"),
}


def shown(message):
    return message.hex().replace(LONGEST.hex(), "(61*65535)")


print(json.dumps({name: shown(message) for name, message in VECTORS.items()}, indent=2))
