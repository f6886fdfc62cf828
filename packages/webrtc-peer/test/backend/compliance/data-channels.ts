import { describe, expect, test } from '@jest/globals';
import type { Backend, DataChannelOptions } from '../../../src/backend/transport.js';
import {
  bothConnected,
  connected,
  connectedByChannel,
  negotiate,
  openChannel,
  pair,
} from './endpoints.js';

const KINDS: readonly (readonly [string, Partial<DataChannelOptions>])[] = [
  ['ordered and reliable', {}],
  ['unordered', { ordered: false }],
  ['ordered without retransmission', { maxRetransmits: 0 }],
  ['ordered with few retransmissions', { maxRetransmits: 65_535 }],
  ['ordered for a time', { maxPacketLifeTime: 65_535 }],
  ['unordered without retransmission', { ordered: false, maxRetransmits: 0 }],
  ['unordered for a time', { ordered: false, maxPacketLifeTime: 500 }],
];

/** Data channels: how they are opened and closed, and what they carry. */
export const dataChannelsComply = (backend: Backend): void => {
  describe('a data channel', () => {
    test.each(KINDS)('that is %s arrives as such and carries', async (_, options) => {
      const given = { label: 'Kanal 🎙', protocol: 'prötokoll', ordered: true, ...options };
      const ends = await connected(backend);
      const { atA, atB } = await openChannel(ends, given.label, given);
      const { label, protocol, ordered, maxRetransmits, maxPacketLifeTime } = atB.channel;
      expect({
        label,
        protocol,
        ordered,
        ...(maxRetransmits !== undefined && { maxRetransmits }),
        ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
      }).toEqual(given);
      expect(atB.channel.state).toBe('open');
      expect(atB.opened).toBe(0);
      expect(atA.channel.send('there')).toBe(true);
      await ends.b.until('there', () => atB.messages.length === 1);
      expect(atB.channel.send('and back')).toBe(true);
      await ends.a.until('and back', () => atA.messages.length === 1);
      expect([atA.messages, atB.messages]).toEqual([['and back'], ['there']]);
    });

    test('may be opened before there is a connection, and by both sides', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      const [a1, a2, b1] = [a.open('a1'), a.open('a2'), b.open('b1')];
      const early = [a1, a2, b1];
      expect(early.map(({ channel }) => channel.state)).toEqual(Array(3).fill('connecting'));
      expect(a1.channel.send('too early')).toBe(false);
      await negotiate(a.transport, b.transport);
      await bothConnected(ends);
      await b.until('two', () => b.heard.channels.length === 2);
      await a.until('one', () => a.heard.channels.length === 1);
      await a.until('open', () => a1.opened === 1 && a2.opened === 1);
      await b.until('open', () => b1.opened === 1);
      expect(b.heard.channels.map(({ channel }) => channel.label)).toEqual(['a1', 'a2']);
      expect(a.heard.channels.map(({ channel }) => channel.label)).toEqual(['b1']);
    });

    test('carries text and bytes, empty ones too, in order and with their kind', async () => {
      const { a, b, atA, atB } = await connectedByChannel(backend);
      const sent = ['', 'ünïcode 🎙', Uint8Array.of(0, 1, 255), new Uint8Array(0), '', 'last'];
      for (const message of sent) expect(atA.channel.send(message)).toBe(true);
      for (const message of sent) expect(atB.channel.send(message)).toBe(true);
      await b.until('all', () => atB.messages.length === sent.length);
      await a.until('all', () => atA.messages.length === sent.length);
      expect(atB.messages).toEqual(sent);
      expect(atA.messages).toEqual(sent);
      expect((atB.messages[2] as Uint8Array).constructor).toBe(Uint8Array);
      expect((atB.messages[2] as Uint8Array).buffer.byteLength).toBe(3);
    });

    test('takes messages up to what the other side says, and no larger one', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      await negotiate(a.transport, b.transport, (parameters) => ({
        ...parameters,
        maxMessageSize: 40_000,
      }));
      await bothConnected(ends);
      const { atA, atB } = await openChannel(ends, 'large');
      const largest = Uint8Array.from({ length: 40_000 }, (_, i) => i);
      expect(atA.channel.send(new Uint8Array(40_001))).toBe(false);
      expect(atA.channel.send(`${'x'.repeat(39_999)}ü`)).toBe(false);
      expect(atA.channel.bufferedAmount).toBe(0);
      expect(atA.channel.send(largest)).toBe(true);
      await b.until('the message', () => atB.messages.length === 1);
      expect(atB.messages).toEqual([largest]);
    });

    test('copies what it sends', async () => {
      const { b, atA, atB } = await connectedByChannel(backend);
      const message = new Uint8Array(5_000).fill(7);
      atA.channel.send(message);
      message.fill(9);
      await b.until('the message', () => atB.messages.length === 1);
      expect((atB.messages[0] as Uint8Array).every((byte) => byte === 7)).toBe(true);
    });

    test('holds a mebibyte, refuses what is beyond, tells when it drains, and delivers', async () => {
      const { a, b, atA, atB } = await connectedByChannel(backend);
      const message = new Uint8Array(16_000).fill(7);
      let taken = 0;
      while (atA.channel.send(message)) taken++;
      expect(taken).toBeGreaterThanOrEqual(Math.floor((1 << 20) / 16_000));
      expect(taken).toBeLessThan(200);
      expect(atA.channel.bufferedAmount).toBeLessThanOrEqual(1 << 20);
      expect(atA.drained).toBe(0);
      await a.until('drained', () => atA.drained === 1);
      expect(atA.channel.bufferedAmount).toBeLessThanOrEqual(1 << 16);
      await b.until('all that was taken', () => atB.messages.length === taken);
      expect(atB.messages.every((data) => data.length === 16_000 && data[15_999] === 7)).toBe(true);
      expect(atA.drained).toBe(1);
    });

    test('with much to send does not hold up another', async () => {
      const ends = await connectedByChannel(backend);
      const { b, atA, atB } = ends;
      const other = await openChannel(ends, 'small');
      let taken = 0;
      while (atA.channel.send(new Uint8Array(16_000))) taken++;
      other.atA.channel.send('now');
      await b.until('the small one', () => other.atB.messages.length === 1);
      expect(atB.messages.length).toBeLessThan(taken / 2);
      await b.until('the rest', () => atB.messages.length === taken);
    });

    test.each(['opened', 'did not open'] as const)(
      'is closed at both sides by the one that %s it, with all that was sent before',
      async (which) => {
        const ends = await connectedByChannel(backend);
        const { a, b, atA, atB } = ends;
        const [closing, other] = which === 'opened' ? [atA, atB] : [atB, atA];
        for (let i = 0; i < 50; i++) closing.channel.send(`${i}`);
        closing.channel.close();
        closing.channel.close();
        expect(closing.channel.state).toBe('closed');
        expect(closing.channel.send('late')).toBe(false);
        await a.until('closed', () => atA.closed === 1);
        await b.until('closed', () => atB.closed === 1);
        expect(other.messages).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
        expect(other.channel.state).toBe('closed');
        expect(other.channel.send('late')).toBe(false);
        // Another one of the same name is a channel of its own.
        atB.messages.length = 0;
        b.heard.channels.length = 0;
        const next = await openChannel(ends, 'test');
        next.atA.channel.send('anew');
        await b.until('anew', () => next.atB.messages.length === 1);
        expect([atA.closed, atB.closed, atB.messages.length]).toEqual([1, 1, 0]);
      },
    );

    test('that is closed before there is a connection is never opened', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      const dropped = a.open('dropped');
      dropped.channel.close();
      expect(dropped.closed).toBe(0);
      await a.until('closed', () => dropped.closed === 1);
      a.open('kept');
      await negotiate(a.transport, b.transport);
      await b.until('the kept one', () => b.heard.channels.length > 0);
      expect(b.heard.channels.map(({ channel }) => channel.label)).toEqual(['kept']);
      expect(dropped.opened).toBe(0);
    });

    test('that nobody wants is closed again', async () => {
      const { a } = await connected(backend, { b: { dataChannel: () => undefined } });
      const unwanted = a.open('unwanted');
      await a.until('closed', () => unwanted.closed === 1);
      expect(unwanted.channel.state).toBe('closed');
    });

    test('is one of many, opened and closed again and again', async () => {
      const ends = await connected(backend);
      const { a, b } = ends;
      for (let round = 0; round < 3; round++) {
        b.heard.channels.length = 0;
        const all = Array.from({ length: 40 }, (_, i) => a.open(`${round}/${i}`));
        await a.until('all open', () => all.every(({ opened }) => opened === 1));
        for (const { channel } of all) channel.send(channel.label);
        await b.until(
          'all messages',
          () => b.heard.channels.filter(({ messages }) => messages.length === 1).length === 40,
        );
        for (const { channel, messages } of b.heard.channels)
          expect(messages).toEqual([channel.label]);
        for (const { channel } of all) channel.close();
        await b.until('all closed', () => b.heard.channels.every(({ closed }) => closed === 1));
        await a.until('all closed', () => all.every(({ closed }) => closed === 1));
      }
    });

    test.each([
      ['a label that is too long', { label: 'ü'.repeat(32_768) }],
      ['a protocol that is too long', { protocol: 'x'.repeat(65_536) }],
      ['both limits', { maxRetransmits: 1, maxPacketLifeTime: 1 }],
      ['a negative limit', { maxRetransmits: -1 }],
      ['a limit that is too large', { maxPacketLifeTime: 65_536 }],
      ['half a retransmission', { maxRetransmits: 0.5 }],
    ])('with %s is refused', (_, options) => {
      const { a } = pair(backend);
      expect(() => a.open('refused', options)).toThrow(
        expect.objectContaining({ code: 'INVALID_CHANNEL' }),
      );
    });
  });
};
