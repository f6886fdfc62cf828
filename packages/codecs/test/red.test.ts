import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Red } from 'werift';
import { parseRed, type RedPayload, redOverhead, writeRed } from '../src/index.js';

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const block = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  timestampOffset: fc.integer({ min: 0, max: 16_383 }),
  payload: fc.uint8Array({ maxLength: 1023, size: 'medium' }),
});
const payload = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  payload: fc.uint8Array({ maxLength: 300 }),
  redundant: fc.array(block, { maxLength: 32 }),
});

describe('a payload with redundancy (RFC 2198 §3)', () => {
  const two: RedPayload = {
    payloadType: 111,
    payload: bytes(0x78, 1, 2),
    redundant: [
      { payloadType: 111, timestampOffset: 1920, payload: bytes(0x78, 9) },
      { payloadType: 111, timestampOffset: 960, payload: bytes(0x78) },
    ],
  };
  // F, 7 bits of payload type, 14 of the offset, 10 of the length.
  const wire = bytes(0xef, 0x1e, 0, 2, 0xef, 0x0f, 0, 1, 0x6f, 0x78, 9, 0x78, 0x78, 1, 2);

  test('has these bytes', () => {
    expect(writeRed(two)).toEqual(wire);
    expect(writeRed(two).length).toBe(redOverhead(2) + 6);
    expect(parseRed(wire)).toEqual({ ok: true, value: two });
  });

  test('has its largest offset and length beside each other', () => {
    const most = {
      payloadType: 0,
      payload: bytes(),
      redundant: [{ payloadType: 127, timestampOffset: 16_383, payload: new Uint8Array(1023) }],
    };
    expect(writeRed(most).subarray(0, 5)).toEqual(bytes(0xff, 0xff, 0xff, 0xff, 0));
    expect(parseRed(writeRed(most))).toEqual({ ok: true, value: most });
  });

  test('without earlier packets is one byte longer than its own', () => {
    const alone = { payloadType: 111, payload: bytes(1, 2, 3), redundant: [] };
    expect(writeRed(alone)).toEqual(bytes(111, 1, 2, 3));
    expect(parseRed(bytes(111, 1, 2, 3))).toEqual({ ok: true, value: alone });
  });

  test('is read as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(payload, (any) => {
        expect(parseRed(writeRed(any))).toEqual({ ok: true, value: any });
      }),
      { numRuns: 60 },
    );
  });

  test('is read by werift as it was meant, and werift’s by us', () => {
    // Of an offset or a length of 0 werift makes a header of one byte.
    const usual = fc.record({
      payloadType: fc.integer({ min: 0, max: 127 }),
      payload: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      redundant: fc.array(
        fc.record({
          payloadType: fc.integer({ min: 0, max: 127 }),
          timestampOffset: fc.integer({ min: 1, max: 16_383 }),
          payload: fc.uint8Array({ minLength: 1, maxLength: 100 }),
        }),
        { maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(usual, (any) => {
        const theirs = Red.deSerialize(Buffer.from(writeRed(any)));
        const blocks = [...any.redundant, { ...any, timestampOffset: undefined }];
        expect(
          theirs.blocks.map(({ block: content, blockPT, timestampOffset }) => ({
            payloadType: blockPT,
            timestampOffset,
            payload: Uint8Array.from(content),
          })),
        ).toEqual(
          blocks.map(({ payloadType, timestampOffset, payload: content }) => ({
            payloadType,
            timestampOffset,
            payload: content,
          })),
        );
        expect(Uint8Array.from(theirs.serialize())).toEqual(writeRed(any));
      }),
      { numRuns: 60 },
    );
  });
});

describe('what cannot be read', () => {
  test.each([
    ['nothing', bytes(), 'empty'],
    ['a header cut off', bytes(0xef, 0x0f, 0x00), 'truncated'],
    ['a header with none behind it', bytes(0xef, 0x0f, 0x00, 0x01), 'truncated'],
    ['a block cut off', bytes(0xef, 0x0f, 0x00, 0x02, 0x6f, 0x78), 'truncated'],
    ['33 blocks', new Uint8Array(200).fill(0x80), 'too-many-blocks'],
  ] as const)('is refused: %s', (_, wire, reason) => {
    expect(parseRed(wire)).toEqual({ ok: false, reason });
  });

  test('never throws, and nothing is read that is not there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
        const result = parseRed(any);
        if (!result.ok) return;
        const { payload: own, redundant } = result.value;
        const sizes = redundant.reduce((sum, each) => sum + each.payload.length, own.length);
        expect(sizes + redOverhead(redundant.length)).toBe(any.length);
      }),
    );
  });
});

test.each([
  { payloadType: 128, payload: bytes(), redundant: [] },
  ...[
    { payloadType: 128, timestampOffset: 0, payload: bytes() },
    { payloadType: 1, timestampOffset: 16_384, payload: bytes() },
    { payloadType: 1, timestampOffset: -1, payload: bytes() },
    { payloadType: 1, timestampOffset: 0.5, payload: bytes() },
    { payloadType: 1, timestampOffset: 0, payload: new Uint8Array(1024) },
  ].map((each) => ({ payloadType: 1, payload: bytes(), redundant: [each] })),
  {
    payloadType: 1,
    payload: bytes(),
    redundant: Array.from({ length: 33 }, () => ({
      payloadType: 1,
      timestampOffset: 0,
      payload: bytes(),
    })),
  },
] satisfies RedPayload[])('what has no room in its field is refused (%#)', (payloads) => {
  expect(() => writeRed(payloads)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
