import { type AudioFrame, loadOpus } from '@rm/codecs';
import {
  AdaptiveDelayPolicy,
  PlayoutAlignment,
  compactNtp,
  micros,
  millis,
  ntpFromUnix,
} from '@rm/rtp-sync';
import type { IncomingOffer } from '@rm/signaling-protocol';
import { expect, test } from '@jest/globals';
import type {
  Backend,
  IceCandidate,
  SessionDescription,
  TransportHandlers,
  TransportStates,
} from '../src/backend/transport.js';
import { FlightRecorder } from '../src/capture/flight-recorder.js';
import { Link, type LinkOptions } from '../src/connection/link.js';
import type { JsonValue } from '../src/data/control-message.js';
import { VirtualClock } from './support/virtual-clock.js';

/** A packet of silence, 20 ms. */
const silence = Uint8Array.of(0xf8, 0xff, 0xfe);

const NEW: TransportStates = {
  connection: 'new',
  iceConnection: 'new',
  iceGathering: 'new',
  signaling: 'stable',
};

/** A transport that does what it is told and writes down what it was given; the network is the test. */
class ScriptedTransport {
  states = NEW;
  readonly audioSsrc = 7;
  readonly bufferedAmount = 0;
  readonly remote: SessionDescription[] = [];
  readonly candidates: IceCandidate[] = [];
  readonly messages: string[] = [];
  channelOpen = false;
  closed = 0;
  readonly handlers: TransportHandlers;

  constructor(handlers: TransportHandlers) {
    this.handlers = handlers;
  }

  setLocalDescription(): Promise<SessionDescription> {
    const type = this.remote.at(-1)?.type === 'offer' ? 'answer' : 'offer';
    return Promise.resolve({ type, sdp: `v=0\no=- 1 1 IN IP4 0.0.0.0\nlocal ${type}` });
  }

  setRemoteDescription(description: SessionDescription): Promise<void> {
    if (description.sdp.includes('bad')) return Promise.reject(new Error('no audio in it'));
    this.remote.push(description);
    return Promise.resolve();
  }

  restarts = 0;

  restartIce(): void {
    this.restarts++;
    this.handlers.negotiationNeeded();
  }

