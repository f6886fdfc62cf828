import { type AudioFrame, loadOpus } from '@rm/codecs';
import { micros, millis } from '@rm/rtp-sync';
import { ErrorCode } from '@rm/signaling-protocol';
import { expect, test } from '@jest/globals';
import { FlightRecorder } from '../src/capture/flight-recorder.js';
import { sessionIdOf } from '../src/negotiation/session-id.js';
import { parseCompound } from '../src/rtcp/index.js';
import {
  LinkNetwork,
  type LinkPeer,
  SILENCE,
  connected,
  incoming,
  settle,
} from './support/link-pair.js';

const CONNECTED = ['connected'];

/** Called in each step of 10 ms: the peer speaks every 20 ms. */
const speaking =
  (peer: LinkPeer, { clock }: LinkNetwork) =>
  (): void => {
    if (clock.now() % 20_000 === 0) peer.speak(clock.now());
  };

test('the initiator offers, takes the answer, and both are connected when the transport is', async () => {
  const { a, b, clock } = await connected();
  expect([a.offers.length, b.offers.length]).toEqual([1, 0]);
  expect([a.events, b.events]).toEqual([CONNECTED, CONNECTED]);
  expect([a.link.state, b.link.state]).toEqual(['connected', 'connected']);
  expect(a.link.remoteSession).toBe(sessionIdOf(b.answers[0]!));
  expect(b.link.remoteSession).toBe(sessionIdOf(a.offers[0]!));
  expect(a.states.at(-1)).toBe('connected');
  expect(clock.now()).toBe(300_000);
  // One offer is enough, whatever the time.
  expect(a.offers[0]).toMatch(/^m=audio [^]*^m=application /m);
});

test('the other side does not offer before it has answered once', async () => {
  const network = new LinkNetwork();
  const b = await network.add({ initiator: false, polite: true });
  await network.run(1000);
  expect(b.offers).toEqual([]);
  const a = await network.add({ initiator: true, polite: false });
  await network.run(300);
  expect([a.events, b.events, b.answers.length]).toEqual([CONNECTED, CONNECTED, 1]);
  b.link.media.audio.transceiver.direction = 'sendonly';
  await network.run(100);
  expect(b.offers).toHaveLength(1);
  expect(a.link.media.audio.transceiver.negotiated!.direction).toBe('recvonly');
});

test('when both offer at once one gives way, and the connection comes about', async () => {
  const network = new LinkNetwork();
  const [a, b] = [await network.add({ initiator: true }), await network.add({ initiator: true })];
  await network.run(300);
  expect([a.events, b.events]).toEqual([CONNECTED, CONNECTED]);
  expect([a.offers.length, b.answers.length]).toEqual([1, 1]);
  // Again, with changes at both sides.
  a.link.media.audio.transceiver.direction = 'sendonly';
  b.link.media.audio.transceiver.streamIds = ['another'];
  await network.run(300);
  expect(a.link.media.audio.transceiver.negotiated!.direction).toBe('sendonly');
  expect(b.link.media.audio.transceiver.negotiated!.direction).toBe('recvonly');
  expect([a.link.state, b.link.state]).toEqual(['connected', 'connected']);
});

test('an offer that cannot be set is refused as invalid, and the link lives on', async () => {
  const network = new LinkNetwork();
  const b = await network.add({ initiator: false });
  const replies: unknown[] = [];
  const on = {
    answer: () => replies.push('answered'),
    reject: (code: number, message: string) => replies.push([code, message]),
  };
  b.link.offerReceived(incoming('v=0\r\n', on));
  await settle();
  expect(replies).toEqual([[ErrorCode.OFFER_INVALID, expect.stringContaining('no media section')]]);
  const good = await new LinkNetwork().add({ initiator: true });
  b.link.offerReceived(incoming(good.offers[0]!, on));
  await settle();
  expect(replies.at(-1)).toBe('answered');
});

test('a connection that does not come about in time is closed with what was seen last', async () => {
  const network = new LinkNetwork();
  const a = await network.add();
  await network.run(10_000);
  expect(network.clock.now()).toBe(5_000_000);
  expect(a.events).toEqual([
    {
      reason: 'timeout',
      detail: expect.stringContaining('not connected within 5000 ms (ICE new)'),
    },
  ]);
  expect(a.transport.calls.at(-1)).toBe('close');
});

