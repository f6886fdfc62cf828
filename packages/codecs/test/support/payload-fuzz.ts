import {
  Av1Packetizer,
  FrameAssembler,
  H264Packetizer,
  OpusPacketizer,
  Vp8Packetizer,
  Vp9Packetizer,
  type ReceivedPacket,
} from '../../src/index.js';
import { drain, framesIn, media, micros, type TestFormat } from './rtp.js';

/** A random number generator of 32-bit state (mulberry32): below `range`. */
function generator(seed: number): (range: number) => number {
  let state = seed >>> 0;
  return (range) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % range;
  };
}

/** Payloads with every feature of their format. */
function corpus(format: TestFormat): Uint8Array[] {
  const sender = format.packetizer();
  const plain = [0, 1, 2, 3].flatMap((i) =>
    sender.packetize({ key: i % 2 === 0, content: media(60 + 90 * i) }, 100),
  );
  const layer = { temporalId: 1, switchingPoint: true, spatialId: 1, interLayer: true };
  const structure = {
    spatialLayers: 2,
    sizes: [
      { width: 320, height: 180 },
      { width: 640, height: 360 },
    ],
    group: [0, 2, 1, 2].map((temporalId) => ({
      temporalId,
      switchingPoint: false,
      references: [1, 2, 4],
    })),
  };
  const layered = format.name.startsWith('VP9')
    ? new Vp9Packetizer().packetize({ data: media(150), key: true, layer, structure }, 100)
    : format.name === 'VP8'
      ? new Vp8Packetizer().packetize(
          { data: media(150), layer: { temporalId: 2, layerSync: true } },
          100,
        )
      : [];
  return [...plain, ...layered].map(({ payload }) => payload);
}

function mutate(payload: Uint8Array, random: (range: number) => number): Uint8Array {
  const at = random(payload.length + 1);
  switch (random(7)) {
    case 0:
      return payload.slice(0, at);
    case 1:
      return payload.slice(at);
    case 2:
      return Uint8Array.from({ length: random(40) }, () => random(256));
    case 3:
      return Uint8Array.from([...payload.slice(0, at), random(256), ...payload.slice(at)]);
    case 4:
      // A start code where H.264 has none.
      return Uint8Array.from([...payload.slice(0, at), 0, 0, 1, random(256), ...payload.slice(at)]);
    default: {
      const copy = payload.slice();
      for (let i = random(4); i >= 0; i--) {
        // Headers are where it hurts.
        copy[random(random(2) === 0 ? Math.min(8, copy.length) : copy.length)] = random(256);
      }
      return copy;
    }
  }
}

/** Gives `count` mutated packets of a format to its depacketizer and an assembler; returns the frames that came out. */
export function fuzzPayloads(format: TestFormat, count: number, seed: number): number {
  const random = generator(seed);
  const payloads = corpus(format);
  const assembler = new FrameAssembler(format.depacketizer, { maxPackets: 64 });
  let sequence = random(65_536);
  let frames = 0;
  for (let i = 0; i < count; i++) {
    const original = payloads[random(payloads.length)]!;
    const payload = random(4) === 0 ? original : mutate(original, random);
    const jump = random(200) === 0 ? random(65_536) : random(20) === 0 ? random(5) - 2 : 1;
    sequence = (sequence + jump) & 0xffff;
    const packet: ReceivedPacket = {
      sequenceNumber: sequence,
      timestamp: (3000 * (i >> random(3))) >>> 0,
      marker: random(3) === 0,
      payload,
      arrival: micros(1000 * i),
    };
    assembler.push(packet);
    for (const { data } of framesIn(drain(assembler, 1000 * i))) {
      if (data.length === 0) throw new Error('an empty frame came out');
      packetizeAgain(format, data);
      frames++;
    }
    if (random(1000) === 0) assembler.reset();
  }
  return frames;
}

/** What comes out is a frame that can be sent on. */
function packetizeAgain(format: TestFormat, data: Uint8Array): void {
  if (format.name === 'H.264') new H264Packetizer().packetize({ data }, 1200);
  else if (format.name === 'AV1') new Av1Packetizer().packetize({ data, key: false }, 1200);
  else if (format.name === 'Opus') new OpusPacketizer().packetize(data, 1200);
}

/** A seed to be told in the test's name, so that a failure can be repeated with FUZZ_SEED. */
export const fuzzSeed = (): number => Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
