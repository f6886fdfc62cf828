import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { isIP } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Message, RtpHeader } from 'werift';
import type { TransportParameters } from '../../src/backend/transport.js';
import { weriftBackend } from '../../src/backend/werift/index.js';
import {
  bothConnected,
  carriesMedia,
  closeAll,
  connected,
  connectedByChannel,
  endpoint,
  negotiate,
  pair,
  rtp,
  sequenceNumbers,
} from './compliance/endpoints.js';

const backend = await weriftBackend({ warmUp: false });

const timers = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
/** Those of the test runner: its own for this test, too. */
const idle = timers() + 1;

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAll();
});

const actualSend = Reflect.get(dgram.Socket.prototype, 'send') as (...args: unknown[]) => void;

/** Sends each datagram as often as `times` says. */
const repeat = (times: (datagram: Buffer) => number): void => {
  jest.spyOn(dgram.Socket.prototype, 'send').mockImplementation(function (
    this: dgram.Socket,
    ...args: unknown[]
  ) {
    for (let i = times(args[0] as Buffer); i > 0; i--) actualSend.apply(this, args);
  });
};

/** All datagrams that are sent meanwhile, with port and address. */
const overheard = async (during: () => Promise<unknown>): Promise<[Buffer, number, string][]> => {
  const network = jest.spyOn(dgram.Socket.prototype, 'send');
  await during();
  const calls = network.mock.calls as unknown as [Buffer, number, string][];
  network.mockRestore();
  return calls;
};

/** Sends datagrams from a socket of its own, and gives what is answered to the last one. */
const asStranger = async (
  datagrams: readonly (readonly [Buffer, number, string])[],
): Promise<dgram.Socket> => {
  const stranger = dgram.createSocket(isIP(datagrams[0]?.[2] ?? '') === 6 ? 'udp6' : 'udp4');
  for (const [datagram, port, address] of datagrams)
    await new Promise((resolve) => stranger.send(datagram, port, address, resolve));
  return stranger;
};

const isMedia = ([datagram]: readonly [Buffer, ...unknown[]]): boolean =>
  (datagram[0] ?? 0) >= 128 && (datagram[0] ?? 0) < 192;

test('without ICE servers nobody else is contacted, nor a name looked up', async () => {
  let local: string[] = [];
  const sent = await overheard(async () => {
    const { a, b } = await connected(backend);
    for (const { transport } of [a, b]) expect(transport.states.iceGathering).toBe('complete');
  });
  let offer: TransportParameters | undefined;
  let lookedUp = false;
  void endpoint(backend)
    .transport.getLocal('offer')
    .then((parameters) => {
      offer = parameters;
    });
  while (offer === undefined) {
    await new Promise(setImmediate);
    lookedUp ||= process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
  }
  expect(lookedUp).toBe(false);
  local = offer.candidates.map((candidate) => candidate.split(' ')[4] ?? '');
  expect(sent.length).toBeGreaterThan(0);
  for (const [, , address] of sent) expect(local).toContain(address);
});

