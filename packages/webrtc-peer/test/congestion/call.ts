import { type Micros, micros, millis } from '@rm/rtp-sync';
import {
  BandwidthEstimator,
  Pacer,
  type RateBounds,
  SendRate,
  absSendTime,
} from '../../src/congestion/index.js';
import { NackGenerator, RetransmissionHistory, RtcpSession } from '../../src/rtcp/index.js';
import { Listener } from './listener.js';

/** A packet of audio or video on its way. */
export interface MediaPacket {
  readonly call: Call;
  readonly video: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly bytes: number;
  /** Set when it leaves. */
  sent: number;
}

/** How a {@link Call} behaves. */
export interface CallOptions {
  readonly bounds: RateBounds;
  /** Whether packets say when they were sent, or only RTP timestamps do. */
  readonly absSendTime: boolean;
  /** Most that the encoder makes, in bits per second: an application-limited call. */
  readonly appetite?: number;
  readonly startMs?: number;
  /** How long after a gap a video packet is of use, in ms; none is asked for by default. */
  readonly repairMs?: number;
  /** How often the sides do what is due, in ms; default each. */
  readonly pollMs?: number;
  readonly random: () => number;
}

/** Pictures are left out while so much waits to be sent. */
const LONG_QUEUE = millis(150);
const AUDIO_BYTES = 130;
const PACKET_BYTES = 1200;
const AUDIO_BITRATE = AUDIO_BYTES * 8 * 50;
const UNIX = micros(1.7e15);

