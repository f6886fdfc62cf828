import fc from 'fast-check';
import type { ReceptionReport, RtcpPacket } from '../../src/rtcp/index.js';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint8 = fc.integer({ min: 0, max: 255 });

const reception: fc.Arbitrary<ReceptionReport> = fc.record({
  ssrc: uint32,
  fractionLost: uint8,
  cumulativeLost: fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
  extendedHighestSequence: uint32,
  jitter: uint32,
  lastSenderReport: uint32,
  delaySinceLastSenderReport: uint32,
});
const reports = fc.array(reception, { maxLength: 31 });

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => {
  // lone surrogates have no UTF-8, a byte order mark is eaten by decoders
  const bytes = new TextEncoder().encode(value);
  return bytes.length < 256 && new TextDecoder().decode(bytes) === value;
});

/** Sequence numbers in the order of a stream, over the wrap at times. */
const sequences = fc
  .tuple(
    fc.integer({ min: 0, max: 65_535 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
  )
  .map(([first, steps]) => {
    let at = first;
    return [first, ...steps.map((step) => (at = (at + step) & 0xffff))];
  });

/** A packet of a type that has a form of its own. */
const known: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    type: fc.constant('sender-report' as const),
    ssrc: uint32,
    ntp: fc.record({ seconds: uint32, fraction: uint32 }),
    rtpTimestamp: uint32,
    packetCount: uint32,
    octetCount: uint32,
    reports,
  }),
  fc.record({ type: fc.constant('receiver-report' as const), ssrc: uint32, reports }),
  fc.record({
    type: fc.constant('source-description' as const),
    chunks: fc.array(
      fc.record({
        ssrc: uint32,
        items: fc.array(fc.record({ kind: fc.integer({ min: 1, max: 255 }), text }), {
          maxLength: 4,
        }),
      }),
      { maxLength: 5 },
    ),
  }),
  fc.record(
    {
      type: fc.constant('bye' as const),
      ssrcs: fc.array(uint32, { maxLength: 31 }),
      reason: text,
    },
    { requiredKeys: ['type', 'ssrcs'] },
  ),
  fc.record({
    type: fc.constant('nack' as const),
    senderSsrc: uint32,
    mediaSsrc: uint32,
    sequences,
  }),
  fc.record({ type: fc.constant('pli' as const), senderSsrc: uint32, mediaSsrc: uint32 }),
  fc.record({
    type: fc.constant('fir' as const),
    senderSsrc: uint32,
    entries: fc.array(fc.record({ ssrc: uint32, sequence: uint8 }), {
      minLength: 1,
      maxLength: 20,
    }),
  }),
  fc.record({
    type: fc.constant('remb' as const),
    senderSsrc: uint32,
    bitrate: fc
      .tuple(fc.integer({ min: 0, max: 2 ** 18 - 1 }), fc.integer({ min: 0, max: 62 }))
      .map(([mantissa, exponent]) => mantissa * 2 ** exponent),
    ssrcs: fc.array(uint32, { maxLength: 40 }),
  }),
);

/** Any packet that can be written, of known types or others. */
export const packets: fc.Arbitrary<RtcpPacket[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: known },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('unknown' as const),
        payloadType: fc.constantFrom(192, 204, 207, 255),
        count: fc.integer({ min: 0, max: 31 }),
        body: fc
          .array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 6 })
          .map((words) => Uint8Array.from(words.flatMap((word) => [...word]))),
      }),
    },
  ),
  { maxLength: 6 },
);
