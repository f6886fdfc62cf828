import type { CaptureTime, Micros } from '@rm/codecs';
import type { RemoteMediaContent, RemoteMediaEnvelope } from '@rm/pipeline-bridge';

export const ENVELOPE: RemoteMediaEnvelope = {
  sessionId: 's-1',
  timestamp: 1_790_000_000_123_456 as Micros,
};

const at = { streamId: '', capture: undefined };
const mic = { streamId: 'mic', capture: undefined };
const capture: CaptureTime = { time: -5 as Micros, bound: 250 as Micros };
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);
const floats = Float32Array.of(0.5, -1);

/** NaNs with bits of their own, both infinities, the smallest number, −0 and the greatest. */
const anyBits = new Float32Array(
  Uint32Array.of(0x7fc01234, 0xff800001, 0x7f800000, 0xff800000, 1, 0x80000000, 0x7f7fffff).buffer,
);

const audio = { ...at, kind: 'audio', sampleRate: 48_000, channels: 1 } as const;
const video = { ...at, kind: 'video' } as const;
const encoded = { ...video, format: 'encoded' } as const;

/** One of `vectors.json` in our words. */
export interface NamedMessage {
  readonly content: RemoteMediaContent;
  readonly envelope: RemoteMediaEnvelope;
}

const message = (
  content: RemoteMediaContent,
  envelope: Partial<RemoteMediaEnvelope> = {},
): NamedMessage => ({ content, envelope: { ...ENVELOPE, ...envelope } });

const session = (length: number): NamedMessage =>
  message({ ...audio, samples: floats }, { sessionId: 'a'.repeat(length) });

/** What `encodeRemoteMedia` and the vectors write alike. */
export const MESSAGES: Readonly<Record<string, NamedMessage>> = {
  'audio with stream and capture time': message({ ...audio, ...mic, capture, samples: floats }),
  'audio with annotations': message(
    { ...audio, ...mic, sampleRate: 16_000, channels: 2, samples: floats },
    { annotations: { speaker: 'ä' } },
  ),
  'audio of any bits': message({ ...audio, samples: anyBits }),
  'audio without samples': message({ ...audio, samples: new Float32Array(0) }),
  'audio, session of 0': session(0),
  'audio, session of 1': session(1),
  'audio, session of 3': session(3),
  'audio, session of 4': session(4),
  'audio, session of 65535': session(65_535),
  'i420 of odd size': message({
    ...video,
    format: 'i420',
    width: 3,
    height: 1,
    frameNumber: 7,
    pixels: counting(7),
  }),
  nv12: message({
    ...video,
    format: 'nv12',
    width: 2,
    height: 2,
    frameNumber: 2 ** 32,
    pixels: counting(6),
  }),
  rgb24: message({
    ...video,
    format: 'rgb24',
    width: 2,
    height: 1,
    frameNumber: 0,
    pixels: counting(6),
  }),
  rgba32: message({
    ...video,
    format: 'rgba32',
    width: 1,
    height: 1,
    frameNumber: 2 ** 53 - 1,
    pixels: counting(4),
  }),
  'VP8 key frame': message({
    ...encoded,
    codec: 'VP8',
    width: 640,
    height: 480,
    frameNumber: 8,
    keyFrame: true,
    bytes: Uint8Array.of(0x10, 2, 0),
  }),
  H264: message({
    ...encoded,
    codec: 'H264',
    width: 16_384,
    height: 1,
    frameNumber: 9,
    keyFrame: false,
    bytes: Uint8Array.of(0, 0, 1, 0x41),
  }),
  AV1: message({
    ...encoded,
    codec: 'AV1',
    width: 0,
    height: 0,
    frameNumber: 10,
    keyFrame: true,
    bytes: Uint8Array.of(0x12, 0),
  }),
  'an empty picture': message({
    ...encoded,
    codec: 'VP8',
    width: 2,
    height: 2,
    frameNumber: 11,
    keyFrame: false,
    bytes: new Uint8Array(0),
  }),
  text: message({ ...at, kind: 'text', text: '\ufeffhéllo 😀' }),
  'text of nothing': message({ ...at, kind: 'text', text: '' }),
  'text that begins with NUL': message({ ...at, kind: 'text', text: '\0\x02ab' }),
  'text of a channel': message({ ...at, kind: 'text', text: '# heading' }, { channel: 'ui' }),
  tensor: message({
    ...at,
    kind: 'tensor',
    dtype: 1,
    shape: [2, 2 ** 32 - 1],
    bytes: Uint8Array.of(1, 2, 3),
  }),
  'tensor of nothing': message({
    ...at,
    kind: 'tensor',
    dtype: 0,
    shape: [],
    bytes: new Uint8Array(0),
  }),
  cancellation: message({
    ...at,
    kind: 'control',
    message: { type: 'CancelSpeculation', from: 1000, to: 2 ** 53 - 1 },
    segmentId: 'segment ß',
    timestampMs: 1500,
    metadata: { reason: ['noise', 0.25] },
  }),
  'batch hint': message({
    ...at,
    kind: 'control',
    message: { type: 'BatchHint', suggestedBatchSize: 0 },
    segmentId: undefined,
    timestampMs: 0,
    metadata: null,
  }),
  deadline: message({
    ...at,
    kind: 'control',
    message: { type: 'DeadlineWarning', deadline: 20_000 },
    segmentId: '',
    timestampMs: 1,
    metadata: [],
  }),
  numpy: message({
    ...at,
    kind: 'numpy',
    dtype: 'float32',
    shape: [2, 3],
    strides: [-8, 2 ** 53 - 1],
    cContiguous: true,
    fContiguous: false,
    bytes: Uint8Array.of(1, 2, 3, 4),
  }),
  'numpy in the order of Fortran': message({
    ...at,
    kind: 'numpy',
    dtype: '<f8',
    shape: [2 ** 53 - 1],
    strides: [-(2 ** 53 - 1)],
    cContiguous: false,
    fContiguous: true,
    bytes: Uint8Array.of(5),
  }),
  'numpy of nothing': message({
    ...at,
    kind: 'numpy',
    dtype: '',
    shape: [],
    strides: [],
    cContiguous: true,
    fContiguous: true,
    bytes: new Uint8Array(0),
  }),
  file: message({
    ...mic,
    kind: 'file',
    path: '/media/a b.wav',
    filename: 'ä.wav',
    mimeType: 'audio/wav',
    size: 2 ** 53 - 1,
    offset: 2 ** 32,
    length: 1,
  }),
  'file of a path alone': message({
    ...at,
    kind: 'file',
    path: 'x',
    filename: undefined,
    mimeType: undefined,
    size: undefined,
    offset: undefined,
    length: undefined,
  }),
  'end of input': message('end-of-input'),
};

