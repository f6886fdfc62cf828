import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  loadOpus,
  type OpusBandwidth,
  type OpusDecoder,
  type OpusEngine,
  packetHasFec,
} from '../src/index.js';
import { encoded, ENGINES } from './support/opus.js';
import { concat, interleave, random, snr } from './support/signals.js';
import { speech } from './support/speech.js';

const mono = speech(5, 48_000, 96_000);

/** Packets of one frame of speech each, with in-band FEC, in frames of `milliseconds` at 48 kHz. */
async function protectedSpeech(
  milliseconds: number,
  channels: 1 | 2 = 1,
  maxBandwidth: OpusBandwidth = 'wideband',
): Promise<Uint8Array[]> {
  const options = {
    channels,
    application: 'voip',
    bitrate: 40_000,
    complexity: 3,
    fec: true,
    expectedLoss: 0.25,
    maxBandwidth,
  } as const;
  const pcm = channels === 2 ? interleave(mono, mono) : mono;
  return encoded(await loadOpus(), options, pcm, 48 * milliseconds);
}

describe.each(ENGINES)('in-band FEC decoded by %s', (name) => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus(name);
  });

  const decoderAfter = async (
    packets: readonly Uint8Array[],
    options = { sampleRate: 48_000, channels: 1 },
  ): Promise<OpusDecoder> => {
    const decoder = await engine.createDecoder(options);
    for (const packet of packets) decoder.decode(packet);
    return decoder;
  };

  test('is declared, and gives samples if so', async () => {
    const packets = await protectedSpeech(20);
    const at = packets.findIndex((packet, i) => i > 10 && packetHasFec(packet));
    const decoder = await decoderAfter(packets.slice(0, at - 1));
    expect(decoder.decodeFec(packets[at]!, 960) !== undefined).toBe(engine.capabilities.decodesFec);
    expect(decoder.decode(packets[at]!)?.length).toBe(960);
    decoder.close();
  });

  test('gives undefined, and leaves the decoder as it was, where there is no redundancy', async () => {
    const packets = await protectedSpeech(20);
    const plain = packets.findIndex((packet, i) => i > 10 && !packetHasFec(packet));
    const before = packets.slice(0, plain - 1);
    const [asked, unasked] = [await decoderAfter(before), await decoderAfter(before)];
    for (const packet of [
      packets[plain]!,
      new Uint8Array(0),
      Uint8Array.of(3),
      Uint8Array.of(0x48),
      new Uint8Array(70_000).fill(0x4b),
    ]) {
      expect(asked.decodeFec(packet, 960)).toBeUndefined();
    }
    expect(asked.decodeLost(960)).toEqual(unasked.decodeLost(960));
    expect(asked.decode(packets[plain]!)).toEqual(unasked.decode(packets[plain]!));
    for (const decoder of [asked, unasked]) decoder.close();
  });
});

