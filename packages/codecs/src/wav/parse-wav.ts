import { decodeSamples, type SampleEncoding } from './sample-encoding.js';

/** Uncompressed audio read from a WAV file. */
export interface WavAudio {
  /** Samples per second and channel. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples in −1…1 (float files may exceed it), interleaved by channel; belongs to the caller. */
  readonly samples: Float32Array;
}

/** Outcome of {@link parseWav}. */
export type WavResult =
  | { readonly ok: true; readonly value: WavAudio }
  | {
      readonly ok: false;
      readonly reason: 'not-wav' | 'bad-format' | 'unsupported-encoding' | 'no-format' | 'no-data';
    };

interface Format {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bytesPerSample: number;
  readonly encoding: SampleEncoding;
}

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Bytes 2…15 of the sub-format GUIDs that stand for plain format tags. */
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
/** Length that writers leave who cannot go back: the data goes on to the end. */
const UNKNOWN_LENGTH = 0xffff_ffff;

const fourCc = (view: DataView, at: number): string =>
  String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits and 32-bit float, also as WAVE_FORMAT_EXTENSIBLE, with
 * any number of channels. Unknown chunks are skipped; a data chunk that is cut off, or whose length was
 * left 0 or 0xFFFFFFFF by a streaming writer, goes on to the end of the bytes. Samples that are no finite
 * number become 0. Never throws, and allocates at most four bytes per byte given.
 */
export function parseWav(bytes: Uint8Array): WavResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || fourCc(view, 0) !== 'RIFF' || fourCc(view, 8) !== 'WAVE') {
    return { ok: false, reason: 'not-wav' };
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = fourCc(view, at);
    const stated = view.getUint32(at + 4, true);
    const start = at + 8;
    const left = bytes.length - start;
    if (id === 'data') {
      if (!format) return { ok: false, reason: 'no-format' };
      const length = stated === 0 || stated === UNKNOWN_LENGTH ? left : Math.min(stated, left);
      return { ok: true, value: readData(view, start, length, format) };
    }
    if (id === 'fmt ') {
      const read = readFormat(view, start, Math.min(stated, left));
      if (typeof read === 'string') return { ok: false, reason: read };
      format = read;
    }
    // Chunks start at even offsets.
    at = start + stated + (stated & 1);
  }
  return { ok: false, reason: format ? 'no-data' : 'no-format' };
}

function readFormat(
  view: DataView,
  at: number,
  length: number,
): Format | 'bad-format' | 'unsupported-encoding' {
  if (length < 16) return 'bad-format';
  let tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const blockAlign = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (tag === EXTENSIBLE) {
    if (length < 40) return 'bad-format';
    if (GUID_TAIL.some((byte, i) => view.getUint8(at + 26 + i) !== byte)) {
      return 'unsupported-encoding';
    }
    tag = view.getUint16(at + 24, true);
  }
  const encoding = sampleEncoding(tag, bits);
  if (!encoding) return 'unsupported-encoding';
  const bytesPerSample = bits / 8;
  if (channels === 0 || sampleRate === 0 || blockAlign !== channels * bytesPerSample) {
    return 'bad-format';
  }
  return { sampleRate, channels, bytesPerSample, encoding };
}

function sampleEncoding(tag: number, bits: number): SampleEncoding | undefined {
  if (tag === IEEE_FLOAT) return bits === 32 ? 'f32' : undefined;
  if (tag !== PCM) return undefined;
  switch (bits) {
    case 8:
      return 'u8';
    case 16:
      return 's16';
    case 24:
      return 's24';
    case 32:
      return 's32';
    default:
      return undefined;
  }
}

/** Reads whole sample frames only: what is left of one that was cut off cannot be played. */
function readData(view: DataView, at: number, length: number, format: Format): WavAudio {
  const { sampleRate, channels, bytesPerSample, encoding } = format;
  const frames = Math.floor(length / (channels * bytesPerSample));
  const samples = new Float32Array(frames * channels);
  decodeSamples(view, at, encoding, samples);
  return { sampleRate, channels, samples };
}