describe('a stranger', () => {
  test('who does not know the password gets no answer to a check, and changes nothing', async () => {
    const { transport } = endpoint(backend);
    const { candidates, usernameFragment, password } = await transport.getLocal('offer');
    const [, , , , address = '', port = ''] =
      candidates.find((candidate) => isIP(candidate.split(' ')[4] ?? '') === 4)?.split(' ') ?? [];
    const request = (username: string, key: string): Message => {
      const message = new Message(1, 0)
        .setAttribute('USERNAME', username)
        .setAttribute('PRIORITY', 1)
        .setAttribute('ICE-CONTROLLING', 1n);
      if (key !== '') message.addMessageIntegrity(Buffer.from(key));
      return message.addFingerprint() as unknown as Message;
    };
    const known = request(`${usernameFragment}:yyyy`, password);
    const unknown = [
      request('xxxx:yyyy', password),
      request(`${usernameFragment}:yyyy`, ''),
      request(`${usernameFragment}:yyyy`, 'x'.repeat(22)),
    ];
    const to = (message: Message) => [message.bytes, Number(port), address] as const;
    const stranger = dgram.createSocket('udp4').bind(0);
    const answered = new Promise<Buffer>((resolve) => stranger.once('message', resolve));
    for (const message of [...unknown, known]) stranger.send(...to(message));
    expect((await answered).subarray(8, 20).toString('hex')).toBe(known.transactionIdHex);
    expect(transport.counters.checksIgnored).toBe(unknown.length);
    stranger.close();
  });

  test('cannot begin DTLS again on an open connection, nor end it', async () => {
    let ends!: Awaited<ReturnType<typeof connectedByChannel>>;
    const sent = await overheard(async () => {
      ends = await connectedByChannel(backend);
    });
    const hellos = sent.filter(([bytes]) => bytes[0] === 22 && bytes[13] === 1);
    expect(hellos.length).toBeGreaterThanOrEqual(2);
    const record = (type: number, epoch: number): Buffer =>
      Buffer.from([type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]);
    const forged = [record(21, 0), record(21, 1), record(24, 0), record(24, 1)];
    const stranger = await asStranger(
      hellos.flatMap(([hello, port, address]) =>
        [hello, ...forged].map((datagram) => [datagram, port, address] as const),
      ),
    );
    expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
    ends.atA.channel.send('still');
    await ends.b.until('the message', () => ends.atB.messages.length === 1);
    for (const { transport } of [ends.a, ends.b])
      expect(transport.states.connection).toBe('connected');
    stranger.close();
  });

  test('cannot forge media, nor have it heard twice', async () => {
    const ends = await connected(backend);
    const { a, b } = ends;
    const sent = await overheard(async () => {
      a.transport.sendRtp(rtp({ sequenceNumber: 1 }));
      a.transport.sendRtcp(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1));
      await b.until('both', () => b.heard.rtp.length + b.heard.rtcp.length === 2);
    });
    const media = sent.filter(isMedia);
    expect(media).toHaveLength(2);
    const forged = media.flatMap(([datagram, port, address]) => {
      const changed = (at: number): Buffer => {
        const copy = Buffer.from(datagram);
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      };
      const cut = [0, 1, 2, 8, 12, 20].map((bytes) => datagram.subarray(0, bytes));
      const all = [datagram, changed(3), changed(9), changed(datagram.length - 1), ...cut];
      const extended = Buffer.from(datagram);
      extended[0] = 0x9f;
      return [...all, extended].map((bytes) => [bytes, port, address] as const);
    });
    const stranger = await asStranger(forged);
    expect(await carriesMedia(ends, 2)).toEqual([2, 2]);
    expect(sequenceNumbers(b.heard.rtp)).toEqual([1, 2]);
    expect(b.heard.rtcp).toHaveLength(1);
    // All but the two that are empty are taken for media.
    expect(b.transport.statistics.mediaPacketsDiscarded).toBe(forged.length - 2);
    stranger.close();
  });
});

test('media is decrypted again after an outage of seconds across the wrap', async () => {
  const { a, b } = await connected(backend);
  let isDown = false;
  repeat((datagram) => (isDown && isMedia([datagram]) ? 0 : 1));
  for (let i = 0; i < 900; i++) {
    isDown = i > 0 && i < 899;
    a.transport.sendRtp(rtp({ sequenceNumber: 65_100 + i }));
  }
  await b.until('both packets', () => b.heard.rtp.length === 2);
  expect(sequenceNumbers(b.heard.rtp)).toEqual([65_100, 463]);
});