describe('a frame recovered by libopus-wasm', () => {
  let engine: OpusEngine;
  beforeAll(async () => {
    engine = await loadOpus();
  });

  const decoder = (channels = 1, sampleRate = 48_000): Promise<OpusDecoder> =>
    engine.createDecoder({ sampleRate, channels });

  /** What two decoders give in place of every fifth packet, and what was there. */
  async function losses(
    packets: readonly Uint8Array[],
    channels: number,
    sampleRate: number,
    samples: number,
  ): Promise<{ lossless: Float32Array; recovered: Float32Array; concealed: Float32Array }> {
    const decoders = [
      await decoder(channels, sampleRate),
      await decoder(channels, sampleRate),
      await decoder(channels, sampleRate),
    ] as const;
    const [all, recovering, concealing] = decoders;
    const heard: Record<'lossless' | 'recovered' | 'concealed', Float32Array[]> = {
      lossless: [],
      recovered: [],
      concealed: [],
    };
    packets.forEach((packet, i) => {
      const pcm = all.decode(packet)!;
      const next = packets[i + 1];
      if (i % 5 === 4 && next && packetHasFec(next)) {
        heard.lossless.push(pcm);
        heard.recovered.push(recovering.decodeFec(next, samples)!);
        heard.concealed.push(concealing.decodeLost(samples));
        return;
      }
      for (const one of [recovering, concealing]) one.decode(packet);
    });
    for (const one of decoders) one.close();
    return {
      lossless: concat(heard.lossless),
      recovered: concat(heard.recovered),
      concealed: concat(heard.concealed),
    };
  }

  test.each([
    [10, 1, 48_000],
    [20, 1, 48_000],
    [20, 1, 16_000],
    [20, 1, 8_000],
    [20, 2, 48_000],
    [40, 1, 48_000],
    [60, 1, 24_000],
    [60, 2, 48_000],
  ] as const)(
    'of %i ms, %i channel(s) at %i Hz is like what was lost',
    async (ms, channels, rate) => {
      const packets = await protectedSpeech(ms, channels);
      const { lossless, recovered, concealed } = await losses(
        packets,
        channels,
        rate,
        (ms * rate) / 1000,
      );
      expect(recovered.length).toBe(lossless.length);
      expect(snr(lossless, recovered)).toBeGreaterThan(12);
      expect(snr(lossless, recovered) - snr(lossless, concealed)).toBeGreaterThan(5);
    },
  );

  /** A decoder of 20 ms packets that has not got the last before `packets[at]`, which tells of it. */
  async function beforeRecovery(): Promise<{
    packets: Uint8Array[];
    at: number;
    lossless: Float32Array;
    receiver: OpusDecoder;
  }> {
    const packets = await protectedSpeech(20);
    const at = packets.findIndex((packet, i) => i > 40 && packetHasFec(packet));
    const [all, receiver] = [await decoder(), await decoder()];
    const lossless = concat(packets.slice(0, at).map((packet) => all.decode(packet)!));
    for (const packet of packets.slice(0, at - 1)) receiver.decode(packet);
    all.close();
    return { packets, at, lossless: lossless.subarray(lossless.length - 960), receiver };
  }

  test('is followed seamlessly by the packet it came from', async () => {
    const { packets, at, receiver } = await beforeRecovery();
    const all = await decoder();
    for (const packet of packets.slice(0, at)) all.decode(packet);
    receiver.decodeFec(packets[at]!, 960);
    const following = packets.slice(at, at + 3);
    const expected = concat(following.map((packet) => all.decode(packet)!));
    const heard = concat(following.map((packet) => receiver.decode(packet)!));
    expect(snr(expected, heard)).toBeGreaterThan(12);
    for (const one of [all, receiver]) one.close();
  });

  test('is the end of what is given for a longer loss, whose beginning is concealed', async () => {
    const { packets, at, lossless } = await beforeRecovery();
    const [receiver, reference] = [await decoder(), await decoder()];
    for (const packet of packets.slice(0, at - 2)) {
      for (const one of [receiver, reference]) one.decode(packet);
    }
    const given = receiver.decodeFec(packets[at]!, 1920)!;
    expect(given.length).toBe(1920);
    expect(given.subarray(0, 960)).toEqual(reference.decodeLost(960));
    const concealed = snr(lossless, reference.decodeLost(960));
    expect(snr(lossless, given.subarray(960))).toBeGreaterThan(concealed + 3);
    for (const one of [reference, receiver]) one.close();
  });

  test.each([1, 480, 959])('gives its last %i samples for a shorter loss', async (samples) => {
    const { packets, at, receiver } = await beforeRecovery();
    const whole = await decoder();
    for (const packet of packets.slice(0, at - 1)) whole.decode(packet);
    const given = receiver.decodeFec(packets[at]!, samples)!;
    expect(given).toEqual(whole.decodeFec(packets[at]!, 960)!.slice(960 - samples));
    for (const one of [whole, receiver]) one.close();
  });

  test('is also had at the very beginning of a stream', async () => {
    const { packets, at } = await beforeRecovery();
    const late = await decoder();
    expect(late.decodeFec(packets[at]!, 960)?.some((x) => Math.abs(x) > 0.01)).toBe(true);
    late.close();
  });

  test('is not claimed after a frame of the other coder, where libopus conceals', async () => {
    const { packets, at } = await beforeRecovery();
    const mixed = await decoder();
    const [celt] = await encoded(engine, { application: 'lowdelay' }, mono.subarray(0, 960));
    mixed.decode(celt!);
    expect(mixed.decodeFec(packets[at]!, 960)).toBeUndefined();
    mixed.decode(packets[at]!);
    expect(mixed.decodeFec(packets[at + 1]!, 960) !== undefined).toBe(
      packetHasFec(packets[at + 1]!),
    );
    mixed.close();
  });

  test('is sound in superwideband and fullband too', async () => {
    for (const bandwidth of ['superwideband', 'fullband'] as const) {
      const packets = await protectedSpeech(20, 1, bandwidth);
      const { lossless, recovered } = await losses(packets, 1, 48_000, 960);
      expect(snr(lossless, recovered)).toBeGreaterThan(8);
    }
  });

  test('at 24 kbit/s and 20 % loss is at least 6 dB closer than concealment', async () => {
    const options = { application: 'voip', bitrate: 24_000, fec: true, expectedLoss: 0.2 } as const;
    const pcm = speech(8, 48_000, 168_000);
    const packets = await encoded(engine, { ...options, maxBandwidth: 'wideband' }, pcm);
    const [all, recovering, concealing] = [await decoder(), await decoder(), await decoder()];
    const next = random(4);
    const original: Float32Array[] = [];
    const recovered: Float32Array[] = [];
    const concealed: Float32Array[] = [];
    for (const [i, packet] of packets.slice(0, -1).entries()) {
      const pcm = all.decode(packet)!;
      if (i < 10 || next() >= 0.2) {
        for (const one of [recovering, concealing]) one.decode(packet);
        continue;
      }
      const lost = concealing.decodeLost(960);
      // Of two losses in a row the first is not recovered: its redundancy is lost too.
      const given = recovering.decodeFec(packets[i + 1]!, 960);
      if (!given) {
        recovering.decodeLost(960);
        continue;
      }
      original.push(pcm);
      recovered.push(given);
      concealed.push(lost);
    }
    for (const one of [all, recovering, concealing]) one.close();
    expect(recovered.length).toBeGreaterThan(15);
    const reference = concat(original);
    const gain = snr(reference, concat(recovered)) - snr(reference, concat(concealed));
    expect(gain).toBeGreaterThan(6);
  });
});
