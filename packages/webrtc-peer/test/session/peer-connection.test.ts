import { describeOpus, describeVideo } from '@rm/codecs';
import { expect, test } from '@jest/globals';
import {
  type IceCandidate,
  PeerConnection,
  type PeerConnectionStates,
  type SessionDescription,
} from '../../src/session/peer-connection.js';
import { MemoryNetwork, type MemoryTransport } from '../support/memory-network.js';
import { seeded } from '../support/rtp-pair.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** A peer connection, and what it has told, in order. */
class Peer {
  readonly connection: PeerConnection;
  readonly transport: MemoryTransport;
  readonly told: string[] = [];
  readonly candidates: IceCandidate[] = [];
  states: PeerConnectionStates | undefined;

  constructor(network: MemoryNetwork, seed: number) {
    this.connection = new PeerConnection(
      {
        backend: network.backend,
        iceServers: [],
        codecs: (kind) => (kind === 'audio' ? [describeOpus()] : describeVideo(['VP8'])),
        cname: `peer ${seed}`,
        random: seeded(seed),
      },
      {
        negotiationNeeded: () => this.told.push('needed'),
        iceCandidate: (candidate) => {
          this.told.push('candidate');
          this.candidates.push(candidate);
        },
        stateChange: (states) => {
          if (states.signaling !== (this.states?.signaling ?? 'stable'))
            this.told.push(states.signaling);
          this.states = states;
        },
        negotiated: () => this.told.push('negotiated'),
        rtp: () => this.told.push('rtp'),
        rtcp: () => this.told.push('rtcp'),
        dataChannel: () => undefined,
      },
    );
    this.transport = network.transports.at(-1)!;
  }

  /** Makes a description and says when it was handed out. */
  async describe(): Promise<SessionDescription> {
    const description = await this.connection.setLocalDescription();
    this.told.push(description.type);
    return description;
  }

  async take(description: SessionDescription): Promise<void> {
    await this.connection.setRemoteDescription(description);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function pair(): {
  clock: VirtualClock;
  network: MemoryNetwork;
  a: Peer;
  b: Peer;
  trickle: () => Promise<void>;
} {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const [a, b] = [new Peer(network, 1), new Peer(network, 2)];
  const trickle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      clock.advance(20);
      await settle();
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const)
        for (const candidate of from.candidates.splice(0))
          await to.connection.addIceCandidate(candidate);
    }
    clock.advance(100);
    await settle();
  };
  return { clock, network, a, b, trickle };
}

async function negotiate(from: Peer, to: Peer): Promise<void> {
  await to.take(await from.describe());
  await from.take(await to.describe());
}

const ufrag = ({ sdp }: SessionDescription): string | undefined =>
  /^a=ice-ufrag:(.*)$/m.exec(sdp)?.[1]?.trim();

test('two peer connections come together, and each state is told in its turn', async () => {
  const { a, b, trickle } = pair();
  a.connection.addTransceiver('audio');
  b.connection.addTransceiver('audio');
  await settle();
  expect([a.told, b.told]).toEqual([['needed'], ['needed']]);
  await negotiate(a, b);
  expect(a.told.slice(1)).toEqual(['have-local-offer', 'offer', 'stable', 'negotiated']);
  expect(b.told.slice(1)).toEqual(['have-remote-offer', 'stable', 'negotiated', 'answer']);
  await trickle();
  expect([a.states?.connection, b.states?.connection]).toEqual(['connected', 'connected']);
  const [audio] = a.connection.transceivers;
  expect(audio!.negotiated).toMatchObject({ mid: '0', direction: 'sendrecv' });
  expect(b.connection.transceivers[0]!.negotiated!.remoteStreams!.ssrc).toBe(audio!.ssrc);
  expect(a.connection.transport.sendRtp(new Uint8Array(12))).toBe(true);
  await trickle();
  expect(b.told.at(-1)).toBe('rtp');
  // Both agree, so nothing is asked for.
  expect([a.told, b.told].map((told) => told.filter((what) => what === 'needed').length)).toEqual([
    1, 1,
  ]);
});

test('the session id stays, and the version of the origin line counts up', async () => {
  const { a, b } = pair();
  const origin = ({ sdp }: SessionDescription): string[] =>
    /^o=- (\d+) (\d+) /m.exec(sdp)!.slice(1);
  const offer = await a.describe();
  await b.take(offer);
  await a.take(await b.describe());
  const [[id, first], [again, second]] = [origin(offer), origin(await a.describe())];
  expect([again, Number(second)]).toEqual([id, Number(first) + 1]);
  expect(id).toMatch(/^\d{11,20}$/);
  expect(id).not.toBe(origin(await pair().b.describe())[0]);
});

test('candidates follow the description that they belong to', async () => {
  const { a, clock } = pair();
  const making = a.describe();
  // They are found at once, while the description is still being made.
  for (let i = 0; i < 10; i++) {
    clock.advance(1);
    await Promise.resolve();
  }
  await making;
  await settle();
  expect(a.told.slice(-4)).toEqual(['have-local-offer', 'offer', 'candidate', 'candidate']);
  expect(a.candidates).toEqual([
    {
      candidate: expect.stringMatching(/^candidate:/),
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: expect.stringMatching(/^ufrag/),
    },
    expect.objectContaining({ candidate: '' }),
  ]);
});

test('candidates are said to be of the first section that is in use', async () => {
  const { a, b, clock, trickle } = pair();
  const video = a.connection.addTransceiver('video');
  await negotiate(a, b);
  await trickle();
  video.stop();
  a.connection.restartIce();
  await a.describe();
  clock.advance(5);
  expect(a.candidates[0]).toMatchObject({ sdpMid: '1', sdpMLineIndex: 1 });
});

