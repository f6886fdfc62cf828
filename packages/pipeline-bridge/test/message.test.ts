import { expect, test } from '@jest/globals';
import type { Micros } from '@rm/codecs';
import { PipelineUseError } from '@rm/pipeline-bridge';
import type { RuntimeData } from '@rm/pipeline-bridge';
import fc from 'fast-check';
import { MessageReader } from '../src/channels/read-message.js';
import type { ReadMessage } from '../src/channels/read-message.js';
import { OutgoingMessage } from '../src/channels/write-message.js';
import { everyKind } from './every-kind.js';

/** The message as bytes that start at an offset that suits any alignment, or does not. */
function written(data: RuntimeData | 'end', offset = 0): Uint8Array {
  const message = new OutgoingMessage(data);
  const memory = new Uint8Array(offset + message.bound).fill(0xee).subarray(offset);
  return memory.subarray(0, message.write(7, memory));
}

function read(bytes: Uint8Array): Extract<ReadMessage, { ok: true }> {
  const message = new MessageReader().read(bytes);
  if (!message.ok) throw new Error(message.reason);
  return message;
}

const reasonOf = (bytes: Uint8Array): string => {
  const message = new MessageReader().read(bytes);
  return message.ok ? 'read' : message.reason;
};

test('data of every kind arrives as it was sent, bit for bit', () => {
  for (const data of everyKind) {
    const message = read(written(data));
    expect(message).toMatchObject({ ok: true, sequence: 7 });
    expect(message.data).toEqual(data);
    if (data.kind !== 'audio' || message.data === 'end' || message.data.kind !== 'audio') continue;
    const bits = ({ samples }: { samples: Float32Array }): number[] => [
      ...new Uint32Array(samples.buffer, samples.byteOffset, samples.length),
    ];
    expect(bits(message.data)).toEqual(bits(data));
  }
  expect(read(written('end')).data).toBe('end');
});

test('samples and pixels are views of the message where it is aligned, and copies where it is not', () => {
  const [audio] = everyKind;
  for (const [offset, shared] of [
    [0, true],
    [64, true],
    [3, false],
  ] as const) {
    const bytes = written(audio!, offset);
    const { data } = read(bytes);
    const { samples } = data as Extract<RuntimeData, { kind: 'audio' }>;
    expect(samples.buffer === bytes.buffer).toBe(shared);
    expect(samples[0]).toBe(0.5);
  }
});

test('the capture time before 1970 and beyond 2³² µs, and none, are told apart', () => {
  for (const time of [-1, -5_000_000_000, 0, 2 ** 32 - 1, 2 ** 50]) {
    const capture = { time: time as Micros, bound: 3 as Micros };
    const data: RuntimeData = { kind: 'text', streamId: 'a', text: 'b', capture };
    expect(read(written(data)).data).toEqual(data);
  }
});

test('a message in shared memory is read, text and stream id included', () => {
  for (const data of everyKind) {
    const bytes = written(data);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(read(shared).data).toEqual(data);
  }
});

test('what is not a message is refused with the reason', () => {
  const change = (data: RuntimeData, at: number, value: number): Uint8Array => {
    const bytes = written(data);
    bytes[at] = value;
    return bytes;
  };
  const [audio, , picture] = everyKind as [RuntimeData, RuntimeData, RuntimeData];
  expect(reasonOf(new Uint8Array(63))).toBe('63 bytes are no message; a header has 64');
  expect(reasonOf(change(audio, 0, 0))).toContain('RMF1');
  expect(reasonOf(change(audio, 4, 2))).toContain('version 1');
  expect(reasonOf(change(audio, 5, 99))).toBe('an unknown kind of message');
  expect(reasonOf(change(audio, 6, 64))).toContain('a header of 64 bytes');
  expect(reasonOf(change(audio, 8, 1))).toContain('1 bytes stated, 24 there');
  expect(reasonOf(change(audio, 32, 5))).toBe('24 bytes of 5 channels');
  expect(reasonOf(change(audio, 32, 0))).toBe('audio of 0 channels');
  expect(reasonOf(change(audio, 49, 255))).toContain('a stream id of');
  expect(reasonOf(change(audio, 64, 255))).toContain('not UTF-8');
  expect(reasonOf(change(picture, 28, 200))).toBe('10 bytes of 200×2 i420');
  expect(reasonOf(change(picture, 30, 1))).toContain('sides are 1…16384');
  expect(reasonOf(change(picture, 36, 9))).toBe('an unknown pixel format');
  expect(reasonOf(written(audio).subarray(0, -1))).toContain('stated');
});

test('no bytes make the reader throw', () => {
  const message = fc.constantFrom(...everyKind).map((data) => written(data));
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  const reader = new MessageReader();
  fc.assert(
    fc.property(message, damage, fc.nat(), (bytes, changes, cut) => {
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const result = reader.read(cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
      expect(typeof (result.ok ? result.sequence : result.reason)).toMatch(/number|string/);
    }),
    { numRuns: 2000 },
  );
});

test('a stream id or shape that does not fit a message is refused before anything is written', () => {
  const text: RuntimeData = {
    kind: 'text',
    streamId: 'x'.repeat(342),
    text: '',
    capture: undefined,
  };
  expect(() => new OutgoingMessage(text)).toThrow(PipelineUseError);
  const tensor: RuntimeData = {
    ...text,
    kind: 'tensor',
    streamId: '',
    dtype: 0,
    shape: Array.from({ length: 20_000 }, () => 1),
    bytes: new Uint8Array(0),
  };
  expect(() => new OutgoingMessage(tensor)).toThrow('fewer dimensions');
});
