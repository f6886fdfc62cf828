import { describe, expect, test } from '@jest/globals';
import { decodeRemoteMedia, encodeRemoteMedia, RemoteMediaError } from '@rm/pipeline-bridge';
import type {
  JsonValue,
  RemoteMediaContent,
  RemoteMediaEnvelope,
  RemoteMediaRefusal,
} from '@rm/pipeline-bridge';
import { ENVELOPE, MESSAGES } from './messages.js';
import { vector, VECTORS } from './vectors.js';

/** Where the payload begins in messages of session "s-1". */
const PAYLOAD = 18;

function refusal(bytes: Uint8Array): RemoteMediaRefusal | undefined {
  const result = decodeRemoteMedia(bytes);
  return result.ok ? undefined : result.reason;
}

/** A vector with other bytes at `at`. */
function changed(name: string, at: number, ...bytes: number[]): Uint8Array {
  const copy = vector(name).slice();
  copy.set(bytes, at);
  return copy;
}

/** A message of session "s-1" with this payload. */
function message(type: number, ...payload: number[]): Uint8Array {
  const bytes = new Uint8Array(PAYLOAD + payload.length);
  bytes.set(vector('text of nothing'));
  bytes[0] = type;
  new DataView(bytes.buffer).setUint32(PAYLOAD - 4, payload.length, true);
  bytes.set(payload, PAYLOAD);
  return bytes;
}

const json = (text: string): number[] => [...new TextEncoder().encode(text)];
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const control = (metadata: string): number[] =>
  json(
    `{"message_type":{"type":"BatchHint","suggested_batch_size":1},"timestamp_ms":1,"metadata":${metadata}}`,
  );

/** A control message's JSON of this many bytes. */
const controlOf = (length: number): number[] =>
  control(`"${'x'.repeat(length - control('""').length)}"`);

test('a message that ends too early is refused, wherever it ends', () => {
  for (const [name, bytes] of VECTORS) {
    if (name.startsWith('foreign: bytes behind') || bytes.length > 1000) continue;
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length))).toBe('too-short');
    }
  }
});

