import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { decodeRemoteMedia, encodeRemoteMedia } from '@rm/pipeline-bridge';
import type { RemoteMediaMessage, RuntimeData } from '@rm/pipeline-bridge';
import { ENVELOPE, FOREIGN, MESSAGES } from './messages.js';
import type { NamedMessage } from './messages.js';
import { vector, VECTORS } from './vectors.js';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const python = spawnSync('python3', [path('vectors.py')], { encoding: 'utf8' });

function decoded(bytes: Uint8Array, streamId?: string): RemoteMediaMessage {
  const result = decodeRemoteMedia(bytes, streamId);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

function samplesOf({ content }: Pick<RemoteMediaMessage, 'content'>): Float32Array {
  if (content === 'end-of-input' || content.kind !== 'audio') return new Float32Array(0);
  return content.samples;
}

/** The samples as what they are in memory, by which one NaN differs from another. */
function bitsOf(message: Pick<RemoteMediaMessage, 'content'>): Uint32Array {
  return new Uint32Array(samplesOf(message).slice().buffer);
}

function expectMessage(bytes: Uint8Array, { content, envelope }: NamedMessage): void {
  const value = decoded(bytes);
  expect(value).toEqual({ ...envelope, content });
  expect(bitsOf(value)).toEqual(bitsOf({ content }));
}

/** A copy that begins `shift` bytes after a multiple of 8. */
function shifted(bytes: Uint8Array, shift: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + shift);
  memory.set(bytes, shift);
  return memory.subarray(shift);
}

function expectSameVectors(): void {
  expect(python.stderr).toBe('');
  expect(JSON.parse(python.stdout)).toEqual(JSON.parse(readFileSync(path('vectors.json'), 'utf8')));
}

(python.error === undefined ? test : test.skip)('Python makes the same vectors', expectSameVectors);

test('every vector is tested', () => {
  expect([...VECTORS.keys()].sort()).toEqual(
    [...Object.keys(MESSAGES), ...Object.keys(FOREIGN)].sort(),
  );
});

describe('a message is written and read byte for byte', () => {
  test.each(Object.entries(MESSAGES))('%s', (name, message) => {
    const bytes = encodeRemoteMedia(message.content, message.envelope);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(vector(name)));
    expectMessage(bytes, message);
  });
});

describe('what others write is read', () => {
  test.each(Object.entries(FOREIGN))('%s', (name, message) => {
    expectMessage(vector(name), message);
  });
});

test('JSON goes as its text', () => {
  const value = { type: 'level', rms_dbfs: -14, of: [null, true] };
  const bytes = encodeRemoteMedia(
    { kind: 'json', streamId: 'mic', capture: undefined, value },
    ENVELOPE,
  );
  expect(Buffer.from(bytes)).toEqual(Buffer.from(vector('json')));
});

test('data that names no stream belongs to the one that is told', () => {
  for (const [name, { content }] of Object.entries(MESSAGES)) {
    if (content === 'end-of-input') continue;
    const value = decoded(vector(name), 'told').content;
    expect(value).toMatchObject({ streamId: content.streamId === 'mic' ? 'mic' : 'told' });
  }
});

test.each([0, 1, 2, 3])(
  'samples of a message are a view when they can be, %i bytes off',
  (shift) => {
    const names = Object.keys(MESSAGES).filter((name) => name.startsWith('audio'));
    expect(names).toHaveLength(9);
    // 25 + 1 bytes before the samples: two more bring them in line.
    for (const name of [...names, 'foreign: samples out of line']) {
      const bytes = shifted(vector(name), shift);
      const message = decoded(bytes);
      expect(bitsOf(message)).toEqual(bitsOf((MESSAGES[name] ?? FOREIGN[name])!));
      expect(samplesOf(message).buffer === bytes.buffer).toBe(
        shift === (name.startsWith('foreign') ? 2 : 0),
      );
    }
  },
);

test('pictures, elements and bitstreams are views of the message', () => {
  for (const name of ['i420 of odd size', 'VP8 key frame', 'tensor', 'numpy']) {
    const bytes = vector(name);
    const { content } = decoded(bytes);
    const data = content as Extract<RuntimeData, { pixels: unknown } | { bytes: unknown }>;
    expect(('pixels' in data ? data.pixels : data.bytes).buffer).toBe(bytes.buffer);
  }
});

test('a message is written to the start of the memory given, shared memory too, and nowhere else', () => {
  for (const [name, { content, envelope }] of Object.entries(MESSAGES)) {
    const { length } = vector(name);
    const memory = new Uint8Array(new SharedArrayBuffer(length + 5)).fill(0xee);
    const into = memory.subarray(2);
    const bytes = encodeRemoteMedia(content, envelope, into);
    expect(bytes.buffer).toBe(memory.buffer);
    expect(Buffer.compare(bytes, vector(name))).toBe(0);
    expect([...memory.subarray(0, 2), ...memory.subarray(-3)]).toEqual(Array(5).fill(0xee));
    expect(decoded(bytes)).toEqual(decoded(vector(name)));
    expect(() => encodeRemoteMedia(content, envelope, into.subarray(0, length - 1))).toThrow(
      expect.objectContaining({
        code: 'REMOTE_MEDIA_SPACE',
        message: expect.stringContaining(`takes ${length} bytes`),
      }),
    );
  }
});