/** What others write, and how it is taken. */
export const FOREIGN: Readonly<Record<string, NamedMessage>> = {
  json: message({
    ...at,
    kind: 'text',
    text: '{"type":"level","rms_dbfs":-14,"of":[null,true]}',
  }),
  'foreign: samples out of line': message({ ...audio, samples: anyBits }, { sessionId: 'a' }),
  'foreign: NaN in the metadata': message({ ...audio, samples: floats }),
  'foreign: metadata of other types': message(
    { ...audio, samples: floats },
    { annotations: { stream_id: 7, timestamp_us: 1.5, timestamp_bound_us: -1 } },
  ),
  'foreign: metadata that is a list': message({ ...audio, samples: floats }),
  'foreign: YUV420P': message({
    ...video,
    format: 'i420',
    width: 1,
    height: 1,
    frameNumber: 0,
    pixels: Uint8Array.of(1, 2, 3),
  }),
  'foreign: NUL without a channel': message({ ...at, kind: 'text', text: '\0\tab' }),
  'foreign: NUL and an empty channel': message({ ...at, kind: 'text', text: '\0\0ab' }),
  'foreign: NUL alone': message({ ...at, kind: 'text', text: '\0' }),
  'foreign: NUL and a channel that is no text': message({
    ...at,
    kind: 'text',
    text: '\0\x01ä',
  }),
  'foreign: control in another order': message({
    ...at,
    kind: 'control',
    message: { type: 'BatchHint', suggestedBatchSize: 3 },
    segmentId: undefined,
    timestampMs: 1,
    metadata: null,
  }),
  'foreign: bytes behind the payload': message({ ...at, kind: 'text', text: 'hi' }),
  'foreign: end of input with a payload': message('end-of-input', { sessionId: 'default' }),
};