/** One direction of a call with audio and video at 30 fps, and the RTCP that goes back. */
export class Call {
  readonly estimator: BandwidthEstimator;
  readonly rate: SendRate;
  readonly pacer: Pacer<MediaPacket>;
  readonly listener = new Listener();
  /** Arrivals of audio in ms. */
  readonly audioArrivals: number[] = [];
  /** Bits of this call that arrived, by the second. */
  readonly arrivedBits: number[] = [];
  /** How often the application got each video packet. */
  readonly videoTaken = new Map<number, number>();
  readonly #options: CallOptions;
  readonly #history = new RetransmissionHistory();
  readonly #nack: NackGenerator;
  readonly #sentVideo = new Map<number, MediaPacket>();
  readonly #sender = new RtcpSession({ cname: 's', ssrc: 1, unixOrigin: UNIX, reducedSize: true });
  readonly #receiver = new RtcpSession({
    cname: 'r',
    ssrc: 9,
    unixOrigin: UNIX,
    reducedSize: true,
  });
  #videoSequence = 0;
  #audioSequence = 0;
  #nextFrame: number;
  #nextAudio: number;

  constructor(options: CallOptions) {
    this.#options = options;
    this.estimator = new BandwidthEstimator(options.bounds);
    this.rate = new SendRate(options.bounds);
    this.pacer = new Pacer<MediaPacket>(options.bounds.start);
    this.#nack = new NackGenerator({ budget: millis(options.repairMs ?? 0) });
    this.#nextFrame = options.startMs ?? 0;
    this.#nextAudio = options.startMs ?? 0;
  }

  /** What is sent in the millisecond from `at`. */
  send(at: number): MediaPacket[] {
    const now = millis(at);
    const due = this.#isDue(at);
    if (due) this.pacer.target = this.rate.poll(now);
    const leaving: MediaPacket[] = [];
    if (at >= this.#nextAudio) {
      this.#nextAudio += 20;
      const sequence = this.#audioSequence++;
      leaving.push(this.#packet(false, sequence, AUDIO_BYTES, at * 48));
      this.pacer.audioSent(AUDIO_BYTES, now);
    }
    if (at >= this.#nextFrame) {
      if (this.pacer.queueDelay <= LONG_QUEUE) this.#encode(at);
      this.#nextFrame += 1000 / 30;
      leaving.push(...this.pacer.poll(now));
    } else if (due) leaving.push(...this.pacer.poll(now));
    for (const packet of leaving) {
      packet.sent = at;
      this.rate.sent(packet.bytes, now);
      const { video, timestamp, bytes } = packet;
      const clockRate = video ? 90_000 : 48_000;
      const ssrc = video ? 2 : 1;
      const sent = { ssrc, timestamp, clockRate, captured: now, payloadBytes: bytes };
      this.#sender.packetSent(sent, now);
      if (video) this.#remember(packet, now);
    }
    return leaving;
  }

  /** Sequence numbers of the video packets that left before `at`, in ms. */
  videoSent(at: number): number[] {
    return [...this.#sentVideo.values()]
      .filter(({ sent }) => sent < at)
      .map(({ sequence }) => sequence);
  }

  /** Takes a packet that arrives at a time in ms. */
  receive(packet: MediaPacket, at: number): void {
    const arrival = millis(at);
    const { video, sequence, timestamp, bytes, sent } = packet;
    const second = Math.floor(at / 1000);
    this.arrivedBits[second] = (this.arrivedBits[second] ?? 0) + 8 * bytes;
    if (!video) {
      this.audioArrivals.push(at);
      this.listener.packet(sequence, at);
    }
    const clockRate = video ? 90_000 : 48_000;
    const ssrc = video ? 2 : 1;
    const sequenceNumber = sequence & 0xffff;
    const verdict = video ? this.#nack.received(sequenceNumber, arrival) : 'new';
    const repeated = verdict === 'recovered' || verdict === 'duplicate';
    if (video && (verdict === 'new' || verdict === 'recovered')) {
      this.videoTaken.set(sequence, (this.videoTaken.get(sequence) ?? 0) + 1);
    }
    const counted = { ssrc, sequenceNumber, timestamp, clockRate };
    this.#receiver.packetReceived(counted, arrival, repeated);
    const stamp = this.#options.absSendTime ? absSendTime(millis(sent)) : undefined;
    this.estimator.received(
      { ssrc, bytes, absSendTime: stamp, timestamp, clockRate, repeated },
      arrival,
    );
  }

  /** RTCP of the sender and of the receiver at `at`, to be carried to the other side. */
  control(at: number): { readonly there: Uint8Array[]; readonly back: Uint8Array[] } {
    this.listener.play(at);
    if (!this.#isDue(at)) return { there: [], back: [] };
    const now = millis(at);
    const estimate = this.estimator.poll(now);
    if (estimate) this.#receiver.send({ type: 'remb', senderSsrc: 9, ...estimate }, now);
    if (this.#options.repairMs !== undefined) {
      const { requests: sequences } = this.#nack.poll(now);
      const nack = { type: 'nack', senderSsrc: 9, mediaSsrc: 2, sequences } as const;
      if (sequences.length > 0) this.#receiver.send(nack, now);
    }
    return { there: this.#sender.poll(now), back: this.#receiver.poll(now) };
  }

  /** Takes RTCP of the sender at the receiver. */
  controlThere(datagram: Uint8Array, at: number): void {
    this.#receiver.received(datagram, millis(at));
  }

  /** Takes RTCP of the receiver at the sender. */
  controlBack(datagram: Uint8Array, at: number): void {
    const now = millis(at);
    for (const packet of this.#sender.received(datagram, now).packets) {
      if (packet.type === 'remb') this.rate.estimated(packet.bitrate, now);
      if (packet.type === 'receiver-report') this.rate.reported(packet.reports, now);
      if (packet.type !== 'nack') continue;
      for (const { sequenceNumber } of this.#history.requested(packet.sequences, now)) {
        const original = this.#sentVideo.get(sequenceNumber)!;
        this.pacer.retransmission({ ...original }, original.bytes);
      }
    }
    const { roundTripTime } = this.#sender;
    if (roundTripTime === undefined) return;
    this.#history.roundTripTime = roundTripTime;
    this.estimator.roundTripTime = this.#nack.roundTripTime = roundTripTime;
  }

  /** Bits per second that arrived, over whole seconds from `from` to `until`. */
  arrivedRate(from: number, until: number): number {
    let bits = 0;
    for (let second = from; second < until; second++) bits += this.arrivedBits[second] ?? 0;
    return bits / (until - from);
  }

  #isDue(at: number): boolean {
    return at % (this.#options.pollMs ?? 1) === 0;
  }

  #remember(packet: MediaPacket, now: Micros): void {
    const { sequence, timestamp, bytes } = packet;
    // what is sent again was sent before
    if (this.#sentVideo.get(sequence & 0xffff)?.sequence === sequence) return;
    this.#sentVideo.set(sequence & 0xffff, packet);
    this.#history.sent(
      {
        ssrc: 2,
        payloadType: 96,
        sequenceNumber: sequence & 0xffff,
        timestamp,
        marker: false,
        payload: new Uint8Array(bytes),
      },
      now,
    );
  }

  #encode(at: number): void {
    const target = Math.min(this.rate.target, this.#options.appetite ?? Number.POSITIVE_INFINITY);
    const noise = 0.8 + 0.4 * this.#options.random();
    const bytes = Math.max(100, ((target - AUDIO_BITRATE) * noise) / 8 / 30);
    const packets: MediaPacket[] = [];
    for (let left = bytes; left > 0; left -= PACKET_BYTES) {
      const size = Math.ceil(Math.min(left, PACKET_BYTES));
      const sequence = this.#videoSequence++;
      packets.push(this.#packet(true, sequence, size, Math.round(at * 90)));
    }
    if (!this.pacer.frame(packets, (packet) => packet.bytes, millis(at))) {
      this.#videoSequence -= packets.length;
    }
  }

  #packet(video: boolean, sequence: number, bytes: number, timestamp: number): MediaPacket {
    return { call: this, video, sequence, bytes, timestamp: timestamp >>> 0, sent: 0 };
  }
}
