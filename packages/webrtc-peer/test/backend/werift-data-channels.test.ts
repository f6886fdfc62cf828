import { afterEach, describe, expect, test } from '@jest/globals';
import type { DataChannelOptions, TransportDataChannel } from '../../src/backend/transport.js';
import { newCounters } from '../../src/backend/werift/counters.js';
import { DataChannels } from '../../src/backend/werift/data-channels.js';
import { parseDcep, writeAck, writeOpen } from '../../src/backend/werift/dcep.js';
import { SctpAssociation } from '../../src/backend/werift/sctp-association.js';

// chunk types (RFC 9260 §3.2, RFC 3758 §3.2)
const DATA = 0;
const FORWARD_TSN = 192;

/** Type of the one chunk that each of werift's packets has, behind the common header. */
const chunkType = (packet: Buffer): number => packet[12] ?? -1;
const payload = (packet: Buffer): string => packet.toString('utf8', 28);

type Message = string | Uint8Array;

/** One side of a link in memory. */
class Side {
  readonly counters = newCounters();
  readonly messages: Message[] = [];
  readonly opened: TransportDataChannel[] = [];
  readonly channels: DataChannels;
  /** Whether a packet of this side gets lost. */
  loses: (packet: Buffer) => boolean = () => false;
  closed = 0;

  constructor(other: () => Side) {
    this.channels = new DataChannels(
      (packet) => {
        if (!this.loses(packet)) setImmediate(() => other().channels.receive(packet));
        return Promise.resolve();
      },
      (channel) => {
        this.opened.push(channel);
        return this.handlers();
      },
      this.counters,
    );
  }

  handlers(): Parameters<DataChannels['create']>[1] {
    return {
      open: () => {},
      close: () => this.closed++,
      message: (data) => this.messages.push(data),
      drained: () => {},
    };
  }
}

const sides: Side[] = [];

afterEach(async () => {
  await Promise.all(sides.splice(0).map(({ channels }) => channels.close()));
});

const until = async (what: string, condition: () => boolean): Promise<void> => {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise(setImmediate);
  }
};

/** Two sides with an association, and a channel from `a` to `b`. */
const linked = async (
  options: Partial<DataChannelOptions> = {},
): Promise<{ a: Side; b: Side; channel: TransportDataChannel }> => {
  const a: Side = new Side(() => b);
  const b: Side = new Side(() => a);
  sides.push(a, b);
  for (const { channels } of [a, b]) channels.setRemote(65_536);
  b.channels.start('server', 'client');
  a.channels.start('client', 'server');
  const given = { label: 'test', protocol: '', ordered: true, ...options };
  const channel = a.channels.create(given, a.handlers());
  await until('open', () => channel.state === 'open');
  return { a, b, channel };
};

