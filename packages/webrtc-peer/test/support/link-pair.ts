import { loadOpus } from '@rm/codecs';
import { AdaptiveDelayPolicy, type Micros, PlayoutAlignment, micros, millis } from '@rm/rtp-sync';
import { ErrorCode, type IncomingOffer, RpcError } from '@rm/signaling-protocol';
import { Link } from '../../src/connection/link.js';
import type { LinkOptions } from '../../src/connection/link-options.js';
import type { DataChannel } from '../../src/data/data-channel.js';
import { MemoryNetwork, type MemoryTransport } from './memory-network.js';
import { seeded } from './rtp-pair.js';
import { VirtualClock } from './virtual-clock.js';

/** Lets promises settle, those of descriptions too. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A packet of silence, 20 ms. */
export const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

const SIGNALING_MS = 5;

/** Links in one virtual time, joined by a network and by signaling that both can fail. */
export class LinkNetwork {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly peers: LinkPeer[] = [];
  /** The signaling server answers. */
  signaling = true;
  /** The other side answers offers; otherwise the server says after 10 s that it did not. */
  answering = true;

  constructor(options: { restartsIce?: boolean; dataChannels?: boolean } = {}) {
    this.network = new MemoryNetwork(this.clock, options);
  }

  /** A link on its own, or to the one that is made next. The first is the initiator, the second polite. */
  async add(options: Partial<LinkOptions> & { readonly aheadMs?: number } = {}): Promise<LinkPeer> {
    const opus = await loadOpus();
    const peer = new LinkPeer(this, this.peers.length, opus, options);
    this.peers.push(peer);
    await settle();
    return peer;
  }

  /** The other one of a peer. */
  otherOf(peer: LinkPeer): LinkPeer | undefined {
    return this.peers.find((each) => each !== peer);
  }

  /** Lets time pass in steps of 10 ms, or until all links are closed. */
  async run(ms: number, step: () => void = () => undefined): Promise<void> {
    for (let t = 0; t < ms; t += 10) {
      if (this.peers.every(({ link }) => link.state === 'closed')) return;
      this.clock.advance(10);
      step();
      for (const { link } of this.peers) if (link.state !== 'closed') link.tick(this.clock.now());
      await settle();
    }
  }

  later(fn: () => void): void {
    this.clock.setTimer(SIGNALING_MS, () => {
      if (this.signaling) fn();
    });
  }
}

/** One side: a link, and what it told. */
export class LinkPeer {
  readonly link: Link;
  readonly transport: MemoryTransport;
  readonly events: unknown[] = [];
  readonly channels: DataChannel[] = [];
  /** SDP of its offers and answers as they were sent. */
  readonly offers: string[] = [];
  readonly answers: string[] = [];
  /** Published states of the connection, and those of ICE with them. */
  readonly states: string[] = [];
  readonly iceStates: string[] = [];
  #sent = 0;

  constructor(
    network: LinkNetwork,
    index: number,
    opus: LinkOptions['opus'],
    { aheadMs = 0, ...options }: Partial<LinkOptions> & { readonly aheadMs?: number },
  ) {
    const { clock } = network;
    const name = 'ab'[index]!;
    this.link = new Link({
      initiator: index === 0,
      polite: index === 1,
      peerId: 'ba'[index]!,
      cname: name,
      backend: network.network.backend,
      opus,
      videoCodecs: undefined,
      videoFormats: [],
      encodedVideo: () => undefined,
      iceServers: [],
      policy: new AdaptiveDelayPolicy(),
      alignment: new PlayoutAlignment(),
      clock: {
        now: () => clock.now(),
        unixOrigin: micros(clock.unixOrigin + aheadMs * 1000),
        setTimer: (delayMs, fn) => clock.setTimer(delayMs, fn),
        afterIo: (fn) => clock.afterIo(fn),
      },
      random: seeded(index),
      connectTimeout: millis(5000),
      signaling: {
        offer: (sdp) => {
          this.offers.push(sdp);
          return new Promise((resolve, reject) =>
            network.later(() => {
              if (!network.answering) {
                const unanswered = { code: ErrorCode.TIMEOUT, message: 'the peer gave no answer' };
                clock.setTimer(10_000, () => reject(new RpcError(unanswered)));
                return;
              }
              const other = network.otherOf(this);
              other?.link.offerReceived(
                incoming(sdp, {
                  answer: (answer) => {
                    other.answers.push(answer);
                    network.later(() => resolve(answer));
                  },
                  reject: (code, message) =>
                    network.later(() => reject(new RpcError({ code, message }))),
                }),
              );
            }),
          );
        },
        sendCandidate: (candidate) =>
          network.later(() => network.otherOf(this)?.link.candidateReceived(candidate)),
        sendStates: ({ connection, iceConnection }) => {
          this.states.push(connection);
          this.iceStates.push(iceConnection);
        },
        probe: () =>
          network.signaling ? Promise.resolve() : Promise.reject(new Error('no signaling server')),
      },
      events: {
        connected: () => this.events.push('connected'),
        lost: (detail) => this.events.push({ lost: detail }),
        closed: (reason, detail) => this.events.push({ reason, detail }),
        message: (message) => this.events.push({ message }),
        channelOpened: (channel) => this.channels.push(channel),
        reported: () => undefined,
      },
      ...options,
    });
    this.transport = network.network.transports[index]!;
  }

  /** Sends the next packet of silence, captured now. */
  speak(now: Micros): void {
    const position = 960 * this.#sent++;
    this.link.sender.send({ payload: SILENCE, position, capture: now, talkspurt: false }, now);
  }
}

/** An offer as it comes from the signaling. */
export function incoming(
  sdp: string,
  on: { answer: (sdp: string) => void; reject: (code: number, message: string) => void },
): IncomingOffer {
  return {
    from: 'x',
    sdp,
    canTrickle: true,
    answer: (answer) => {
      on.answer(answer.sdp);
      return true;
    },
    reject: (code, message) => {
      on.reject(code, message);
      return true;
    },
  };
}

/** Two links that are connected with each other. */
export async function connected(
  options: { restartsIce?: boolean; dataChannels?: boolean } = {},
  a: Partial<LinkOptions> = {},
  b: Partial<LinkOptions> & { readonly aheadMs?: number } = {},
): Promise<LinkNetwork & { readonly a: LinkPeer; readonly b: LinkPeer }> {
  const network = new LinkNetwork(options);
  const peers = { a: await network.add(a), b: await network.add(b) };
  await network.run(300);
  return Object.assign(network, peers);
}