describe('the DTLS handshake', () => {
  /** Type of the handshake message that a datagram begins with, 20 if encrypted, 0 for anything else. */
  const messageOf = (datagram: Buffer): number => {
    if (datagram[0] !== 22) return 0;
    return datagram.readUInt16BE(3) === 0 ? (datagram[13] ?? 0) : 20;
  };

  test('bears every one of its messages twice', async () => {
    repeat((datagram) => (messageOf(datagram) > 0 ? 2 : 1));
    const { b, atA, atB } = await connectedByChannel(backend);
    atA.channel.send('through');
    await b.until('a message', () => atB.messages.length === 1);
    expect(atB.messages).toEqual(['through']);
  });

  test('bears the loss of any one of its messages', async () => {
    // message type, and which of its kind: both sides send a certificate and Finished
    const both = [11, 20].flatMap((type) => [[type, 1] as const, [type, 2] as const]);
    const losses = [...[1, 2, 3, 12, 13, 14, 15, 16].map((type) => [type, 1] as const), ...both];
    // Sockets keep the context that they were made in, and so know what their connection has to lose.
    const context = new AsyncLocalStorage<{ type: number; left: number }>();
    repeat((datagram) => {
      const loss = context.getStore();
      return loss?.type === messageOf(datagram) && --loss.left === 0 ? 0 : 1;
    });
    const connections = await Promise.all(
      losses.map(([type, left]) => context.run({ type, left }, () => connected(backend))),
    );
    for (const ends of connections) expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
  });

  test('that nobody answers leaves no timer once it is closed', async () => {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    repeat((datagram) => {
      if (messageOf(datagram) === 0) return 1;
      begin();
      return 0;
    });
    const { a, b } = pair(backend);
    await negotiate(a.transport, b.transport);
    await begun;
    await Promise.all([a.transport.close(), b.transport.close()]);
    const end = performance.now() + 1_000;
    while (timers() > idle && performance.now() < end) await new Promise(setImmediate);
    expect(timers()).toBeLessThanOrEqual(idle);
  });

  test('begins when ICE is done, and again soon if nobody was ready for it', async () => {
    const hellos: { readonly at: number; readonly bytes: string }[] = [];
    let checked = 0;
    repeat((datagram) => {
      if (messageOf(datagram) !== 1) return 1;
      hellos.push({ at: performance.now(), bytes: datagram.toString('hex') });
      return hellos.length === 1 ? 0 : 1;
    });
    const ends = pair(backend, {
      b: {
        stateChange: ({ iceConnection }) => {
          if (iceConnection === 'connected') checked ||= performance.now();
        },
      },
    });
    await negotiate(ends.a.transport, ends.b.transport);
    await bothConnected(ends);
    expect(Math.abs((hellos[0]?.at ?? Infinity) - checked)).toBeLessThan(60);
    expect((hellos[1]?.at ?? Infinity) - (hellos[0]?.at ?? 0)).toBeLessThan(400);
    expect(hellos[1]?.bytes).toBe(hellos[0]?.bytes);
  });
});

test('an ICE restart has sockets of its own, and closes those before', async () => {
  const ends = await connected(backend);
  const { a, b } = ends;
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((type) => type === 'UDPWrap').length;
  const before = sockets();
  a.transport.restartIce();
  const ports = new Set<number>();
  await negotiate(a.transport, b.transport, (parameters) => {
    for (const candidate of parameters.candidates) ports.add(Number(candidate.split(' ')[5]));
    return parameters;
  });
  // What goes over the pair from before until then is not lost.
  let used = false;
  for (let sequenceNumber = 1; !used || sockets() > before; sequenceNumber++) {
    const sent = await overheard(() => carriesMedia(ends, sequenceNumber));
    used = sent.filter(isMedia).every(([, port]) => ports.has(port));
  }
  expect(sockets()).toBe(before);
});

test('the warm-up is made once, however many backends there are', async () => {
  const bind = jest.spyOn(dgram.Socket.prototype, 'bind');
  await Promise.all([weriftBackend(), weriftBackend()]);
  const sockets = bind.mock.calls.length;
  await weriftBackend();
  expect(sockets).toBeGreaterThanOrEqual(2);
  expect(bind).toHaveBeenCalledTimes(sockets);
});

test('the fast build of werift is the one in use', () => {
  const resolve = 'console.log(import.meta.resolve("werift"))';
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', resolve], {
    encoding: 'utf8',
  });
  expect(stdout.trim()).toMatch(/\/werift\/lib\/index\.mjs$/);
  // The CommonJS build makes every field with this call.
  expect(RtpHeader.toString()).not.toContain('Object.defineProperty(this');
});

test('candidates are ignored and counted by reason, beyond 64 too', async () => {
  const { transport } = endpoint(backend);
  const add = (candidate: string, usernameFragment?: string): void =>
    transport.addRemoteCandidate({ candidate, usernameFragment });
  const host = (n: number): string => `candidate:1 1 udp 1 192.0.2.${n} 9 typ host`;
  for (let n = 1; n <= 70; n++) add(host(n));
  add('nonsense');
  add('candidate:1 1 udp 1 example.org 9 typ host');
  add('candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active');
  const { transport: other } = endpoint(backend);
  const offer = await other.getLocal('offer');
  await transport.setRemote('offer', { ...offer, candidates: [] });
  add(host(1));
  add(host(99));
  add(host(99), 'gone');
  expect(transport.counters.candidatesIgnored).toEqual({
    malformed: 1,
    component: 0,
    protocol: 1,
    address: 1,
    port: 0,
    type: 0,
    duplicate: 1,
    stale: 1,
    'too-many': 7,
  });
});
