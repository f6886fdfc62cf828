import { expect, test } from '@jest/globals';
import { AdaptiveDelayPolicy, millis, type Micros } from '@rm/rtp-sync';
import { amplitude, rms, tone } from './support/audio-link.js';
import { play, roughness } from './support/playout.js';

/**
 * Speech as far as an encoder is concerned: a voiced buzz whose pitch and loudness move, with syllables. Two
 * seconds, over and over.
 */
const VOICE = Float32Array.from({ length: 96_000 }, (_, n) => {
  const t = n / 48_000;
  const phase = 2 * Math.PI * (140 * t + 8 * Math.sin(2 * Math.PI * 0.5 * t));
  const syllable = 0.55 + 0.45 * Math.sin(2 * Math.PI * 3 * t);
  let sum = 0;
  for (let k = 1; k <= 12; k++) sum += Math.sin(k * phase) / (1 + Math.abs(k - 4));
  return 0.18 * syllable * sum;
});
const voice = (n: number): number => VOICE[n % VOICE.length]!;

test.each([800, -800])(
  'a sender whose clock is off by %i ppm is followed without a break in the sound',
  async (ppm) => {
    const a440 = tone(440);
    const { samples, statistics } = await play({ seconds: 16, source: a440, ppm });
    const { estimate, bound } = statistics.clockDriftPpm;
    expect(Math.abs(estimate - ppm)).toBeLessThanOrEqual(bound);
    expect(bound).toBeLessThan(5);
    expect(statistics.concealedSamples).toBe(0);
    // Until the drift is known the delay may have to be mended once or twice.
    const { insertedSamplesForDeceleration: inserted, removedSamplesForAcceleration: removed } =
      statistics;
    expect(inserted + removed).toBeLessThan(1500);
    const settled = samples.subarray(48_000 * 6);
    const pure = Float32Array.from({ length: 48_000 }, (_, n) => a440(n));
    expect(roughness(settled)).toBeLessThan(2 * roughness(pure));
    // Heard at the sender's pitch, in full: a cut or a repetition would smear it.
    const last = samples.subarray(samples.length - 48_000 * 8);
    expect(amplitude(last, 440 * (1 + ppm * 1e-6))).toBeCloseTo(0.5, 2);
    expect(amplitude(last, 440)).toBeLessThan(0.1);
  },
);

test('every sample that goes into the sound is counted, and as many come out', async () => {
  const random = mulberry(7);
  const { samples, statistics } = await play({
    seconds: 10,
    source: voice,
    delay: () => (random() < 0.1 ? undefined : 60 * random()),
    policy: new AdaptiveDelayPolicy(),
    encoder: { application: 'voip', bitrate: 24_000, fec: true, expectedLoss: 0.2 },
  });
  expect(statistics.recoveredSamples).toBeGreaterThan(0);
  expect(statistics.concealedSamples).toBeGreaterThan(0);
  const waiting = statistics.totalSamplesReceived - samples.length;
  expect(waiting).toBeGreaterThanOrEqual(-16);
  expect(waiting).toBeLessThanOrEqual(4 * 960);
});

test('what is lost is recovered from the next packet, closer to the original than concealment', async () => {
  const delay = (i: number): number | undefined => (i % 8 === 5 ? undefined : 1);
  const settings = { application: 'voip', bitrate: 24_000 } as const;
  const heard = async (fec: boolean): Promise<{ share: number; snr: number }> => {
    const encoder = { ...settings, fec, expectedLoss: fec ? 0.2 : 0 };
    const whole = await play({ seconds: 5, source: voice, encoder });
    const lossy = await play({ seconds: 5, source: voice, delay, encoder });
    const { recoveredSamples, concealedSamples, packetsLost } = lossy.statistics;
    expect(recoveredSamples + concealedSamples).toBe(packetsLost * 960);
    const share = recoveredSamples / (recoveredSamples + concealedSamples);
    return { share, snr: snr(whole.samples, lossy.samples) };
  };
  const [recovered, concealed] = [await heard(true), await heard(false)];
  expect(recovered.share).toBeGreaterThan(0.6);
  expect(concealed.share).toBe(0);
  expect(recovered.snr - concealed.snr).toBeGreaterThan(5);
});

test('a pause under DTX is background noise: no loss, no dead line', async () => {
  const random = mulberry(3);
  const hiss = (): number => 0.02 * (random() - 0.5);
  const { samples, statistics } = await play({
    seconds: 9,
    // Speech in the second and the sixth second.
    source: (n) => hiss() + (Math.floor(n / 48_000) % 4 === 1 ? voice(n) : 0),
    discontinuous: true,
    encoder: { application: 'voip', bitrate: 24_000, dtx: true },
  });
  expect(statistics.comfortNoiseSamples).toBeGreaterThan(48_000 * 1.5);
  expect(statistics.concealedSamples).toBe(0);
  expect(statistics.packetsLost).toBe(0);
  const quiet = samples.subarray(48_000 * 4);
  for (let n = 0; n < 38_400; n += 4800) {
    const level = rms(quiet.subarray(n, n + 4800));
    expect(level).toBeGreaterThan(0.02 / Math.sqrt(12) / 3);
    expect(level).toBeLessThan((0.02 / Math.sqrt(12)) * 2);
  }
  // The words after the pause come when they were said, to the delay of the buffer.
  expect(rms(samples.subarray(48_000 * 5.3, 48_000 * 5.7))).toBeGreaterThan(0.05);
});

test('a delay too long is worked off, also of sound that cannot be cut unheard', async () => {
  const random = mulberry(11);
  const noise = Float32Array.from({ length: 48_000 }, () => 0.3 * (random() - 0.5));
  let target = millis(60);
  const delays: number[] = [];
  const { statistics } = await play({
    seconds: 7,
    source: (n) => noise[n % noise.length]!,
    policy: {
      get target() {
        return target;
      },
      observe: () => undefined,
    },
    onTick: (playout, now) => {
      if (now === 2000) target = millis(30);
      if (playout.present) delays.push(playout.delayAt(millis(now)));
    },
  });
  expect(delays[150]).toBeGreaterThan(55_000);
  expect(Math.max(...delays.slice(-50))).toBeLessThanOrEqual(42_000);
  expect(statistics.concealedSamples).toBe(0);
});

test('a delay asked for is kept to a fraction of a millisecond', async () => {
  const errors: number[] = [];
  await play({
    seconds: 48,
    source: tone(200),
    ppm: 300,
    onTick: (playout, now) => {
      if (!playout.present) return;
      const wanted = millis(now < 24_000 ? 63.7 : 88.2);
      playout.holdDelay(wanted as Micros);
      if (now > 20_000 && now < 24_000) errors.push(playout.delayAt(millis(now)) - wanted);
      if (now > 44_000) errors.push(playout.delayAt(millis(now)) - wanted);
    },
  });
  expect(errors.length).toBeGreaterThan(350);
  for (const error of errors) expect(Math.abs(error)).toBeLessThan(1000);
});

/** Signal to noise ratio in dB of `samples` against `clean`. */
function snr(clean: Float32Array, samples: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let n = 9600; n < Math.min(clean.length, samples.length) - 9600; n++) {
    signal += clean[n]! ** 2;
    noise += (samples[n]! - clean[n]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

function mulberry(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