describe('what is lost on a channel', () => {
  test.each([
    ['ordered', true],
    ['unordered', false],
  ])('without retransmission is left out, and the rest comes: %s', async (_, ordered) => {
    const { a, b, channel } = await linked({ ordered, maxRetransmits: 0 });
    a.loses = (packet) => chunkType(packet) === DATA && payload(packet).startsWith('3');
    for (let i = 0; i < 10; i++) channel.send(`${i}`);
    await until('the last', () => b.messages.includes('9'));
    await until('all that comes', () => b.messages.length === 9);
    expect(b.messages).toEqual(['0', '1', '2', '4', '5', '6', '7', '8', '9']);
  });

  test('is left out with all of its fragments, sent or not', async () => {
    const { a, b, channel } = await linked({ maxRetransmits: 0 });
    const large = Buffer.alloc(60_000, 'L');
    large[1_200] = 33;
    a.loses = (packet) => chunkType(packet) === DATA && payload(packet).startsWith('!');
    channel.send('before');
    channel.send(large);
    for (let i = 0; i < 8; i++) channel.send(`after ${i}`);
    await until('the last', () => b.messages.includes('after 7'));
    expect(b.messages).toEqual(['before', ...Array.from({ length: 8 }, (_, i) => `after ${i}`)]);
  });

  test('is given up also when what tells of it is lost', async () => {
    const { a, b, channel } = await linked({ maxRetransmits: 0 });
    let told = 0;
    a.loses = (packet) => {
      if (chunkType(packet) === FORWARD_TSN) return ++told <= 2;
      return chunkType(packet) === DATA && payload(packet).startsWith('3');
    };
    for (let i = 0; i < 20; i++) channel.send(`${i} of 20`);
    await until('the last', () => b.messages.includes('19 of 20'));
    expect(b.messages).not.toContain('3 of 20');
    expect(b.messages).toHaveLength(19);
    expect(told).toBeGreaterThan(2);
  });

  test('is repaired where the channel is reliable, beside one that is not', async () => {
    const { a, b, channel } = await linked({ maxRetransmits: 0 });
    const reliable = a.channels.create(
      { label: 'reliable', protocol: '', ordered: true },
      a.handlers(),
    );
    await until('open', () => reliable.state === 'open');
    const lost = new Set<string>();
    a.loses = (packet) => {
      if (chunkType(packet) !== DATA || lost.has(payload(packet))) return false;
      if (!/^(lossy 2|safe 1)/.test(payload(packet))) return false;
      lost.add(payload(packet));
      return true;
    };
    for (let i = 0; i < 8; i++) {
      reliable.send(`safe ${i}`);
      channel.send(`lossy ${i}`);
    }
    await until('all that comes', () => b.messages.length >= 15);
    const of = (kind: string): Message[] =>
      b.messages.filter((message) => String(message).startsWith(kind));
    expect(of('safe')).toEqual(Array.from({ length: 8 }, (_, i) => `safe ${i}`));
    expect(of('lossy')).toEqual([0, 1, 3, 4, 5, 6, 7].map((i) => `lossy ${i}`));
  });

  test('is sent no more once its lifetime is over', async () => {
    const { a, b, channel } = await linked({ maxPacketLifeTime: 0 });
    let transmissions = 0;
    a.loses = (packet) => {
      if (chunkType(packet) !== DATA || !payload(packet).startsWith('3')) return false;
      transmissions++;
      return true;
    };
    for (let i = 0; i < 10; i++) {
      channel.send(`${i}`);
      const end = performance.now() + 1.5;
      while (performance.now() < end);
    }
    await until('the last', () => b.messages.includes('9'));
    expect(b.messages).not.toContain('3');
    expect(transmissions).toBe(1);
  });

  test('is counted when it waited for too long to be sent at all', async () => {
    const { a, b, channel } = await linked({ maxPacketLifeTime: 0 });
    a.loses = () => true;
    for (let i = 0; i < 100; i++) channel.send('x'.repeat(1_200));
    const end = performance.now() + 3;
    while (performance.now() < end);
    a.loses = () => false;
    await until('what was sent again', () => a.counters.messagesLost > 40);
    expect(channel.bufferedAmount).toBe(0);
    expect(b.messages.length + a.counters.messagesLost).toBeLessThanOrEqual(100);
  });
});

test('channels of all kinds keep their promises over a link that loses 5 %', async () => {
  const { a, b, channel: reliable } = await linked();
  const create = (label: string, options: Partial<DataChannelOptions>): TransportDataChannel =>
    a.channels.create({ label, protocol: '', ordered: true, ...options }, a.handlers());
  const lossy = create('lossy', { maxRetransmits: 0 });
  const loose = create('loose', { ordered: false, maxRetransmits: 1 });
  const unordered = create('unordered', { ordered: false });
  await until('open', () => [lossy, loose, unordered].every(({ state }) => state === 'open'));
  const seed = Math.floor(Math.random() * 2 ** 31);
  let random = seed;
  a.loses = (packet) => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return chunkType(packet) === DATA && random % 20 === 7;
  };
  const sent = { safe: [] as string[], any: [] as string[], lossy: [] as string[] };
  for (let i = 0; i < 60; i++) {
    const size = (i * 997) % 3_000;
    const text = (kind: string): string => `${kind} ${i} ${'x'.repeat(size)}`;
    sent.safe.push(text('safe'));
    sent.any.push(text('any'));
    sent.lossy.push(text('lossy'));
    reliable.send(text('safe'));
    lossy.send(text('lossy'));
    loose.send(text('loose'));
    unordered.send(text('any'));
    if (i % 10 === 0) await new Promise(setImmediate);
  }
  await until('half of it', () => b.messages.length > 100);
  a.loses = () => false;
  const of = (kind: string): Message[] =>
    b.messages.filter((message) => String(message).startsWith(kind));
  reliable.send('safe end');
  const isAll = (): boolean => of('safe').length === 61 && of('any').length === 60;
  await until(`all that is reliable, with seed ${seed}`, isAll);
  expect(of('safe')).toEqual([...sent.safe, 'safe end']);
  expect(new Set(of('any'))).toEqual(new Set(sent.any));
  const got = of('lossy');
  expect(got).toEqual(sent.lossy.filter((text) => got.includes(text)));
  expect(new Set(of('loose')).size).toBe(of('loose').length);
  expect(b.counters.malformedData).toBe(0);
});

