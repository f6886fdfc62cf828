import { expect, test } from '@jest/globals';
import { micros } from '@rm/rtp-sync';
import fc from 'fast-check';
import { RtpPacket as OracleRtpPacket } from 'werift';
import type { HeaderExtensionIds } from '../../src/rtp/header-extensions.js';
import { MAX_RTP_HEADER_BYTES, parseRtp, writeRtp } from '../../src/rtp/rtp-bytes.js';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const base = {
  ssrc: word,
  payloadType: fc.nat(127),
  sequenceNumber: fc.nat(65_535),
  timestamp: word,
  marker: fc.boolean(),
  payload: fc.uint8Array({ maxLength: 200 }),
};

/** Three different ids of up to `max`; some extensions have none. */
const idsUpTo = (max: number): fc.Arbitrary<HeaderExtensionIds> =>
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    )
    .map(([[mid, sendTime, captureTime], has]) => ({
      mid: has[0]! ? mid : undefined,
      sendTime: has[1]! ? sendTime : undefined,
      captureTime: has[2]! ? captureTime : undefined,
    }));

const packets = fc.record({
  ...base,
  mid: fc.option(fc.stringMatching(/^[a-z0-9]{1,16}$/), { nil: undefined }),
  sendTime: fc.option(fc.nat(2 ** 24 - 1), { nil: undefined }),
  captureTime: fc.option(
    fc.integer({ min: 0, max: 2 ** 50 }).map((captured) => ({ captured: micros(captured) })),
    { nil: undefined },
  ),
});

function bytesOf(packet: Parameters<typeof writeRtp>[1], ids: HeaderExtensionIds): Uint8Array {
  const target = new Uint8Array(packet.payload.length + MAX_RTP_HEADER_BYTES).fill(0xaa);
  return target.subarray(0, writeRtp(target, packet, ids));
}

test.each([14, 255])('what is written is read again, with ids of up to %i', (max) => {
  fc.assert(
    fc.property(packets, idsUpTo(max), (packet, ids) => {
      const read = parseRtp(bytesOf(packet, ids), ids)!;
      const { captureTime, ...rest } = packet;
      expect(read).toMatchObject({
        ...rest,
        mid: ids.mid === undefined ? undefined : packet.mid,
        sendTime: ids.sendTime === undefined ? undefined : packet.sendTime,
      });
      const expected = ids.captureTime === undefined ? undefined : captureTime?.captured;
      expect(read.captureTime === undefined).toBe(expected === undefined);
      // The fraction of a second on the wire is finer than a microsecond, and rounded.
      expect(Math.abs((read.captureTime?.captured ?? 0) - (expected ?? 0))).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});

test('another implementation reads the same in what is written', () => {
  fc.assert(
    fc.property(packets, idsUpTo(14), (packet, ids) => {
      const oracle = OracleRtpPacket.deSerialize(Buffer.from(bytesOf(packet, ids)));
      const { header } = oracle;
      expect([...oracle.payload]).toEqual([...packet.payload]);
      expect(header).toMatchObject({
        ssrc: packet.ssrc,
        payloadType: packet.payloadType,
        sequenceNumber: packet.sequenceNumber,
        timestamp: packet.timestamp,
        marker: packet.marker,
      });
      const of = (id: number | undefined): Buffer | undefined =>
        header.extensions.find((extension) => extension.id === id)?.payload;
      expect(of(ids.mid)?.toString()).toBe(ids.mid === undefined ? undefined : packet.mid);
      const sendTime = ids.sendTime === undefined ? undefined : packet.sendTime;
      expect(of(ids.sendTime)?.readUIntBE(0, 3)).toBe(sendTime);
    }),
    { numRuns: 200 },
  );
});

test('what others put into a packet is passed over: contributors, padding, extensions of their own', () => {
  const foreign = fc.record({
    ...base,
    csrc: fc.array(word, { maxLength: 15 }),
    padding: fc.nat(40),
    extensions: fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 2, max: 14 }),
        payload: fc.uint8Array({ minLength: 1, maxLength: 16 }),
      }),
      { maxLength: 4, selector: ({ id }) => id },
    ),
    mid: fc.stringMatching(/^[a-z]{1,16}$/),
  });
  fc.assert(
    fc.property(foreign, ({ csrc, padding, extensions, payload, mid, ...rest }) => {
      const all = [...extensions, { id: 1, payload: new TextEncoder().encode(mid) }];
      const elements = all.flatMap(({ id, payload: value }) => [
        (id << 4) | (value.length - 1),
        ...value,
        0,
      ]);
      while (elements.length % 4 !== 0) elements.push(0);
      const header = new DataView(new ArrayBuffer(12 + 4 * csrc.length + 4));
      header.setUint8(0, 0x90 | csrc.length | (padding > 0 ? 0x20 : 0));
      header.setUint8(1, (rest.marker ? 0x80 : 0) | rest.payloadType);
      header.setUint16(2, rest.sequenceNumber);
      header.setUint32(4, rest.timestamp);
      header.setUint32(8, rest.ssrc);
      for (const [i, each] of csrc.entries()) header.setUint32(12 + 4 * i, each);
      header.setUint16(12 + 4 * csrc.length, 0xbede);
      header.setUint16(14 + 4 * csrc.length, elements.length / 4);
      const tail = Array.from({ length: padding }, () => padding);
      const bytes = Uint8Array.from([
        ...new Uint8Array(header.buffer),
        ...elements,
        ...payload,
        ...tail,
      ]);
      expect(parseRtp(bytes, { mid: 1 })).toMatchObject({ ...rest, payload, mid });
    }),
    { numRuns: 300 },
  );
});