describe('bytes that are no message are refused with the reason', () => {
  const cases: readonly [string, RemoteMediaRefusal, Uint8Array][] = [
    ['type 0', 'unknown-number', changed('text', 0, 0)],
    ['type 9', 'unknown-number', changed('text', 0, 9)],
    ['a session id longer than the message', 'too-short', changed('text', 1, 255, 255)],
    ['a session id that is not UTF-8', 'not-text', changed('text', 3, 0xff)],
    ['a time beyond 2⁵³', 'wrong-value', changed('text', 6, 0, 0, 0, 0, 0, 0, 0x20, 0)],
    ['a payload longer than the message', 'too-short', changed('text', 14, 255, 255, 255, 255)],
    ['no sample rate', 'wrong-value', changed('audio of any bits', PAYLOAD, 0, 0, 0, 0)],
    ['a sample rate of 2²⁴', 'wrong-value', changed('audio of any bits', PAYLOAD + 3, 1)],
    ['no channels', 'wrong-value', changed('audio of any bits', PAYLOAD + 4, 0)],
    ['65 channels', 'wrong-value', message(1, 128, 187, 0, 0, 65, 0, 0, 0, 0, 0)],
    ['7 samples in 2 channels', 'wrong-value', changed('audio of any bits', PAYLOAD + 4, 2)],
    ['half a sample', 'wrong-value', message(1, 128, 187, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2)],
    ['metadata that is too long', 'too-long', changed('audio of any bits', PAYLOAD + 8, 1, 1)],
    ['metadata that is not UTF-8', 'not-text', message(1, 8, 0, 0, 0, 1, 0, 1, 0, 0, 0, 255)],
    ['pixel format 0', 'unknown-number', changed('rgba32', PAYLOAD + 8, 0)],
    ['pixel format 6', 'unknown-number', changed('rgba32', PAYLOAD + 8, 6)],
    ['codec 0', 'unknown-number', changed('AV1', PAYLOAD + 9, 0)],
    ['codec 4', 'unknown-number', changed('AV1', PAYLOAD + 9, 4)],
    ['a width of 16385', 'too-long', changed('H264', PAYLOAD, 1, 64)],
    ['a picture without width', 'wrong-value', changed('rgba32', PAYLOAD, 0)],
    ['pixels that do not fill the picture', 'wrong-value', changed('rgba32', PAYLOAD, 2)],
    ['a frame number of 2⁵³', 'wrong-value', changed('rgba32', PAYLOAD + 16, 0x20)],
    ['text that is not UTF-8', 'not-text', message(3, 0xc3)],
    ['text of a channel that is not UTF-8', 'not-text', message(3, 0, 1, 97, 0xc3)],
    [
      '65 dimensions',
      'too-long',
      message(4, 0, 0, 0, 0, 65, 0, 0, 0, ...Array<number>(260).fill(0)),
    ],
    ['4 billion dimensions', 'too-long', message(4, 0, 0, 0, 0, 255, 255, 255, 255)],
    ['65 strides', 'too-long', message(6, 0, 0, 65, 0)],
    ['a dimension beyond 2⁵³', 'wrong-value', changed('numpy', PAYLOAD + 9, 0x20)],
    ['a stride beyond −2⁵³', 'wrong-value', changed('numpy', PAYLOAD + 26, 0xdf)],
    ['a dtype that is not UTF-8', 'not-text', message(6, 0, 0, 0, 0, 1, 0, 255, 0)],
    ['a path that is not UTF-8', 'not-text', message(7, 1, 0, 255)],
    ['a control message that is no JSON', 'not-text', message(5, ...json('{'))],
    ['a control message of another type', 'not-text', message(5, ...json('{"message_type":1}'))],
    ['a control message 33 deep', 'not-text', message(5, ...control(nested(32)))],
    ['a control message of 65,537 bytes', 'too-long', message(5, ...controlOf(65_537))],
  ];
  test.each(cases)('%s', (_, reason, bytes) => {
    expect(refusal(bytes)).toBe(reason);
  });

  test('and just within the limits they are taken', () => {
    expect(refusal(message(5, ...control(nested(31))))).toBeUndefined();
    expect(refusal(message(5, ...controlOf(65_536)))).toBeUndefined();
    expect(refusal(message(1, 0, 184, 11, 0, 64, 0, 0, 0, 0, 0))).toBeUndefined();
    const dimensions = [64, 0, 0, 0, ...Array<number>(256).fill(0)];
    expect(refusal(message(4, 0, 0, 0, 0, ...dimensions))).toBeUndefined();
  });

  test('and so is what is longer than 256 MiB', () => {
    // Memory that is never touched costs nothing.
    const bytes = new Uint8Array(268_435_457);
    bytes.set(vector('end of input'));
    expect(refusal(bytes)).toBe('too-long');
    expect(refusal(bytes.subarray(0, -1))).toBeUndefined();
  });
});