test('candidates that lead nowhere are given up at the connect timeout, and the room is told that ICE failed', async () => {
  const pair = new LinkNetwork();
  const [a, b] = [await pair.add(), await pair.add({ connectTimeout: millis(3000) })];
  pair.network.down = true;
  await pair.run(2990);
  expect([a.iceStates.at(-1), b.iceStates.at(-1)]).toEqual(['checking', 'checking']);
  await pair.run(10);
  expect([a.link.state, b.link.state]).toEqual(['connecting', 'closed']);
  await pair.run(1990);
  expect(a.link.state).toBe('connecting');
  await pair.run(10);
  for (const [peer, ms] of [
    [a, 5000],
    [b, 3000],
  ] as const) {
    const detail = `not connected within ${ms} ms (ICE checking)`;
    expect(peer.events).toEqual([{ reason: 'timeout', detail }]);
    expect(peer.states.slice(-3)).toEqual(['connecting', 'failed', 'closed']);
    expect(peer.iceStates.slice(-3)).toEqual(['checking', 'failed', 'closed']);
    expect(peer.transport.calls.at(-1)).toBe('close');
  }
});

test('a path that stops to answer is told as disconnected after 4 s, and as what it is when it is back', async () => {
  const pair = await connected();
  const { a, b, network } = pair;
  network.down = true;
  await pair.run(3900);
  expect(a.states.at(-1)).toBe('connected');
  await pair.run(200);
  expect([a.states.at(-1), a.iceStates.at(-1)]).toEqual(['disconnected', 'disconnected']);
  network.down = false;
  await pair.run(1000, speaking(b, pair));
  expect([a.states.at(-1), a.iceStates.at(-1)]).toEqual(['connected', 'connected']);
});

test('sound of a peer that answers no pings is placed on the timeline by what its reports echo', async () => {
  const pair = await connected({ dataChannels: false }, {}, { aheadMs: 5000 });
  const { a, b, clock } = pair;
  let heard: AudioFrame | undefined;
  let last = 0;
  await pair.run(4000, () => {
    for (const peer of [a, b]) speaking(peer, pair)();
    heard = a.link.receiver!.pull(clock.now(), clock.now()) ?? heard;
    last = clock.now();
  });
  const delay = last - heard!.capture!.time;
  // 20 ms on the way, and what the jitter buffer holds, though the other clock is 5 s ahead.
  expect(delay).toBeGreaterThan(20_000);
  expect(delay).toBeLessThan(140_000);
  expect(heard!.capture!.bound).toBeLessThan(60_000);
  expect(Math.abs(a.link.roundTrip! - 40_000)).toBeLessThan(12_000);
});

test('what is not to be sent or heard any more stops at once, before the other side knows', async () => {
  const pair = await connected();
  const { a, b, clock } = pair;
  let heard: AudioFrame | undefined;
  const speak = (): void => {
    for (const peer of [a, b]) speaking(peer, pair)();
    heard = a.link.media.audio.pull(clock.now(), clock.now());
  };
  await pair.run(400, speak);
  expect(heard).toBeDefined();
  pair.signaling = false;
  a.link.media.direct('inactive', 'inactive');
  const sent = a.link.sender.statistics().packetsSent;
  const received = a.link.receiver!.statistics().packetsReceived;
  await pair.run(400, speak);
  expect(heard).toBeUndefined();
  expect(a.link.sender.statistics().packetsSent).toBe(sent);
  expect(a.link.receiver!.statistics().packetsReceived).toBe(received);
  expect(b.link.sender.statistics().packetsSent).toBeGreaterThan(received + 10);
});

test('pings are answered, and pongs give the round trip to both', async () => {
  const pair = await connected();
  await pair.run(1200);
  expect([pair.a.link.roundTrip, pair.b.link.roundTrip]).toEqual([40_000, 40_000]);
  const [channel] = pair.a.transport.channels;
  expect(channel!.label).toBe('control');
  expect(JSON.parse(String(channel!.sent[0]))).toMatchObject({ payload: { action: 'Ping' } });
});

test('what is received can be remembered under the name of its sender', async () => {
  const flightRecorder = new FlightRecorder();
  const pair = await connected({}, { flightRecorder, peerId: 'ann' });
  pair.b.speak(pair.clock.now());
  await pair.run(100);
  // The packet and the sender report that is made at once.
  expect(flightRecorder.statistics().packets).toBe(2);
  const file = Buffer.from(flightRecorder.rtpdump(pair.clock.now(), pair.clock.unixOrigin));
  expect(file.includes('ann')).toBe(true);
  expect(file.includes(Buffer.from(SILENCE))).toBe(true);
});