test.each([
  [
    'with one byte of header',
    { mid: 1, sendTime: 2 },
    '90e0 0001 00000002 00000003 bede 0002 10 61 22 010203 0000 ff',
  ],
  [
    'with two, as one id needs it',
    { mid: 15, sendTime: 2 },
    '90e0 0001 00000002 00000003 0100 0002 0f01 61 0203 010203 ff',
  ],
])('the bytes of a packet are those of RFC 3550 and RFC 8285, %s', (_, ids, hex) => {
  const packet = {
    ssrc: 3,
    payloadType: 96,
    sequenceNumber: 1,
    timestamp: 2,
    marker: true,
    payload: Uint8Array.of(0xff),
    mid: 'a',
    sendTime: 0x01_02_03,
  };
  expect(Buffer.from(bytesOf(packet, ids)).toString('hex')).toBe(hex.replaceAll(' ', ''));
});

test('all packets of a stream have extensions of one form, and what does not fit it is left out', () => {
  const packet = {
    ssrc: 1,
    payloadType: 1,
    sequenceNumber: 1,
    timestamp: 1,
    marker: false,
    sendTime: 1,
  };
  const form = (ids: HeaderExtensionIds, mid: string | undefined): number =>
    new DataView(
      bytesOf({ ...packet, payload: new Uint8Array(1), mid }, ids).slice().buffer,
    ).getUint16(12);
  const long = 'm'.repeat(17);
  expect([undefined, 'a', long].map((mid) => form({ mid: 1, sendTime: 2 }, mid))).toEqual([
    0xbede, 0xbede, 0xbede,
  ]);
  expect([undefined, 'a', long].map((mid) => form({ mid: 20, sendTime: 2 }, mid))).toEqual([
    0x100, 0x100, 0x100,
  ]);
  const read = (ids: HeaderExtensionIds): string | undefined =>
    parseRtp(bytesOf({ ...packet, payload: new Uint8Array(1), mid: long }, ids), ids)!.mid;
  expect(read({ mid: 1, sendTime: 2 })).toBeUndefined();
  expect(read({ mid: 20, sendTime: 2 })).toBe(long);
});

test('20,000 damaged packets are read or refused, never thrown at, and nothing is read beyond them', () => {
  const ids = { mid: 1, sendTime: 2, captureTime: 3 };
  let readable = 0;
  const good = bytesOf(
    {
      ssrc: 1,
      payloadType: 96,
      sequenceNumber: 1,
      timestamp: 1,
      marker: false,
      payload: new Uint8Array(20),
      mid: 'audio',
      sendTime: 7,
      captureTime: { captured: micros(1e9) },
    },
    ids,
  );
  const damage = fc.array(fc.tuple(fc.noBias(fc.nat(good.length - 1)), fc.nat(255)), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(damage, fc.noBias(fc.nat(good.length)), fc.boolean(), (changes, length, whole) => {
      const bytes = good.slice(0, whole ? good.length : length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const packet = parseRtp(bytes, ids);
      if (packet === undefined) return;
      readable++;
      const { payload } = packet;
      const end = payload.byteOffset + payload.length;
      if (end > bytes.byteOffset + bytes.length) throw new Error('payload beyond the packet');
    }),
    { numRuns: 20_000 },
  );
  expect(readable).toBeGreaterThan(5000);
});

test.each([
  ['one that goes on beyond its end', 'bede 0001 1f 61 62 63', undefined],
  ['one of two bytes of header that goes on beyond its end', '0100 0001 01 05 61 62', undefined],
  ['one behind the end that is said', 'bede 0002 10 61 f0 10 62 000000', 'a'],
  ['none of a form that is not known', '1234 0001 10 61 0000', undefined],
])('of header extensions %s is not read', (_, hex, mid) => {
  const text = `9060 0001 00000002 00000003 ${hex} 787878`.replaceAll(' ', '');
  const packet = parseRtp(Uint8Array.from(Buffer.from(text, 'hex')), { mid: 1 })!;
  expect(packet.mid).toBe(mid);
  expect(Buffer.from(packet.payload).toString()).toBe('xxx');
});

test.each([
  ['nothing', ''],
  ['less than a header', '8060 0001 00000002 000000'],
  ['another version', '4060 0001 00000002 00000003'],
  ['more contributors than bytes', '8f60 0001 00000002 00000003'],
  ['an extension that is longer than the packet', '9060 0001 00000002 00000003 bede 0002 00000000'],
  ['padding of no length', 'a060 0001 00000002 00000003 00'],
  ['more padding than there are bytes', 'a060 0001 00000002 00000003 05'],
])('%s is no packet', (_, hex) => {
  expect(
    parseRtp(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), {}),
  ).toBeUndefined();
});
