import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Backend } from '../../../src/backend/transport.js';
import { bothConnected, connected, negotiate, pair, rtp, sequenceNumbers } from './endpoints.js';

const rtcp = (bytes: number): Uint8Array => {
  const packet = new Uint8Array(bytes);
  for (let i = 4; i < bytes; i++) packet[i] = i * 7;
  // A receiver report's type, and an application packet's length (RFC 3550 §6.4.2, §6.7).
  packet[0] = 0x80;
  packet[1] = bytes === 8 ? 201 : 204;
  new DataView(packet.buffer).setUint16(2, bytes / 4 - 1);
  return packet;
};

/** RTP and RTCP, which cross as they are. */
export const mediaComplies = (backend: Backend): void => {
  describe('media packets', () => {
    test('of every size arrive exactly as sent', async () => {
      const { a, b } = await connected(backend);
      for (let from = 12; from <= 1200; from += 40) {
        b.heard.rtp.length = 0;
        const sent: Uint8Array[] = [];
        for (let size = from; size < from + 40 && size <= 1200; size++) {
          const payload = Uint8Array.from({ length: size - 12 }, (_, i) => i * size);
          sent.push(rtp({ sequenceNumber: size, payload }));
        }
        for (const packet of sent) expect(a.transport.sendRtp(packet)).toBe(true);
        await b.until('all of them', () => b.heard.rtp.length === sent.length);
        expect(b.heard.rtp).toEqual(sent);
      }
    });

    test('arrive with their extensions, contributing sources, padding and any SSRC', async () => {
      const { a, b } = await connected(backend);
      let sequenceNumber = 0;
      const packets = fc.record({
        first: fc.integer({ min: 0x80, max: 0xbf }),
        second: fc.oneof(
          fc.integer({ min: 0, max: 127 }).filter((type) => type < 64 || type > 95),
          fc.integer({ min: 128, max: 255 }).filter((type) => type < 192 || type > 223),
        ),
        ssrc: fc.oneof(fc.constantFrom(0, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff })),
        words: fc.integer({ min: 0, max: 8 }),
        body: fc.uint8Array({ minLength: 100, maxLength: 300 }),
      });
      await fc.assert(
        fc.asyncProperty(packets, async ({ first, second, ssrc, words, body }) => {
          const packet = rtp({ sequenceNumber: sequenceNumber++, ssrc, payload: body });
          packet[0] = first;
          packet[1] = second;
          const extensionAt = 12 + 4 * (first & 0x0f);
          if ((first & 0x10) !== 0) packet.set([0xbe, 0xde, 0, words], extensionAt);
          packet[packet.length - 1] = 4;
          b.heard.rtp.length = 0;
          expect(a.transport.sendRtp(packet)).toBe(true);
          await b.until('the packet', () => b.heard.rtp.length === 1);
          expect(b.heard.rtp).toEqual([packet]);
        }),
        { numRuns: 60 },
      );
    });

    test('of RTCP arrive exactly as sent, and are told from RTP', async () => {
      const { a, b } = await connected(backend);
      const sent = [8, 12, 28, 100, 600, 1200].map(rtcp);
      for (const packet of sent) expect(b.transport.sendRtcp(packet)).toBe(true);
      await a.until('all of them', () => a.heard.rtcp.length === sent.length);
      expect(a.heard.rtcp).toEqual(sent);
      expect(a.heard.rtp).toEqual([]);
    });

    test('cross the wrap of the sequence number in disorder, and after an outage', async () => {
      const { a, b } = await connected(backend);
      const order = [65_533, 65_535, 1, 65_534, 0, 2, 30_000, 60_000, 20_000, 19_999];
      for (const [i, sequenceNumber] of order.entries()) {
        a.transport.sendRtp(rtp({ sequenceNumber }));
        await b.until(`packet ${sequenceNumber}`, () => b.heard.rtp.length === i + 1);
      }
      expect(sequenceNumbers(b.heard.rtp)).toEqual(order);
    });

    test('that are sent twice do not disturb the others', async () => {
      const { a, b } = await connected(backend);
      for (const sequenceNumber of [7, 7, 8, 8, 9]) a.transport.sendRtp(rtp({ sequenceNumber }));
      await b.until('the last', () => sequenceNumbers(b.heard.rtp).includes(9));
      expect([...new Set(sequenceNumbers(b.heard.rtp))]).toEqual([7, 8, 9]);
    });

    test('may be sent again and again from one buffer', async () => {
      const { a, b } = await connected(backend);
      const buffer = new Uint8Array(64);
      for (let i = 0; i < 20; i++) {
        buffer.set(rtp({ sequenceNumber: i, payload: Uint8Array.of(i, i, i, i) }), i);
        a.transport.sendRtp(buffer.subarray(i, i + 16));
        buffer.fill(255);
      }
      await b.until('all packets', () => b.heard.rtp.length === 20);
      expect(b.heard.rtp.map((packet) => [...packet.subarray(12)])).toEqual(
        Array.from({ length: 20 }, (_, i) => [i, i, i, i]),
      );
    });

    test('are refused, not queued, until connected', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      expect(a.transport.sendRtp(rtp({ sequenceNumber: 1 }))).toBe(false);
      expect(a.transport.sendRtcp(rtcp(28))).toBe(false);
      await negotiate(a.transport, b.transport);
      expect(a.transport.sendRtp(rtp({ sequenceNumber: 2 }))).toBe(false);
      await bothConnected(ends);
      expect(a.transport.sendRtp(rtp({ sequenceNumber: 3 }))).toBe(true);
      await b.until('the packet', () => b.heard.rtp.length > 0);
      expect(sequenceNumbers(b.heard.rtp)).toEqual([3]);
      expect(b.heard.rtcp).toEqual([]);
    });

    test('that are none are refused', async () => {
      const { a } = await connected(backend);
      expect(a.transport.sendRtp(new Uint8Array(11))).toBe(false);
      expect(a.transport.sendRtcp(new Uint8Array(3))).toBe(false);
    });

    test('are counted with what SRTP adds, and the path that they take is told', async () => {
      const { a, b } = await connected(backend);
      const packet = rtp({ sequenceNumber: 1, payload: new Uint8Array(100) });
      a.transport.sendRtp(packet);
      await b.until('the packet', () => b.heard.rtp.length === 1);
      const { mediaBytesSent, selectedPair } = a.transport.statistics;
      expect(mediaBytesSent - packet.length).toBeGreaterThanOrEqual(10);
      expect(mediaBytesSent - packet.length).toBeLessThanOrEqual(16);
      expect(b.transport.statistics.mediaBytesReceived).toBe(mediaBytesSent);
      expect(b.transport.statistics.mediaPacketsDiscarded).toBe(0);
      expect(selectedPair?.localType).toMatch(/^(host|prflx)$/);
      expect(selectedPair?.remoteAddress).toMatch(/^[\da-f.:]+$/i);
    });
  });
};