test('a peer of which nothing is heard is lost after four seconds, one that only sends audio is not', async () => {
  const pair = await connected({ dataChannels: false });
  const { a, b, network, clock } = pair;
  await pair.run(10_000, speaking(b, pair));
  expect(a.link.state).toBe('connected');
  expect(a.transport.calls).not.toContain('restartIce');
  network.down = true;
  let lostAt = 0;
  const lastHeard = clock.now();
  await pair.run(5000, () => {
    if (lostAt === 0 && a.link.state === 'restoring') lostAt = clock.now();
  });
  expect(a.events.at(-1)).toEqual({ lost: 'nothing was heard for 4 s' });
  expect(lostAt - lastHeard).toBeGreaterThan(3_900_000);
  expect(lostAt - lastHeard).toBeLessThanOrEqual(4_040_000);
  expect(a.transport.calls.filter((call) => call === 'restartIce')).toHaveLength(1);
  expect(a.link.open).toBe(true);
});

test('a path that is gone for ten seconds carries on where it was, whether ICE can be restarted or not', async () => {
  for (const restartsIce of [true, false]) {
    const pair = await connected({ restartsIce });
    const { a, b, network } = pair;
    network.down = true;
    await pair.run(10_000, speaking(b, pair));
    expect(a.link.state).toBe('restoring');
    network.down = false;
    await pair.run(500, speaking(b, pair));
    expect(a.link.state).toBe('connected');
    expect(a.events).toEqual(['connected', { lost: expect.any(String) }, 'connected']);
  }
});

test('one whose peer has no signaling either is kept too, and its offer is made again', async () => {
  const pair = await connected();
  const { a, b, network } = pair;
  network.down = true;
  pair.answering = false;
  await pair.run(14_000, speaking(b, pair));
  expect(a.link.state).toBe('restoring');
  pair.answering = true;
  network.down = false;
  await pair.run(12_000, speaking(b, pair));
  expect(a.link.state).toBe('connected');
  expect(a.events).toEqual(['connected', { lost: expect.any(String) }, 'connected']);
});

test('a connection whose path is gone is carried on by another, through a new offer, before it is said to be lost', async () => {
  const pair = await connected();
  const { a, b, network } = pair;
  network.breakPaths();
  await pair.run(4000, speaking(b, pair));
  expect([a.events, b.events]).toEqual([CONNECTED, CONNECTED]);
  expect(a.offers).toHaveLength(2);
  const credentials = a.offers.map((sdp) => /^a=ice-ufrag:(.*)$/m.exec(sdp)![1]);
  expect(new Set(credentials).size).toBe(2);
  expect(sessionIdOf(a.offers[1]!)).toBe(sessionIdOf(a.offers[0]!));
  expect(a.transport.carries).toBe(true);
  // The sound and the data channel are those of before.
  const received = a.link.receiver!.statistics().packetsReceived;
  await pair.run(500, speaking(b, pair));
  expect(a.link.receiver!.statistics().packetsReceived).toBeGreaterThanOrEqual(received + 24);
  expect(b.link.channels.sendMessage('still here')).toBe(true);
  await pair.run(100);
  expect(a.events.at(-1)).toEqual({ message: 'still here' });
});

test('where the backend cannot restart ICE a silent connection is closed, to be made anew', async () => {
  const pair = await connected({ restartsIce: false });
  pair.network.breakPaths();
  await pair.run(15_000);
  expect(pair.a.events.at(-1)).toEqual({
    reason: 'silent',
    detail: expect.stringMatching(/^nothing was heard for 12\.\d* s$/),
  });
  expect(pair.a.transport.calls).not.toContain('restartIce');
});

test('a connection is restored by what is heard, not by what is claimed', async () => {
  const pair = await connected();
  const { a, b, network } = pair;
  network.down = true;
  await pair.run(4200);
  a.transport.become('connecting');
  a.transport.become('connected');
  expect(a.link.state).toBe('restoring');
  network.down = false;
  await pair.run(2000, speaking(b, pair));
  expect(a.link.state).toBe('connected');
  expect(a.events).toEqual(['connected', { lost: expect.any(String) }, 'connected']);
});

test('while the signaling is gone too nothing is taken apart for half a minute', async () => {
  const pair = await connected();
  const { a, b, network } = pair;
  pair.signaling = false;
  network.down = true;
  await pair.run(29_000);
  expect(a.transport.calls).not.toContain('restartIce');
  expect(a.link.state).toBe('restoring');
  network.down = false;
  await pair.run(500, speaking(b, pair));
  expect(a.link.state).toBe('connected');
  network.down = true;
  await pair.run(40_000);
  expect(a.events.at(-1)).toEqual({
    reason: 'silent',
    detail: expect.stringMatching(/^nothing was heard for 30(\.\d+)? s$/),
  });
});