describe('what breaks the protocol', () => {
  test('is counted and changes nothing', async () => {
    const { a, b, channel } = await linked();
    b.channels.receive(Buffer.from('not SCTP at all'));
    b.channels.receive(Buffer.alloc(0));
    await until('the faults', () => b.counters.malformedData === 2);
    channel.send('still here');
    await until('the message', () => b.messages.length === 1);
    expect(b.messages).toEqual(['still here']);
    expect(a.counters.malformedData).toBe(0);
  });

  test('as messages of unknown kinds, on unknown streams, or too large, is counted', async () => {
    const received: string[] = [];
    const b: Side = new Side(
      () => ({ channels: { receive: (p: Buffer) => a.receive(p) } }) as Side,
    );
    const a: SctpAssociation = new SctpAssociation(
      (packet) => {
        setImmediate(() => b.channels.receive(packet));
        return Promise.resolve();
      },
      {
        established: () => received.push('established'),
        closed: () => {},
        acknowledged: () => {},
        message: (stream, kind, data) => received.push(`${stream} ${kind} ${data.toString('hex')}`),
        incomingReset: () => {},
        outgoingReset: () => {},
        fault: () => {},
      },
    );
    sides.push(b);
    b.channels.start('server', 'client');
    a.start('client');
    await until('established', () => received.length === 1);
    const delivery = { ordered: true, maxRetransmits: undefined, expiry: undefined };
    const open = writeOpen({ label: 'x', protocol: '', ordered: true });
    a.send(1, 50, open, delivery);
    await until('acknowledged', () => received.includes('1 50 02'));
    const wrong: [stream: number, kind: number, data: Buffer][] = [
      [1, 99, Buffer.from('what is this?')],
      [1, 53, Buffer.alloc(65_537)],
      [1, 50, open],
      [777, 51, Buffer.from('for nobody')],
      [777, 50, writeAck()],
      [779, 50, Buffer.from([3, 0x83, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
      [781, 50, Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0])],
      [783, 50, Buffer.from([7])],
    ];
    for (const [stream, kind, data] of wrong) a.send(stream, kind, data, delivery);
    a.send(1, 51, Buffer.from('fine'), delivery);
    await until('the message', () => b.messages.length === 1);
    await until('all faults', () => b.counters.malformedData === wrong.length);
    expect(b.messages).toEqual(['fine']);
    expect(b.opened).toHaveLength(1);
    await a.stop();
    await until('closed by the other side', () => b.closed === 1);
  });
});

test('a channel that closes lets arrive what was sent before, though that is lost at first', async () => {
  const { a, b, channel } = await linked();
  let lost = 0;
  a.loses = (packet) => payload(packet) === '3' && ++lost === 1;
  for (let i = 0; i < 10; i++) channel.send(`${i}`);
  channel.close();
  await until('closed', () => a.closed === 1 && b.closed === 1);
  expect(b.messages).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
});

test('a burst of messages costs no more for each as it grows', async () => {
  const { b, channel } = await linked();
  const burst = async (count: number): Promise<number> => {
    b.messages.length = 0;
    const start = process.cpuUsage();
    for (let i = 0; i < count; i++) expect(channel.send(`${i}`)).toBe(true);
    await until('the burst', () => b.messages.length === count);
    expect(b.messages.at(-1)).toBe(`${count - 1}`);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / count;
  };
  await burst(200);
  // The least of three of each: whatever else the machine does only ever adds.
  let [few, many] = [Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    few = Math.min(few, await burst(50));
    many = Math.min(many, await burst(500));
  }
  // Quadratic cost would make it 10.
  expect(many / few).toBeLessThan(3);
});

describe('the message that opens a channel', () => {
  const options = { label: 'ü', protocol: 'p', ordered: true };

  test.each<[number, number, Partial<DataChannelOptions>]>([
    [0x00, 0, {}],
    [0x80, 0, { ordered: false }],
    [0x01, 0, { maxRetransmits: 0 }],
    [0x81, 7, { ordered: false, maxRetransmits: 7 }],
    [0x02, 500, { maxPacketLifeTime: 500 }],
    [0x82, 65_535, { ordered: false, maxPacketLifeTime: 65_535 }],
  ])('of type %i with limit %i is that of RFC 8832 §5.1', (type, limit, given) => {
    const message = writeOpen({ ...options, ...given });
    const limitBytes = [0, 0, limit >> 8, limit & 0xff];
    expect([...message]).toEqual([3, type, 1, 0, ...limitBytes, 0, 2, 0, 1, 0xc3, 0xbc, 0x70]);
    expect(parseDcep(message)).toEqual({ type: 'open', options: { ...options, ...given } });
  });

  test('is told from its acknowledgement and from anything else', () => {
    expect(parseDcep(writeAck())).toEqual({ type: 'ack' });
    for (const bytes of [[], [1], [3], [3, 3, ...new Uint8Array(10)]])
      expect(parseDcep(Buffer.from(bytes))).toBeUndefined();
  });
});
