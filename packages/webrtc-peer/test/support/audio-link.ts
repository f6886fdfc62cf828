import { type AudioFrame, type OpusEngine, describeOpus, loadOpus } from '@rm/codecs';
import {
  AdaptiveDelayPolicy,
  type ClockOffset,
  type DelayPolicy,
  type Micros,
  PlayoutAlignment,
  micros,
} from '@rm/rtp-sync';
import { AudioReceiver, type AudioReceiverStatistics } from '../../src/media/audio-receiver.js';
import { AudioSender } from '../../src/media/audio-sender.js';
import { AudioStream } from '../../src/media/audio-stream.js';
import type { RtpPacket, SenderReport } from '../../src/rtp/packet.js';
import { parseRtp, writeRtp } from '../../src/rtp/rtp-bytes.js';
import { RtpSession } from '../../src/rtp/rtp-session.js';
import { MediaSession } from '../../src/session/media-session.js';
import { Transceiver } from '../../src/session/transceiver.js';
import { agree } from './rtp-pair.js';

export const UNIX = micros(1_700_000_000_000_000);

/** A 10 ms block as it left the receiver. */
export interface Heard {
  readonly instant: number;
  readonly samples: Float32Array;
  readonly capture: AudioFrame['capture'];
}

export interface SimulatedLink {
  /** Milliseconds of media time to simulate. */
  readonly duration: number;
  /** Sample `n` of the source; sample 0 is captured at time 0. */
  readonly source: (n: number) => number;
  /** One-way delay of the i-th packet in ms; undefined is a lost packet. */
  readonly delay?: (i: number) => number | undefined;
  readonly policy?: DelayPolicy;
  /** The sender's clock against the receiver's. */
  readonly offset?: ClockOffset;
  /** Default true. */
  readonly reportsArrive?: boolean;
  /** Whether the sender is muted at so many ms. */
  readonly muted?: (ms: number) => boolean;
  /** Told the receiver's statistics after each tick. */
  readonly watch?: (ms: number, statistics: AudioReceiverStatistics) => void;
  /** Changes a packet on its way. */
  readonly tamper?: (packet: RtpPacket, i: number) => RtpPacket;
}

/** Two ends of one audio section. */
function audioBothWays(): [Transceiver, Transceiver] {
  const ends = [1, 2].map((ssrc) => {
    const init = { streamIds: [], trackId: 't', ssrc, rtxSsrc: undefined };
    const transceiver = new Transceiver(
      'audio',
      { ...init, direction: 'sendrecv' },
      () => undefined,
    );
    const session = new MediaSession({ codecs: () => [describeOpus()], accept: () => transceiver });
    session.add(transceiver);
    return { session, transceiver };
  });
  const [ours, theirs] = ends as [(typeof ends)[0], (typeof ends)[0]];
  agree(ours.session, theirs.session);
  return [ours.transceiver, theirs.transceiver];
}

let engine: Promise<OpusEngine> | undefined;