describe('what RemoteMedia cannot take is refused with what to do instead', () => {
  const at = { streamId: 'a', capture: undefined };
  const bytes = new Uint8Array(4);
  /** The message of a name with other fields. */
  const like = (name: string, fields: object): RemoteMediaContent => {
    const { content } = MESSAGES[name]!;
    return { ...(content as object), ...fields } as RemoteMediaContent;
  };
  let circle: JsonValue = [];
  for (let i = 0; i < 40; i++) circle = [circle];
  type Case = [string, RegExp, RemoteMediaContent, Partial<RemoteMediaEnvelope>?];
  const cases: readonly Case[] = [
    ['bytes', /UNSUPPORTED: .*no bytes .*numpy/, { ...at, kind: 'binary', bytes }],
    [
      'an image',
      /UNSUPPORTED: .*no images .*video/,
      { ...at, kind: 'image', format: 'png', width: 1, height: 1, bytes },
    ],
    ['VP9', /UNSUPPORTED: .*no VP9 .*VP8/, like('AV1', { codec: 'VP9' })],
    [
      'a long session id',
      /RANGE: .*65537.*to 65535/,
      'end-of-input',
      { sessionId: `${'a'.repeat(65_535)}ä` },
    ],
    ['a time before 1970', /RANGE: .*timestamp of -1/, 'end-of-input', { timestamp: -1 as never }],
    ['a time with a fraction', /RANGE: .*1\.5/, 'end-of-input', { timestamp: 1.5 as never }],
    ['no sample rate', /RANGE: .*sample rate of 0/, like('audio of any bits', { sampleRate: 0 })],
    ['65 channels', /RANGE: .*channel count of 65/, like('audio of any bits', { channels: 65 })],
    [
      '7 samples in 2 channels',
      /RANGE: .*7 samples where 8/,
      like('audio of any bits', { channels: 2 }),
    ],
    [
      'deep annotations',
      /RANGE: .*32 deep/,
      like('audio of any bits', {}),
      { annotations: { circle } },
    ],
    [
      'long annotations',
      /RANGE: .*JSON length of 65\d\d\d/,
      like('audio of any bits', {}),
      { annotations: { long: 'x'.repeat(65_530) } },
    ],
    ['too few pixels', /RANGE: .*4 bytes of pixels where 8/, like('rgba32', { width: 2 })],
    ['a height of 0', /RANGE: .*height of 0/, like('rgba32', { height: 0, pixels: bytes })],
    ['a width of 16385', /RANGE: .*width of 16385/, like('H264', { width: 16_385 })],
    ['a frame number of −1', /RANGE: .*frame number of -1/, like('H264', { frameNumber: -1 })],
    [
      'a channel of 256 bytes',
      /RANGE: .*channel has 256/,
      like('text', {}),
      { channel: 'x'.repeat(256) },
    ],
    [
      'a channel without a name',
      /RANGE: .*channel needs a name/,
      like('text', {}),
      { channel: '' },
    ],
    ['a dimension of −1', /RANGE: .*dimension of -1/, like('tensor', { shape: [-1] })],
    ['65 dimensions', /RANGE: .*dimensions of 65/, like('tensor', { shape: Array(65).fill(1) })],
    ['an element type of −1', /RANGE: .*element type of -1/, like('tensor', { dtype: -1 })],
    ['a dimension of numpy of ½', /RANGE: .*dimension of 0\.5/, like('numpy', { shape: [0.5] })],
    ['65 strides', /RANGE: .*strides of 65/, like('numpy', { strides: Array(65).fill(1) })],
    [
      'a stride of 2⁵³',
      /RANGE: .*stride of 9007199254740992/,
      like('numpy', { strides: [2 ** 53] }),
    ],
    ['a long path', /RANGE: .*path has 65536/, like('file', { path: 'x'.repeat(65_536) })],
    ['a size of −1', /RANGE: .*size of -1/, like('file', { size: -1 })],
    [
      'a control message of fractions',
      /RANGE: .*BatchHint/,
      like('batch hint', { message: { type: 'BatchHint', suggestedBatchSize: 0.5 } }),
    ],
    ['deep metadata of control', /RANGE: .*32 deep/, like('deadline', { metadata: circle })],
    [
      'a message over 256 MiB',
      /RANGE: .*message length of 2684/,
      like('tensor', { bytes: new Uint8Array(268_435_440) }),
    ],
  ];
  test.each(cases)('%s', (_, expected, content, envelope = {}) => {
    let thrown: unknown;
    try {
      encodeRemoteMedia(content, { ...ENVELOPE, ...envelope });
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof RemoteMediaError)) throw new Error('was written');
    expect(`${thrown.code}: ${thrown.message}`).toMatch(expected);
  });
});
