"""Times the libopus installed on this machine: µs of CPU time a frame for encoding and for decoding.

Usage: opus.py PCM APPLICATION CHANNELS BITRATE COMPLEXITY, where PCM is a file of 32-bit float samples at 48 kHz,
interleaved. Prints {"version", "encode", "decode"} as JSON; exits with 3 where there is no libopus.
"""

import ctypes
import ctypes.util
import json
import sys
import time

FRAME = 960
PACKET_BYTES = 4000
SET_BITRATE, SET_COMPLEXITY = 4002, 4010


def main():
    path, application, channels, bitrate, complexity = sys.argv[1], *map(int, sys.argv[2:6])
    name = ctypes.util.find_library("opus")
    if name is None:
        sys.exit(3)
    opus = ctypes.CDLL(name)
    opus.opus_get_version_string.restype = ctypes.c_char_p
    opus.opus_encoder_create.restype = ctypes.c_void_p
    opus.opus_decoder_create.restype = ctypes.c_void_p
    error = ctypes.c_int()
    encoder = ctypes.c_void_p(
        opus.opus_encoder_create(48000, channels, application, ctypes.byref(error))
    )
    decoder = ctypes.c_void_p(opus.opus_decoder_create(48000, channels, ctypes.byref(error)))
    opus.opus_encoder_ctl(encoder, SET_BITRATE, ctypes.c_int(bitrate))
    opus.opus_encoder_ctl(encoder, SET_COMPLEXITY, ctypes.c_int(complexity))

    pcm = open(path, "rb").read()
    size = FRAME * channels * 4
    frames = [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]
    packet = ctypes.create_string_buffer(PACKET_BYTES)
    packets = []
    start = time.process_time_ns()
    for frame in frames:
        length = opus.opus_encode_float(encoder, frame, FRAME, packet, PACKET_BYTES)
        packets.append(ctypes.string_at(packet, length))
    encode = (time.process_time_ns() - start) / len(frames) / 1000

    out = ctypes.create_string_buffer(6 * size)
    start = time.process_time_ns()
    for data in packets:
        opus.opus_decode_float(decoder, data, len(data), out, 6 * FRAME, 0)
    decode = (time.process_time_ns() - start) / len(packets) / 1000
    version = opus.opus_get_version_string().decode()
    print(json.dumps({"version": version, "encode": encode, "decode": decode}))


main()