  addIceCandidate(candidate: IceCandidate): Promise<void> {
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  sendAudio(): boolean {
    return this.states.connection === 'connected';
  }

  sendSenderReport(): boolean {
    return true;
  }

  sendMessage(data: string | Uint8Array): boolean {
    if (this.channelOpen) this.messages.push(String(data));
    return this.channelOpen;
  }

  roundTripTime(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  become(connection: TransportStates['connection']): void {
    this.states = { ...this.states, connection };
    this.handlers.stateChange(this.states);
  }

  open(): void {
    this.channelOpen = true;
    this.handlers.channelOpen();
  }
}

async function link(
  options: Partial<LinkOptions> & { readonly signalingAnswers?: boolean } = {},
): Promise<{
  link: Link;
  transport: ScriptedTransport;
  clock: VirtualClock;
  events: unknown[];
  sent: unknown[];
  answerOffer: (sdp: string) => void;
  /** Lets promises settle. */
  settle: () => Promise<void>;
  /** Ticks every 10 ms for `ms`. */
  run: (ms: number) => Promise<void>;
}> {
  const { signalingAnswers = true } = options;
  const clock = new VirtualClock();
  const events: unknown[] = [];
  const sent: unknown[] = [];
  let transport: ScriptedTransport | undefined;
  let answerOffer: (sdp: string) => void = () => undefined;
  const backend: Backend = {
    name: 'scripted',
    validate: () => undefined,
    createTransport: (_, handlers) => (transport = new ScriptedTransport(handlers)),
  };
  const made = new Link({
    initiator: true,
    peerId: 'x',
    polite: false,
    backend,
    opus: await loadOpus(),
    iceServers: [],
    policy: new AdaptiveDelayPolicy(),
    alignment: new PlayoutAlignment(),
    clock,
    random: () => 0.5,
    connectTimeout: millis(5000),
    signaling: {
      offer: (sdp) => {
        sent.push({ offer: sdp.split('\n').at(-1) });
        return new Promise((resolve) => (answerOffer = resolve));
      },
      sendCandidate: ({ candidate }) => sent.push({ candidate }),
      sendStates: ({ connection }) => sent.push({ connection }),
      probe: () => (
        sent.push('probe'),
        signalingAnswers ? Promise.resolve() : Promise.reject(new Error('gone'))
      ),
    },
    events: {
      connected: () => events.push('connected'),
      lost: (detail) => events.push({ lost: detail }),
      closed: (reason, detail) => events.push({ reason, detail }),
      message: (payload) => events.push({ message: payload }),
      reported: () => undefined,
    },
    ...options,
  });
  return {
    link: made,
    transport: transport!,
    clock,
    events,
    sent,
    answerOffer: (sdp) => answerOffer(sdp),
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    async run(ms) {
      for (let t = 0; t < ms && made.state !== 'closed'; t += 10) {
        clock.advance(10);
        made.tick(clock.now());
        await Promise.resolve();
      }
    },
  };
}

const json = (payload: JsonValue): string => JSON.stringify({ type: 'Json', payload });
const REMOTE = 'v=0\no=- 42 1 IN IP4 0.0.0.0\n';

test('the initiator offers, takes the answer, and is connected when the transport is', async () => {
  const t = await link();
  t.transport.handlers.negotiationNeeded();
  await t.settle();
  expect(t.sent).toEqual([{ offer: 'local offer' }]);
  t.answerOffer(`${REMOTE}answer`);
  await t.settle();
  expect(t.transport.remote).toEqual([{ type: 'answer', sdp: `${REMOTE}answer` }]);
  expect(t.link.remoteSession).toBe('42');
  expect(t.link.state).toBe('connecting');
  t.transport.become('connected');
  expect(t.link.state).toBe('connected');
  expect(t.events).toEqual(['connected']);
  expect(t.sent.at(-1)).toEqual({ connection: 'connected' });
});

test('the other side does not offer before it has answered once', async () => {
  const t = await link({ initiator: false });
  t.transport.handlers.negotiationNeeded();
  await t.settle();
  expect(t.sent).toEqual([]);
  const answers: string[] = [];
  t.link.offerReceived({
    from: 'x',
    sdp: `${REMOTE}offer`,
    canTrickle: true,
    answer: ({ sdp }) => answers.push(sdp) > 0,
    reject: () => false,
  });
  await t.settle();
  expect(answers).toEqual([expect.stringContaining('local answer')]);
  t.transport.handlers.negotiationNeeded();
  await t.settle();
  expect(t.sent).toHaveLength(1);
});

test('an offer that cannot be set is refused as invalid, and the link lives on', async () => {
  const t = await link({ initiator: false });
  const refused: unknown[] = [];
  const offer = (sdp: string): IncomingOffer => ({
    from: 'x',
    sdp,
    canTrickle: true,
    answer: () => refused.push('answered') > 0,
    reject: (code, message) => refused.push([code, message]) > 0,
  });
  t.link.offerReceived(offer(`${REMOTE}bad`));
  await t.settle();
  expect(refused).toEqual([[-32_002, 'no audio in it']]);
  t.link.offerReceived(offer(`${REMOTE}good`));
  await t.settle();
  expect(refused.at(-1)).toBe('answered');
});

test('a connection that does not come about in time is closed with what was seen last', async () => {
  const t = await link();
  await t.run(10_000);
  expect(t.clock.now()).toBe(5_000_000);
  expect(t.events).toEqual([
    {
      reason: 'timeout',
      detail: expect.stringContaining('not connected within 5000 ms (ICE new)'),
    },
  ]);
  expect(t.transport.closed).toBe(1);
});

test('a peer that answers no pings is placed on the timeline by what its reports echo', async () => {
  const t = await link();
  t.transport.become('connected');
  while (t.link.receiver === undefined) await t.settle();
  const { clock } = t;
  const unix = (): number => clock.unixOrigin + clock.now();
  // Its clock is 5 s ahead of ours; 20 ms each way.
  const ahead = 5_000_000;
  const packet = { ssrc: 3, payloadType: 111, marker: false, payload: silence };
  let heard: AudioFrame | undefined;
  for (let i = 0; i < 100; i++) {
    clock.advance(20);
    const arrival = clock.now();
    t.transport.handlers.audioPacket({ ...packet, sequenceNumber: i, timestamp: i * 960 });
    if (i % 25 === 10) {
      // Captured and sent 20 ms ago; our own report was on the way for 20 ms and was held there for 100.
      const theirs = ntpFromUnix(micros(unix() - 20_000 + ahead));
      t.transport.handlers.senderReport({
        ssrc: 3,
        ntpSeconds: theirs.seconds,
        ntpFraction: theirs.fraction,
        rtpTimestamp: i * 960,
        packetCount: i,
        octetCount: 0,
        echo: {
          lastSenderReport: compactNtp(ntpFromUnix(micros(unix() - 140_000))),
          delaySinceLastSenderReport: Math.round(0.1 * 65_536),
        },
      });
    }
    for (const instant of [arrival, arrival + 10_000])
      heard = t.link.receiver.pull(micros(instant), micros(instant)) ?? heard;
  }
  const { capture } = heard!;
  const delay = clock.now() + 10_000 - capture!.time;
  // 20 ms on the way, and what the jitter buffer holds.
  expect(delay).toBeGreaterThan(20_000);
  expect(delay).toBeLessThan(140_000);
  expect(capture!.bound).toBeLessThan(60_000);
});

test('pings are answered, and pongs give the round trip', async () => {
  const t = await link();
  t.transport.become('connected');
  t.transport.open();
  const ping = JSON.parse(t.transport.messages[0]!) as { payload: { timestamp_ms: number } };
  expect(ping.payload).toMatchObject({ action: 'Ping' });
  t.clock.advance(30);
  t.transport.handlers.message(
    json({
      action: 'Pong',
      ping_timestamp_ms: ping.payload.timestamp_ms,
      pong_timestamp_ms: ping.payload.timestamp_ms + 15,
    }),
  );
  expect(t.link.roundTrip).toBe(30_000);
  t.transport.handlers.message(json({ action: 'Ping', timestamp_ms: 123.5 }));
  expect(JSON.parse(t.transport.messages.at(-1)!)).toMatchObject({
    payload: { action: 'Pong', ping_timestamp_ms: 123.5 },
  });
});

test('what is received can be remembered under the name of its sender', async () => {
  const flightRecorder = new FlightRecorder();
  const t = await link({ flightRecorder, peerId: 'ann' });
  t.clock.advance(40);
  t.transport.handlers.audioPacket({
    ssrc: 0xabcd,
    payloadType: 111,
    sequenceNumber: 5,
    timestamp: 960,
    marker: false,
    payload: silence,
  });
  t.transport.handlers.senderReport({
    ssrc: 0xabcd,
    ntpSeconds: 1,
    ntpFraction: 2,
    rtpTimestamp: 3,
    packetCount: 4,
    octetCount: 5,
  });
  expect(flightRecorder.statistics().packets).toBe(2);
  const file = Buffer.from(flightRecorder.rtpdump(t.clock.now(), t.clock.unixOrigin));
  expect(file.includes('ann')).toBe(true);
  expect(file.includes(Buffer.from(silence))).toBe(true);
});

const PACKET = {
  ssrc: 1,
  payloadType: 111,
  sequenceNumber: 0,
  timestamp: 0,
  marker: false,
  payload: Uint8Array.of(8),
};

test('a peer of which nothing is heard is lost after four seconds, one that only sends audio is not', async () => {
  const t = await link();
  t.transport.become('connected');
  t.transport.open();
  for (let i = 0; i < 100; i++) {
    await t.run(100);
    t.transport.handlers.audioPacket(PACKET);
  }
  expect(t.link.state).toBe('connected');
  expect(t.transport.restarts).toBe(0);
  const lastHeard = t.clock.now();
  await t.run(4000);
  expect(t.events.at(-1)).toEqual({ lost: 'nothing was heard for 4 s' });
  expect(t.link.state).toBe('restoring');
  expect(t.clock.now() - lastHeard).toBe(4_000_000);
  expect(t.transport.restarts).toBe(1);
  // What is sent still goes out: it may be what brings the connection back.
  expect(t.link.sendMessage('are you there?')).toBe(true);
  await t.run(10_000);
  expect(t.events.at(-1)).toEqual({ reason: 'silent', detail: 'nothing was heard for 7.5 s' });
});

test('a connection is restored by what is heard, not by what is claimed', async () => {
  const t = await link();
  t.transport.become('connected');
  t.transport.open();
  await t.run(4200);
  t.transport.become('connecting');
  t.transport.become('connected');
  expect(t.link.state).toBe('restoring');
  t.transport.handlers.audioPacket(PACKET);
  expect(t.link.state).toBe('connected');
  expect(t.events).toEqual(['connected', { lost: expect.any(String) }, 'connected']);
});

test('while the signaling is gone too nothing is taken apart for half a minute', async () => {
  const t = await link({ signalingAnswers: false });
  t.transport.become('connected');
  t.transport.open();
  await t.run(29_000);
  expect(t.transport.restarts).toBe(0);
  expect(t.link.state).toBe('restoring');
  t.transport.handlers.audioPacket(PACKET);
  expect(t.link.state).toBe('connected');
  await t.run(40_000);
  expect(t.events.at(-1)).toEqual({ reason: 'silent', detail: 'nothing was heard for 30 s' });
});

test('application messages pass, unreadable ones are counted, and unsendable ones too', async () => {
  const t = await link();
  expect(t.link.sendMessage('too early')).toBe(false);
  t.transport.become('connected');
  t.transport.open();
  expect(t.link.sendMessage({ a: 1 })).toBe(true);
  expect(t.transport.messages.at(-1)).toBe(json({ a: 1 }));
  t.transport.handlers.message(json([1, 2]));
  t.transport.handlers.message('{');
  t.transport.handlers.message(new Uint8Array([1]));
  expect(t.events).toEqual(['connected', { message: [1, 2] }]);
  expect(t.link.malformedMessages).toBe(2);
  expect(t.link.messagesDropped).toBe(1);
});

test.each([
  ['failed', 'failed'],
  ['closed', 'peer-closed'],
] as const)('a transport that is %s closes the link, once', async (state, reason) => {
  const t = await link();
  t.transport.become('connected');
  t.transport.become(state);
  t.link.close('closed', 'again');
  t.transport.become('failed');
  expect(t.events).toEqual(['connected', { reason, detail: expect.any(String) }]);
  expect(t.transport.closed).toBe(1);
});

test('offers that wait when the link is closed are refused', async () => {
  const t = await link({ initiator: false });
  const refused: number[] = [];
  t.link.offerReceived({
    from: 'x',
    sdp: `${REMOTE}offer`,
    canTrickle: true,
    answer: () => true,
    reject: (code) => refused.push(code) > 0,
  });
  t.link.close('closed', 'leaving');
  await t.settle();
  expect(refused).toEqual([-32_001]);
});
