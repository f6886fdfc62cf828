import { expect, test } from '@jest/globals';
import { frameLength, writeTextFrame } from '../src/text-frames.js';

const framed = (texts: readonly string[]): Buffer => {
  const bytes = texts.map((text) => Buffer.byteLength(text));
  const target = Buffer.alloc(bytes.reduce((sum, length) => sum + frameLength(length), 0));
  const end = texts.reduce((at, text, i) => writeTextFrame(target, at, text, bytes[i]!), 0);
  expect(end).toBe(target.length);
  return target;
};

test.each([
  [0, '8100'],
  [125, '817d'],
  [126, '817e007e'],
  [65_535, '817effff'],
  [65_536, '817f0000000000010000'],
])('a text of %d bytes has the header %s', (length, header) => {
  const frame = framed(['x'.repeat(length)]);
  expect(frame.subarray(0, header.length / 2).toString('hex')).toBe(header);
  expect(frame.length).toBe(header.length / 2 + length);
});

test('the unmasked example of RFC 6455 section 5.7', () => {
  expect(framed(['Hello']).toString('hex')).toBe('810548656c6c6f');
});

test('one after the other, texts of any script are what was framed', () => {
  const texts = ['', 'café', '漢字'.repeat(50), '👋🏽', 'x'.repeat(300), '{"a":"b"}'];
  expect(parsed(framed(texts))).toEqual(texts);
  expect(parsed(framed(['half a pair: \ud83d.']))).toEqual(['half a pair: \ufffd.']);
});

/** The texts of frames of less than 64 KiB. */
function parsed(frames: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length;) {
    const short = frames[at + 1]!;
    const [start, length] = short < 126 ? [at + 2, short] : [at + 4, frames.readUInt16BE(at + 2)];
    texts.push(frames.toString('utf8', start, start + length));
    at = start + length;
  }
  return texts;
}
