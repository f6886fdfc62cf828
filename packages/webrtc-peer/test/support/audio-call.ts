import {
  AudioBitrateController,
  type CodecDescription,
  describeOpus,
  loadOpus,
  type OpusEngine,
} from '@rm/codecs';
import {
  AdaptiveDelayPolicy,
  type DelayPolicy,
  micros,
  millis,
  PlayoutAlignment,
} from '@rm/rtp-sync';
import { AudioConnection } from '../../src/media/audio-connection.js';
import type { AudioReceiverStatistics } from '../../src/media/audio-receiver.js';
import type { AudioSenderStatistics } from '../../src/media/audio-sender.js';
import { AudioStream } from '../../src/media/audio-stream.js';
import { PathReports } from '../../src/media/path-reports.js';
import { parseRtp } from '../../src/rtp/rtp-bytes.js';
import { RtpSession } from '../../src/rtp/rtp-session.js';
import { MediaSession } from '../../src/session/media-session.js';
import { Transceiver } from '../../src/session/transceiver.js';
import { agree } from './rtp-pair.js';

/** A call one way, in virtual time: as two nodes of a mesh make it. */
export interface AudioCall {
  readonly seconds: number;
  /** Sample `n` of the source. */
  readonly source: (n: number) => number;
  /** One-way delay in ms of the next packet, either way; no packet passes another. Default 20. */
  readonly delay?: (nowMs: number) => number;
  /** Whether the i-th RTP packet to the listener is lost; retransmissions are counted too. Default none. */
  readonly lost?: (i: number, nowMs: number) => boolean;
  /** What the talker does not send, by the time of its capture in ms. */
  readonly silent?: (ms: number) => boolean;
  readonly redundancy?: 'auto' | 'off';
  /** Whether the listener asks for what was lost; without, redundancy is not agreed on either. Default true. */
  readonly repaired?: boolean;
  readonly policy?: DelayPolicy;
  readonly firstSequence?: number;
  /** From when on it counts, in ms. Default 0. */
  readonly from?: number;
}

/** What was heard. */
export interface AudioCallResult {
  readonly samples: Float32Array;
  readonly statistics: AudioReceiverStatistics;
  readonly sent: AudioSenderStatistics;
  /** Share of what was played that was concealed. */
  readonly concealed: number;
  /** Longest that was concealed in a row, in ms. */
  readonly longest: number;
  /** Mean of the delay from capture to playout, in ms. */
  readonly mouthToEar: number;
  /** Sequence numbers of what came by itself, as a recorder sees it. */
  readonly recorded: readonly number[];
  /** RTP packets on the wire to the listener: when, payload type, whether they were lost. */
  readonly wire: readonly {
    readonly at: number;
    readonly sequence: number;
    readonly payloadType: number;
    readonly bytes: number;
    readonly lost: boolean;
  }[];
  /** Reports of the listener, as the encoder got them, in ms; and since when it protected what it encoded. */
  readonly protectedAt: number | undefined;
}

const UNIX = micros(1_700_000_000_000_000);
let engine: Promise<OpusEngine> | undefined;

