import { type CodecDescription, describeOpus, describeVideo } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import { type ReceptionReport, type RtcpPacket, parseCompound } from '../../src/rtcp/index.js';
import type { RtpPacket, SenderReport } from '../../src/rtp/packet.js';
import { parseRtp } from '../../src/rtp/rtp-bytes.js';
import type { RtpReceiver } from '../../src/rtp/rtp-receiver.js';
import type { RtpSender } from '../../src/rtp/rtp-sender.js';
import { RtpSession, type RtpSessionOptions } from '../../src/rtp/rtp-session.js';
import type { MediaKind, SessionContent } from '../../src/session/description.js';
import { type LocalMedia, MediaSession } from '../../src/session/media-session.js';
import { parseSdp } from '../../src/session/parse-sdp.js';
import { Transceiver } from '../../src/session/transceiver.js';
import { writeSdp } from '../../src/session/write-sdp.js';

/** Numbers of 0…1 that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TRANSPORT = {
  usernameFragment: 'ufrag',
  password: 'a+password+of+22+chars',
  iceLite: false,
  fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }],
  setup: 'active',
  candidates: [],
  maxMessageSize: 65_536,
} as const;

const VIDEO = describeVideo(['VP8']);
const AUDIO = [{ ...describeOpus(), feedback: ['nack'] }];

/** One offers and the other answers; `describe` changes what they say on its way. */
export function agree(
  offerer: MediaSession,
  answerer: MediaSession,
  describe: (sdp: string) => string = (sdp) => sdp,
): void {
  const carry = (local: LocalMedia): SessionContent => {
    const content = { ...local, sessionId: '1', version: 1, transport: TRANSPORT, cname: 'x' };
    const result = parseSdp(describe(writeSdp(content)));
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  };
  answerer.takeOffer(carry(offerer.createOffer()));
  offerer.takeAnswer(carry(answerer.createAnswer()));
}

/** What the network between two sides does; all the same both ways. */
export interface PairOptions {
  readonly seed?: number;
  readonly media?: readonly MediaKind[];
  readonly delayMs?: number;
  /** Further delay of a packet, which may pass others. */
  readonly jitterMs?: number;
  /** Of RTP only, 0…1, so that requests and reports arrive. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** How long after a packet was missed it is of use. */
  readonly budgetMs?: number;
  readonly rate?: RtpSessionOptions['rate'];
  /** Whether the thread of `b` is held up at a time in ms: what comes waits for it, and it does nothing. */
  readonly busy?: (atMs: number) => boolean;
  readonly random?: () => number;
  /** Changes what one side says on its way to the other. */
  readonly describe?: (sdp: string) => string;
}

/** A packet as it came on the wire. */
export interface OnTheWire {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** One side of a pair. */
export class Side {
  readonly media: MediaSession;
  readonly session: RtpSession;
  readonly senders: RtpSender[] = [];
  readonly receivers: RtpReceiver[] = [];
  readonly transceivers: Transceiver[] = [];
  readonly received: {
    readonly packet: RtpPacket;
    readonly at: number;
    readonly section: number;
  }[] = [];
  readonly reports: ReceptionReport[] = [];
  readonly senderReports: SenderReport[] = [];
  /** Everything that this side has sent. */
  readonly rtp: OnTheWire[] = [];
  readonly rtcp: { readonly at: number; readonly packets: readonly RtcpPacket[] }[] = [];
  keyFrameRequests = 0;
  connected = true;

  constructor(
    ssrc: number,
    options: PairOptions,
    now: () => number,
    send: (kind: 'rtp' | 'rtcp', bytes: Uint8Array) => void,
  ) {
    const { media = ['audio', 'video'], random = seeded(options.seed ?? 1) } = options;
    const codecs = (kind: MediaKind): readonly CodecDescription[] =>
      kind === 'audio' ? AUDIO : VIDEO;
    const accept = (kind: MediaKind): Transceiver => {
      throw new Error(`${kind} was not foreseen`);
    };
    this.media = new MediaSession({ codecs, accept });
    this.session = new RtpSession({
      transport: {
        sendRtp: (bytes) => {
          if (!this.connected) return false;
          this.rtp.push({ at: now(), bytes: bytes.slice() });
          send('rtp', bytes.slice());
          return true;
        },
        sendRtcp: (bytes) => {
          if (!this.connected) return false;
          this.rtcp.push({ at: now(), packets: parseCompound(bytes).packets });
          send('rtcp', bytes.slice());
          return true;
        },
      },
      cname: `side-${ssrc}`,
      ssrc,
      unixOrigin: micros(1_700_000_000_000_000),
      random,
      ...(options.rate && { rate: options.rate }),
    });
    for (const [i, kind] of media.entries()) {
      const own = ssrc + 10 * (i + 1);
      const rtxSsrc = kind === 'video' ? own + 1 : undefined;
      const init = {
        streamIds: [],
        trackId: 't',
        ssrc: own,
        rtxSsrc,
        direction: 'sendrecv' as const,
      };
      const transceiver = new Transceiver(kind, init, () => undefined);
      this.transceivers.push(transceiver);
      this.media.add(transceiver);
      this.senders.push(
        this.session.addSender(transceiver, {
          keyFrameRequested: () => this.keyFrameRequests++,
          reported: (report) => this.reports.push(report),
        }),
      );
      this.receivers.push(
        this.session.addReceiver(
          transceiver,
          {
            packet: (packet, at) =>
              this.received.push({
                packet: { ...packet, payload: packet.payload.slice() },
                at,
                section: i,
              }),
            senderReport: (report) => this.senderReports.push(report),
          },
          micros((options.budgetMs ?? 500) * 1000),
        ),
      );
    }
  }