test('application messages pass, unreadable ones are counted, and unsendable ones too', async () => {
  const network = new LinkNetwork();
  const [a, b] = [await network.add(), await network.add()];
  expect(a.link.channels.sendMessage('too early')).toBe(false);
  await network.run(300);
  expect(a.link.channels.sendMessage({ a: 1 })).toBe(true);
  const [channel] = b.transport.channels;
  for (const data of ['{"type":"Json","payload":[1,2]}', '{', new Uint8Array([1])])
    channel!.send(data);
  await network.run(100);
  expect(b.events).toEqual(['connected', { message: { a: 1 } }]);
  expect(a.events).toEqual(['connected', { message: [1, 2] }]);
  expect(a.link.channels.malformed).toBe(2);
  expect(a.link.channels.dropped).toBe(1);
});

test('a data channel of any name opens at both sides', async () => {
  const pair = await connected();
  const channel = pair.a.link.channels.open({ label: 'files' });
  await pair.run(100);
  expect(pair.b.channels.map(({ label }) => label)).toEqual(['files']);
  expect(channel.label).toBe('files');
  expect(() => pair.a.link.channels.open({ label: 'control' })).toThrow(
    expect.objectContaining({ code: 'INVALID_CHANNEL' }),
  );
});

test.each([
  ['failed', 'failed'],
  ['closed', 'peer-closed'],
] as const)('a transport that is %s closes the link, once', async (state, reason) => {
  const { a } = await connected();
  a.transport.become(state);
  a.link.close('closed', 'again');
  a.transport.become('failed');
  expect(a.events).toEqual(['connected', { reason, detail: expect.any(String) }]);
  expect(a.states.at(-1)).toBe('closed');
  expect(a.transport.calls.filter((call) => call === 'close')).toHaveLength(1);
});

test('a link that is closed says good-bye for its streams, and the other side knows', async () => {
  const pair = await connected();
  const { a, b, clock } = pair;
  await pair.run(200, speaking(a, pair));
  a.link.close('closed', 'leaving');
  const last = parseCompound(a.transport.sentRtcp.at(-1)!).packets;
  const { ssrc } = a.link.media.audio.transceiver;
  expect(last.at(-1)).toEqual({ type: 'bye', ssrcs: [ssrc] });
  expect(last[0]).toMatchObject({ type: 'sender-report', ssrc });
  await pair.run(100);
  expect(b.events.at(-1)).toEqual({ reason: 'peer-closed', detail: expect.any(String) });
  // It has left the room by then.
  expect(a.states.at(-1)).toBe('connected');
  expect(clock.now()).toBeLessThan(micros(700_000));
});

test('offers that wait when the link is closed are refused', async () => {
  const network = new LinkNetwork();
  const b = await network.add({ initiator: false });
  const refused: number[] = [];
  const good = await new LinkNetwork().add({ initiator: true });
  b.link.offerReceived(
    incoming(good.offers[0]!, { answer: () => undefined, reject: (code) => refused.push(code) }),
  );
  b.link.close('closed', 'leaving');
  await settle();
  expect(refused).toEqual([ErrorCode.CONNECTION_FAILED]);
});

test('a link that is closed while its decoder loads leaves nothing behind', async () => {
  const network = new LinkNetwork();
  const opus = await loadOpus();
  let open = 0;
  const a = await network.add({
    opus: {
      ...opus,
      createEncoder: (options) => opus.createEncoder(options),
      createDecoder: async (options) => {
        await settle();
        const decoder = await opus.createDecoder(options);
        open++;
        const close = decoder.close.bind(decoder);
        return Object.assign(decoder, { close: () => (open--, close()) });
      },
    },
  });
  a.link.close('closed', 'changed its mind');
  await settle();
  await settle();
  expect(open).toBe(0);
});

test('a side that only listens knows the round trip too, by its pings', async () => {
  const network = await connected();
  const { a, b } = network;
  await network.run(2000, speaking(a, network));
  expect(b.link.media.audio.sender.statistics().packetsSent).toBe(0);
  expect(b.link.media.session.roundTripTime).toBe(b.link.channels.roundTrip);
  expect(b.link.media.session.roundTripTime).toBeGreaterThan(0);
});