/** Has one side talk to the other, and says what was heard. */
export async function audioCall(options: AudioCall): Promise<AudioCallResult> {
  const opus = await (engine ??= loadOpus());
  const { seconds, source, delay = () => 20, lost = () => false, from = 0 } = options;
  const feedback = options.repaired === false ? [] : ['nack'];
  const codecs = (): readonly CodecDescription[] => [{ ...describeOpus(), feedback }];
  let now = 0;
  const roundTrip = millis(delay(0) + delay(0));
  const flying: { at: number; deliver: () => void }[] = [];
  const last = { toListener: 0, toTalker: 0 };
  const carry = (way: keyof typeof last, deliver: () => void): void => {
    const at = Math.max(last[way], now + delay(now / 1000) * 1000);
    last[way] = at;
    flying.push({ at, deliver });
  };
  const wire: {
    at: number;
    sequence: number;
    payloadType: number;
    bytes: number;
    lost: boolean;
  }[] = [];
  const recorded: number[] = [];
  const reports = new PathReports();
  const controller = new AudioBitrateController({ min: 16_000, nominal: 48_000, max: 48_000 });
  let protectedAt: number | undefined;
  const sides = [1, 2].map((ssrc) => {
    const transceiver = new Transceiver(
      'audio',
      { streamIds: [], trackId: 't', ssrc, rtxSsrc: undefined, direction: 'sendrecv' },
      () => undefined,
    );
    const media = new MediaSession({ codecs, accept: () => transceiver });
    media.add(transceiver);
    return { transceiver, media };
  });
  const [talking, listening] = sides as [(typeof sides)[0], (typeof sides)[0]];
  agree(talking.media, listening.media);
  const ids = talking.transceiver.negotiated!.extensions;
  const connection = (
    { transceiver }: (typeof sides)[0],
    session: RtpSession,
    reported: AudioConnection['sender']['reported'] | undefined,
  ): AudioConnection =>
    new AudioConnection({
      session,
      transceiver,
      opus,
      policy:
        options.policy ??
        new AdaptiveDelayPolicy({ start: millis(15), min: millis(15), max: millis(500) }),
      alignment: new PlayoutAlignment(),
      unixOrigin: UNIX,
      clockOffset: () => ({ offset: micros(0), bound: micros(1), roundTrip }),
      packet: ({ sequenceNumber }) => recorded.push(sequenceNumber),
      senderReport: () => undefined,
      reported: (report) => reported?.(report, micros(now)),
    });
  const talker: RtpSession = new RtpSession({
    transport: {
      sendRtp: (bytes) => {
        const packet = parseRtp(bytes, ids)!;
        const { sequenceNumber: sequence, payloadType } = packet;
        const gone = lost(wire.length, now / 1000);
        wire.push({ at: now / 1000, sequence, payloadType, bytes: bytes.length, lost: gone });
        const copy = bytes.slice();
        if (!gone) carry('toListener', () => listener.rtp(copy, micros(now)));
        return true;
      },
      sendRtcp: (bytes) => {
        const copy = bytes.slice();
        carry('toListener', () => listener.rtcp(copy, micros(now)));
        return true;
      },
    },
    cname: 'talker',
    ssrc: 1,
    unixOrigin: UNIX,
    random: () => (options.firstSequence ?? 100) / 65_536,
  });
  const listener: RtpSession = new RtpSession({
    transport: {
      sendRtp: () => false,
      sendRtcp: (bytes) => {
        const copy = bytes.slice();
        carry('toTalker', () => talker.rtcp(copy, micros(now)));
        return true;
      },
    },
    cname: 'listener',
    ssrc: 2,
    unixOrigin: UNIX,
    random: () => 0,
  });
  const sending = connection(talking, talker, (report, at) => {
    const worst = reports.add('listener', report, at);
    if (worst === undefined) return;
    const { settings } = controller;
    const next = controller.update(worst, at);
    if (next.fec) protectedAt ??= at / 1000;
    if (next !== settings) stream.adapt(next);
  });
  const receiving = connection(listening, listener, undefined);
  for (const { transceiver } of sides) {
    const session = transceiver === talking.transceiver ? talker : listener;
    session.negotiated([transceiver]);
  }
  await receiving.open();
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    complexity: 5,
    application: 'audio',
    ...controller.settings,
  });
  const stream = new AudioStream(encoder, (packet) =>
    sending.sender.send({ ...packet, alone: options.redundancy === 'off' }, micros(now)),
  );
  const blocks: Float32Array[] = [];
  const block = new Float32Array(480);
  const delays: number[] = [];
  let before = { concealed: 0, played: 0 };
  let begin: typeof before | undefined;
  let run = 0;
  let longest = 0;
  for (let tick = 10_000; tick <= seconds * 1e6; tick += 10_000) {
    flying.sort((a, b) => a.at - b.at);
    while (flying[0] !== undefined && flying[0].at <= tick) {
      const { at, deliver } = flying.shift()!;
      now = Math.max(now, at);
      deliver();
      flying.sort((a, b) => a.at - b.at);
    }
    now = tick;
    const instant = micros(tick);
    const captured = (tick - 10_000) / 1000;
    if (options.silent?.(captured) !== true) {
      for (let i = 0; i < 480; i++) block[i] = source(captured * 48 + i);
      stream.write(
        {
          samples: block,
          sampleRate: 48_000,
          channels: 1,
          capture: { time: millis(captured), bound: micros(0) },
        },
        instant,
      );
    }
    talker.poll(instant);
    receiving.tick();
    listener.poll(instant);
    const { receiver } = receiving;
    const frame = receiver?.pull(instant, instant);
    if (receiver === undefined || frame === undefined) continue;
    const { concealedSamples: concealed, totalSamplesReceived: played } = receiver.statistics();
    if (captured >= from) {
      begin ??= before;
      blocks.push(frame.samples.slice());
      if (frame.capture) delays.push((instant - frame.capture.time) / 1000);
      run = concealed > before.concealed ? run + concealed - before.concealed : 0;
      longest = Math.max(longest, run / 48);
    }
    before = { concealed, played };
  }
  const samples = new Float32Array(blocks.length * 480);
  for (const [i, each] of blocks.entries()) samples.set(each, i * 480);
  const statistics = receiving.receiver!.statistics();
  const result = {
    samples,
    statistics,
    sent: sending.sender.statistics(),
    concealed: (before.concealed - begin!.concealed) / (before.played - begin!.played),
    longest,
    mouthToEar: delays.sort((a, b) => a - b)[delays.length >> 1]!,
    wire,
    recorded,
    protectedAt,
  };
  stream.close();
  sending.close();
  receiving.close();
  return result;
}