  /** What this side said in RTCP of one type. */
  said<T extends RtcpPacket['type']>(type: T): Extract<RtcpPacket, { type: T }>[] {
    return this.rtcp.flatMap(({ packets }) =>
      packets.filter((packet): packet is Extract<RtcpPacket, { type: T }> => packet.type === type),
    );
  }

  /** What this side sent, read with the ids of `reader`. */
  sent(): RtpPacket[] {
    const ids = this.transceivers[0]!.negotiated!.extensions;
    return this.rtp.map(({ bytes }) => parseRtp(bytes, ids)!);
  }
}

/** Two sides with a network between them, in virtual time. */
export class RtpPair {
  readonly a: Side;
  readonly b: Side;
  now = 0;
  readonly #options: PairOptions;
  readonly #random: () => number;
  #flying: { at: number; order: number; to: Side; kind: 'rtp' | 'rtcp'; bytes: Uint8Array }[] = [];
  #order = 0;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.#random = seeded(1 + (options.seed ?? 1));
    const now = (): number => this.now;
    this.a = new Side(1000, options, now, (kind, bytes) => this.#send(this.b, kind, bytes));
    this.b = new Side(2000, options, now, (kind, bytes) => this.#send(this.a, kind, bytes));
    this.negotiate();
  }

  /** `a` offers, `b` answers. */
  negotiate(): void {
    const { a, b } = this;
    agree(a.media, b.media, this.#options.describe);
    for (const { session, media } of [a, b]) session.negotiated(media.transceivers);
  }

  /** Lets time pass in steps of 10 ms, as the media clock does; `step` is called at each. */
  run(ms: number, step: (atMs: number) => void = () => undefined): void {
    for (const end = this.now + ms * 1000; this.now < end;) {
      const next = this.now + 10_000;
      this.#deliverUntil(next);
      this.now = next;
      step(this.now / 1000);
      this.a.session.poll(this.time);
      if (!this.#busy) this.b.session.poll(this.time);
    }
  }

  get #busy(): boolean {
    return this.#options.busy?.(this.now / 1000) ?? false;
  }

  get time(): Micros {
    return micros(this.now);
  }

  #send(to: Side, kind: 'rtp' | 'rtcp', bytes: Uint8Array): void {
    const { delayMs = 40, jitterMs = 0, loss = 0, duplicates = 0 } = this.#options;
    if (kind === 'rtp' && this.#random() < loss) return;
    const copies = this.#random() < duplicates ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const at = this.now + 1000 * (delayMs + jitterMs * this.#random());
      this.#flying.push({ at, order: this.#order++, to, kind, bytes });
    }
  }

  #deliverUntil(end: number): void {
    const isDue = ({ at, to }: { at: number; to: Side }): boolean =>
      at <= end && !(to === this.b && this.#busy);
    const due = this.#flying.filter(isDue);
    this.#flying = this.#flying.filter((each) => !isDue(each));
    due.sort((x, y) => x.at - y.at || x.order - y.order);
    for (const { at, to, kind, bytes } of due)
      to.session[kind](bytes, micros(Math.max(at, this.now)));
  }
}

/** A packet of media that can be told from others by its first four bytes. */
export function payload(i: number, bytes = 100): Uint8Array {
  const out = new Uint8Array(bytes).fill(i & 0xff);
  new DataView(out.buffer).setUint32(0, i);
  return out;
}

/** Which one it is. */
export const numberOf = ({ payload: bytes }: RtpPacket): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
