import { ArgumentError } from '../errors.js';

/** Bytes of the header that {@link wavHeader} makes. */
export const WAV_HEADER_BYTES = 44;

/** What a WAV file says about its samples. */
export interface WavFormat {
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** Interleaved channels. */
  readonly channels: number;
}

const BYTES_PER_SAMPLE = 2;
const UNKNOWN_LENGTH = 0xffff_ffff;

/**
 * The 44 bytes before `dataBytes` bytes of 16-bit PCM. A recorder writes the header for 0 bytes first,
 * which readers take as "to the end", and writes it again over the first when the length is known.
 * Lengths beyond the format's 4 GiB are marked as unknown.
 * Throws `ArgumentError` for a rate, channel count or length that cannot be written.
 */
export function wavHeader({ sampleRate, channels }: WavFormat, dataBytes: number): Uint8Array {
  if (!Number.isInteger(channels) || channels < 1 || channels > 32_767) {
    throw new ArgumentError(`channels is ${channels}; give a whole number from 1 to 32767`);
  }
  const blockAlign = channels * BYTES_PER_SAMPLE;
  const byteRate = sampleRate * blockAlign;
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || byteRate > 0xffff_ffff) {
    throw new ArgumentError(`sampleRate is ${sampleRate}; give whole Hz that fit 32 bits`);
  }
  if (!Number.isSafeInteger(dataBytes) || dataBytes < 0 || dataBytes % blockAlign !== 0) {
    throw new ArgumentError(`dataBytes is ${dataBytes}; give a multiple of ${blockAlign}`);
  }
  const riffBytes = dataBytes + WAV_HEADER_BYTES - 8;
  const known = riffBytes < UNKNOWN_LENGTH;
  const header = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const text = (at: number, id: string): void => {
    for (let i = 0; i < id.length; i++) header[at + i] = id.charCodeAt(i);
  };
  text(0, 'RIFF');
  view.setUint32(4, known ? riffBytes : UNKNOWN_LENGTH, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, byteRate, true);
  view.setUint16(32, blockAlign, true);
  view.setUint16(34, BYTES_PER_SAMPLE * 8, true);
  text(36, 'data');
  view.setUint32(40, known ? dataBytes : UNKNOWN_LENGTH, true);
  return header;
}