test('many changes at once are one request for an offer', async () => {
  const { a, b } = pair();
  a.connection.addTransceiver('audio');
  const video = a.connection.addTransceiver('video');
  video.direction = 'sendonly';
  a.connection.restartIce();
  await settle();
  expect(a.told).toEqual(['needed']);
  await negotiate(a, b);
  await settle();
  a.told.length = 0;
  video.direction = 'sendrecv';
  video.streamIds = ['x'];
  await settle();
  expect(a.told).toEqual(['needed']);
});

test('a change while an offer is out is asked for when it is answered', async () => {
  const { a, b } = pair();
  const offer = await a.describe();
  a.connection.addTransceiver('audio');
  await settle();
  expect(a.told).not.toContain('needed');
  await b.take(offer);
  await a.take(await b.describe());
  await settle();
  expect(a.told.at(-1)).toBe('needed');
});

test('an offer that restarts ICE has new credentials, and is made again when it was rolled back', async () => {
  const { a, b, trickle } = pair();
  a.connection.addTransceiver('audio');
  await negotiate(a, b);
  await trickle();
  const before = ufrag(await b.describe());
  await a.take({ type: 'offer', sdp: (await b.describe()).sdp });
  await b.take(await a.describe());
  a.connection.restartIce();
  await settle();
  expect(a.told.at(-1)).toBe('needed');
  const restarting = await a.describe();
  // Glare: the other side's offer comes first, and this side gives way.
  const other = await b.describe();
  expect(ufrag(other)).toBe(before);
  await a.take(other);
  const answer = await a.describe();
  await b.take(answer);
  await settle();
  expect(a.told.at(-1)).toBe('needed');
  const again = await a.describe();
  expect(ufrag(again)).not.toBe(ufrag(restarting));
  await b.take(again);
  const last = await b.describe();
  expect(ufrag(last)).not.toBe(before);
  await a.take(last);
  await settle();
  await trickle();
  expect(a.told.filter((what) => what === 'needed').at(-1)).toBe('needed');
  a.told.length = 0;
  await settle();
  expect(a.told).toEqual([]);
  expect(a.states?.connection).toBe('connected');
  expect(a.transport.carries).toBe(true);
});

test('a description that cannot be used is refused by name, and changes nothing', async () => {
  const { a, b } = pair();
  const refused = expect.objectContaining({
    name: 'DescriptionError',
    code: 'INVALID_DESCRIPTION',
  });
  await expect(a.take({ type: 'answer', sdp: (await b.describe()).sdp })).rejects.toEqual(refused);
  await expect(a.take({ type: 'offer', sdp: 'hello' })).rejects.toEqual(refused);
  const video = a.connection.addTransceiver('video');
  const offer = await a.describe();
  // Refused by the transport below, and by what it does not say.
  const unusable = offer.sdp.replaceAll(/^a=ice-ufrag:.*$/gm, 'a=ice-ufrag:unusable');
  await expect(a.take({ type: 'offer', sdp: unusable })).rejects.toMatchObject({
    code: 'INVALID_DESCRIPTION',
  });
  expect(a.states?.signaling).toBe('have-local-offer');
  const c = new Peer(new MemoryNetwork(new VirtualClock()), 3);
  await c.take(offer);
  const answer = await c.describe();
  const undecided = { ...answer, sdp: answer.sdp.replaceAll('setup:active', 'setup:actpass') };
  await expect(a.take(undecided)).rejects.toEqual(refused);
  await expect(
    a.take({ ...answer, sdp: answer.sdp.replaceAll('m=video', 'm=audio') }),
  ).rejects.toEqual(refused);
  expect(video.negotiated).toBeUndefined();
  // The offer still stands.
  await a.take(answer);
  expect(a.states?.signaling).toBe('stable');
  expect(video.negotiated).toBeDefined();
});

test.each(['offer', 'remote offer', 'answer', 'remote answer', 'waiting'])(
  'closed in the middle of: %s, what is under way ends by name and nothing more is told',
  async (phase) => {
    const { a, b, clock } = pair();
    a.connection.addTransceiver('audio');
    const refused = { name: 'PeerConnectionClosedError', code: 'CONNECTION_CLOSED' };
    const remote = await b.describe();
    let doing: Promise<unknown>;
    if (phase === 'offer') doing = a.describe();
    else if (phase === 'remote offer') doing = a.take(remote);
    else if (phase === 'answer') {
      await a.take(remote);
      doing = a.describe();
    } else if (phase === 'remote answer') {
      const offer = await a.describe();
      await b.take(offer);
      doing = a.take(await b.describe());
    } else {
      void a.describe().catch(() => undefined);
      doing = a.describe();
    }
    const ended = doing.catch((error: unknown) => error);
    // The transport is at it, but for what only waits.
    for (let i = 0; i < 8; i++) await Promise.resolve();
    expect(a.transport.calls.at(-1)).toMatch(/^getLocal|^setRemote/);
    const told = a.told.length;
    const closing = a.connection.close();
    expect(a.connection.close()).toBe(closing);
    await closing;
    expect(await ended).toMatchObject(refused);
    a.connection.addTransceiver('video');
    a.connection.restartIce();
    await a.connection.addIceCandidate({
      candidate: 'x',
      sdpMid: null,
      sdpMLineIndex: null,
      usernameFragment: null,
    });
    clock.advance(1000);
    await settle();
    expect(a.told.slice(told)).toEqual([]);
    expect(a.connection.states).toMatchObject({ signaling: 'closed', connection: 'closed' });
    await expect(a.describe()).rejects.toMatchObject(refused);
    await expect(a.take(remote)).rejects.toMatchObject(refused);
    expect(a.transport.calls.filter((call) => call === 'close')).toHaveLength(1);
  },
);
