import { expect, test } from '@jest/globals';
import { loadOpus } from '@rm/codecs';
import { FixedDelayPolicy, PlayoutAlignment, micros, millis, ntpFromUnix } from '@rm/rtp-sync';
import { AudioReceiver } from '../src/media/audio-receiver.js';
import { UNIX } from './support/audio-link.js';

interface Peer {
  /** One-way delay in ms. */
  readonly delay: number;
  /** How much faster its media clock runs, in ppm. */
  readonly ppm: number;
}

const SECONDS = 26;
/** 200 Hz. */
const HUM = Float32Array.from({ length: 240 }, (_, n) => 0.02 * Math.sin((2 * Math.PI * n) / 240));
/** Every peer hears the same click at the end of every second. */
const CLICK = 47_000;

/** Plays peers to one listener; gives for each the instants at which its clicks are heard, in ms. */
async function clicksHeard(peers: readonly Peer[], maxDelay: number): Promise<number[][]> {
  const opus = await loadOpus();
  const alignment = new PlayoutAlignment({ maxDelay: millis(maxDelay) });
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    bitrate: 64_000,
    complexity: 0,
    application: 'audio',
  });
  // A hum, so that a time-stretch has something to work with, and clicks.
  const packets = Array.from({ length: SECONDS * 50 }, (_, i) =>
    encoder.encode(
      Float32Array.from({ length: 960 }, (__, n) => {
        const at = (i * 960 + n) % 48_000;
        return at >= CLICK && at < CLICK + 24 ? 0.8 : HUM[at % 240]!;
      }),
    ),
  );
  encoder.close();
  const receivers: AudioReceiver[] = [];
  for (const _ of peers)
    receivers.push(
      new AudioReceiver({
        decoder: await opus.createDecoder({ sampleRate: 48_000, channels: 1 }),
        policy: new FixedDelayPolicy(millis(30)),
        aligned: alignment.join(),
        unixOrigin: UNIX,
        clockOffset: () => ({ offset: micros(0), bound: micros(500), roundTrip: millis(1) }),
      }),
    );
  const heard: number[][] = peers.map(() => []);
  const sent = peers.map(() => 0);
  for (let now = 0; now < SECONDS * 1000; now += 10) {
    for (const [p, { delay, ppm }] of peers.entries()) {
      // The time at which a packet's last sample was captured, by our clock.
      const captured = (i: number): number => ((i + 1) * 20) / (1 + ppm * 1e-6);
      for (; captured(sent[p]!) + delay <= now && sent[p]! < packets.length; sent[p]!++) {
        const i = sent[p]!;
        const timestamp = (p * 1e9 + i * 960) >>> 0;
        const arrival = micros(Math.round((captured(i) + delay) * 1000));
        receivers[p]!.packet(
          {
            ssrc: 9,
            payloadType: 111,
            sequenceNumber: i,
            timestamp,
            marker: false,
            payload: packets[i]!,
          },
          arrival,
        );
        if (i % 50 > 0 && i > 100) continue;
        const ntp = ntpFromUnix(micros(UNIX + Math.round(captured(i - 1) * 1000)));
        receivers[p]!.senderReport({
          ssrc: 9,
          ntpSeconds: ntp.seconds,
          ntpFraction: ntp.fraction,
          rtpTimestamp: timestamp,
          packetCount: 0,
          octetCount: 0,
        });
      }
      const frame = receivers[p]!.pull(millis(now), millis(now));
      const click = frame?.samples.findIndex((sample) => Math.abs(sample) > 0.3) ?? -1;
      const at = now + click / 48;
      if (click >= 0 && at - (heard[p]!.at(-1) ?? 0) > 100) heard[p]!.push(at);
    }
    alignment.update(millis(now));
  }
  for (const receiver of receivers) receiver.close();
  return heard;
}

const PEERS = [
  { delay: 3, ppm: 200 },
  { delay: 28, ppm: -400 },
  { delay: 16, ppm: 0 },
];
/** How far apart the last click of each peer is heard, in ms: they were made at the same instant, but for the drift. */
const spread = (heard: readonly number[][], peers: readonly Peer[]): number => {
  const last = heard.map((clicks, p) => {
    const made =
      (Math.round(clicks.at(-1)! / 1000) * 1000 - 1000 / 48) / (1 + peers[p]!.ppm * 1e-6);
    return clicks.at(-1)! - made;
  });
  return Math.max(...last) - Math.min(...last);
};

test('what several peers made at one instant is heard at one instant, but for one beyond the limit', async () => {
  const slow = { delay: 300, ppm: 0 };
  const heard = await clicksHeard([...PEERS, slow], 100);
  expect(spread(heard.slice(0, 3), PEERS)).toBeLessThan(1);
  const delays = heard.map((clicks) => (clicks.at(-1)! % 1000) - CLICK / 48);
  expect(delays[1]!).toBeLessThan(100);
  expect(delays[3]! + 1000).toBeGreaterThan(300);
});

test('where waiting is not allowed each is heard as soon as it can be', async () => {
  expect(spread(await clicksHeard(PEERS, 0), PEERS)).toBeGreaterThan(10);
});