/** Sends a source through encoder, RTP, a network, jitter buffer and decoder, in virtual time. */
export async function simulateLink(options: SimulatedLink): Promise<{
  heard: Heard[];
  reports: SenderReport[];
  packets: RtpPacket[];
  statistics: AudioReceiverStatistics;
}> {
  const opus = await (engine ??= loadOpus());
  const { duration, source, delay = () => 1 } = options;
  const packets: RtpPacket[] = [];
  const reports: SenderReport[] = [];
  const inFlight: { at: number; deliver: (session: RtpSession, now: Micros) => void }[] = [];
  let now = 0;
  const [ours, theirs] = audioBothWays();
  const ids = ours.negotiated!.extensions;
  const random = [0.99999, 0.9999999, 0].values();
  const sending = new RtpSession({
    transport: {
      sendRtp(bytes) {
        const i = packets.length;
        const packet = parseRtp(bytes.slice(), ids)!;
        packets.push(packet);
        const d = delay(i);
        if (d === undefined) return true;
        const target = new Uint8Array(1500);
        const length = writeRtp(target, options.tamper?.(packet, i) ?? packet, ids);
        inFlight.push({ at: now + d, deliver: (r, t) => r.rtp(target.subarray(0, length), t) });
        return true;
      },
      sendRtcp(bytes) {
        const copy = bytes.slice();
        if (options.reportsArrive !== false)
          inFlight.push({ at: now + 1, deliver: (r, t) => r.rtcp(copy, t) });
        return true;
      },
    },
    cname: 'sender',
    ssrc: 1,
    unixOrigin: UNIX,
    random: () => random.next().value!,
  });
  const sender = new AudioSender(sending, sending.addSender(ours));
  sending.negotiated([ours]);
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    bitrate: 64_000,
    complexity: 5,
    application: 'audio',
  });
  const stream = new AudioStream(encoder, (packet) => sender.send(packet, micros(now * 1000)));
  const offset = options.offset ?? { offset: micros(0), bound: micros(1), roundTrip: micros(1) };
  const receiver = new AudioReceiver({
    decoder: await opus.createDecoder({ sampleRate: 48_000, channels: 1 }),
    policy: options.policy ?? new AdaptiveDelayPolicy(),
    aligned: new PlayoutAlignment().join(),
    unixOrigin: UNIX,
    clockOffset: () => offset,
  });
  const receiving = new RtpSession({
    transport: { sendRtp: () => false, sendRtcp: () => false },
    cname: 'receiver',
    ssrc: 2,
    unixOrigin: UNIX,
    random: () => 0,
  });
  receiving.addReceiver(
    theirs,
    {
      packet: (packet, t) => receiver.packet(packet, t),
      senderReport: (report) => {
        reports.push(report);
        receiver.senderReport(report);
      },
    },
    micros(0),
  );
  receiving.negotiated([theirs]);
  const heard: Heard[] = [];
  const block = new Float32Array(480);
  // Ticks of 10 ms, arrivals in steps of 1 ms between them.
  for (now = 10; now <= duration; now += 10) {
    for (let i = 0; i < 480; i++) block[i] = source((now - 10) * 48 + i);
    stream.muted = options.muted?.(now - 10) ?? false;
    stream.write(
      {
        samples: block,
        sampleRate: 48_000,
        channels: 1,
        capture: { time: micros((now - 10) * 1000), bound: micros(0) },
      },
      micros(now * 1000),
    );
    sending.poll(micros(now * 1000));
    const frame = receiver.pull(micros(now * 1000), micros(now * 1000));
    if (frame !== undefined)
      heard.push({ instant: now, samples: frame.samples.slice(), capture: frame.capture });
    options.watch?.(now, receiver.statistics());
    inFlight.sort((a, b) => a.at - b.at);
    while (inFlight[0] !== undefined && inFlight[0].at < now + 10) {
      const { at, deliver } = inFlight.shift()!;
      deliver(receiving, micros(at * 1000));
    }
  }
  const statistics = receiver.statistics();
  stream.close();
  receiver.close();
  return { heard, reports, packets, statistics };
}

/** A sine of amplitude 0.5 and a whole frequency in Hz. */
export function tone(frequency: number): (n: number) => number {
  // A table, as mathematics is slow in a test's sandbox.
  const second = new Float64Array(48_000);
  const { sin, PI } = Math;
  for (let n = 0; n < second.length; n++) second[n] = 0.5 * sin((2 * PI * frequency * n) / 48_000);
  return (n) => second[n % second.length]!;
}

/** Amplitude of `frequency` in `samples`, by correlation with a sine and a cosine. */
export function amplitude(samples: Float32Array, frequency: number): number {
  const { cos, hypot, PI, sin } = Math;
  let re = 0;
  let im = 0;
  samples.forEach((s, n) => {
    re += s * cos((2 * PI * frequency * n) / 48_000);
    im += s * sin((2 * PI * frequency * n) / 48_000);
  });
  return (2 * hypot(re, im)) / samples.length;
}

export const joined = (heard: readonly Heard[]): Float32Array => {
  const all = new Float32Array(heard.length * 480);
  heard.forEach(({ samples }, i) => all.set(samples, i * 480));
  return all;
};

export const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
