import type { OpusDecoder } from '@rm/codecs';
import { AdaptiveDelayPolicy, micros } from '@rm/rtp-sync';
import { AudioPlayout } from '@rm/webrtc-peer';
import { Random } from './random.js';

const RATE = 48_000;
const PACKET = 960;
const TICK = 480;
/** The first minute, in ticks. */
const FIRST = 6000;
/** A tone of 480 Hz repeats after so many samples. */
const PERIOD = 100;
const TONE = Float32Array.from({ length: PERIOD }, (_, n) => Math.sin((2 * Math.PI * n) / PERIOD));
/** Largest second difference of the tone; a cut or a repetition in the wrong place has a larger one. */
const SMOOTH = 2 * (1 - Math.cos((2 * Math.PI) / PERIOD));

/** How a stream of hours came out of a receiver whose clock differs from the sender's. */
export interface Continuity {
  /** Samples that came out, against the elapsed time in samples. */
  readonly surplus: number;
  /** Seconds of the stream played, against those the sender's clock measured in the same time. */
  readonly behind: number;
  /** Samples concealed, cut out or repeated in the first minute, while the sender's clock is got to know. */
  readonly mendedFirst: number;
  /** The same from then on. */
  readonly mendedLater: number;
  /** Largest second difference of the output from then on, as a multiple of the tone's own. */
  readonly roughness: number;
}

/** A decoder for packets of five bytes: which packet of the tone it is. */
class ToneDecoder implements OpusDecoder {
  readonly sampleRate = RATE;
  readonly channels = 1;
  readonly #samples = new Float32Array(PACKET);

  decode(packet: Uint8Array): Float32Array {
    const index = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
    for (let n = 0, at = (index * PACKET) % PERIOD; n < PACKET; n++) {
      this.#samples[n] = TONE[at]!;
      if (++at === PERIOD) at = 0;
    }
    return this.#samples;
  }

  decodeLost(samples: number): Float32Array {
    return new Float32Array(samples);
  }

  decodeFec(): undefined {
    return undefined;
  }

  close(): void {
    // Holds nothing.
  }
}

/** Plays `hours` of a tone in virtual time from a sender whose clock is off by `ppm`, over a network with up to 6 ms of jitter. */
export function playHours(hours: number, ppm: number, seed: number): Continuity {
  const random = new Random(seed);
  const playout = new AudioPlayout({
    decoder: new ToneDecoder(),
    policy: new AdaptiveDelayPolicy(),
  });
  const seconds = hours * 3600;
  const payload = Uint8Array.of(0xf8, 0, 0, 0, 0);
  const view = new DataView(payload.buffer);
  const packet = {
    ssrc: 1,
    payloadType: 111,
    sequenceNumber: 0,
    timestamp: 0,
    marker: false,
    payload,
  };
  const interval = 20_000 / (1 + ppm * 1e-6);
  let sent = 0;
  let arrival = 6000 * random.uniform();
  let out = 0;
  let begun = 0;
  let roughness = 0;
  let before = 0;
  let beforeThat = 0;
  let mendedFirst = 0;
  const mended = (): number => {
    const s = playout.statistics();
    const stretched = s.insertedSamplesForDeceleration + s.removedSamplesForAcceleration;
    return stretched + s.concealedSamples;
  };
  const ticks = seconds * 100;
  for (let tick = 0; tick < ticks; tick++) {
    const now = tick * 10_000;
    while (arrival <= now) {
      packet.sequenceNumber = sent & 0xffff;
      packet.timestamp = (sent * PACKET) >>> 0;
      view.setUint32(1, sent);
      playout.packet(packet, micros(Math.round(arrival)));
      sent++;
      // In order, as one path delivers them.
      arrival = Math.max(arrival, sent * interval + 6000 * random.uniform());
    }
    if (tick === FIRST) mendedFirst = mended();
    const block = playout.pull(micros(now));
    if (block === undefined) continue;
    if (out === 0) begun = tick;
    out += block.length;
    if (tick < FIRST) {
      before = block[TICK - 1]!;
      beforeThat = block[TICK - 2]!;
      continue;
    }
    for (let n = 0; n < TICK; n++) {
      const sample = block[n]!;
      const bend = Math.abs(sample - 2 * before + beforeThat);
      if (bend > roughness) roughness = bend;
      beforeThat = before;
      before = sample;
    }
  }
  const mendedLater = mended() - mendedFirst;
  // The timestamp wraps after 24.9 hours only.
  const played = playout.blockTimestamp / RATE;
  playout.close();
  const measured = ((ticks - 1) * 10_000) / (interval * 50);
  return {
    surplus: out - (ticks - begun) * TICK,
    behind: measured - played,
    mendedFirst,
    mendedLater,
    roughness: roughness / SMOOTH,
  };
}
