import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  FrameAssembler,
  Vp8Packetizer,
  vp8Depacketizer,
  Vp9Packetizer,
  vp9Depacketizer,
  type FramePart,
  type Packetizer,
  type ReceivedPacket,
  type RtpPayload,
  type Vp8Frame,
  type Vp9Frame,
} from '../src/index.js';
import { bytes, framesIn, lossesIn, media, run, toPackets } from './support/rtp.js';

/** A frame of a test: its temporal layer, and how many pictures back its references lie. */
interface Picture {
  readonly key: boolean;
  readonly tid: number;
  readonly references: readonly number[];
}

/** L1T3 as libvpx and others make it: 0 2 1 2, every picture by its nearest lower ones. */
const GROUP: readonly Picture[] = [
  { key: false, tid: 0, references: [4] },
  { key: false, tid: 2, references: [1] },
  { key: false, tid: 1, references: [2] },
  { key: false, tid: 2, references: [1] },
];
const KEY: Picture = { key: true, tid: 0, references: [] };
const pictures = (count: number, keys: readonly number[] = [0]): Picture[] =>
  Array.from({ length: count }, (_, i) => {
    const since = i - Math.max(...keys.filter((key) => key <= i));
    return since === 0 ? KEY : GROUP[since % 4]!;
  });

const packetize = <Frame>(
  packetizer: Packetizer<Frame>,
  frames: readonly Frame[],
): (readonly RtpPayload[])[] => frames.map((frame) => packetizer.packetize(frame, 100));

const layer = (temporalId: number) => ({
  temporalId,
  switchingPoint: false,
  spatialId: 0,
  interLayer: false,
});
const STRUCTURE = {
  spatialLayers: 1,
  sizes: undefined,
  group: GROUP.map(({ tid, references }) => ({
    temporalId: tid,
    switchingPoint: false,
    references,
  })),
};

/** How the same pictures are sent in each way that tells their references. */
const SENDERS = {
  'VP9 in flexible mode': (all: readonly Picture[]) =>
    packetize<Vp9Frame>(
      new Vp9Packetizer({ flexible: true, pictureId: 32_765 }),
      all.map(({ key, tid, references }) => ({
        data: media(250),
        key,
        references,
        layer: layer(tid),
      })),
    ),
  'VP9 with a picture group': (all: readonly Picture[]) =>
    packetize<Vp9Frame>(
      new Vp9Packetizer({ pictureId: 32_765, tl0PicIdx: 254 }),
      all.map(({ key, tid }) => ({
        data: media(250),
        key,
        layer: layer(tid),
        ...(key ? { structure: STRUCTURE } : {}),
      })),
    ),
  'VP9 with TL0PICIDX': (all: readonly Picture[]) =>
    packetize<Vp9Frame>(
      new Vp9Packetizer({ pictureId: 32_765, tl0PicIdx: 254 }),
      all.map(({ key, tid }) => ({ data: media(250), key, layer: layer(tid) })),
    ),
  'VP8 with TL0PICIDX': (all: readonly Picture[]) =>
    packetize<Vp8Frame>(
      new Vp8Packetizer({ pictureId: 32_765, tl0PicIdx: 254 }),
      all.map(({ key, tid }) => ({
        data: withFirst(key ? 0x10 : 0x11),
        layer: { temporalId: tid, layerSync: false },
      })),
    ),
};
const withFirst = (first: number): Uint8Array => {
  const data = media(250);
  data[0] = first;
  return data;
};

/** Assembles what begins with VP8 or VP9 in its name. */
function receive(name: string, packets: readonly ReceivedPacket[]) {
  const assembler: FrameAssembler<FramePart> = name.startsWith('VP9')
    ? new FrameAssembler(vp9Depacketizer)
    : new FrameAssembler(vp8Depacketizer);
  const outputs = run(assembler, packets);
  return {
    keyFrameNeeded: assembler.keyFrameNeeded,
    given: framesIn(outputs).map(({ timestamp }) => (timestamp - 90_000) / 3000),
    losses: lossesIn(outputs),
  };
}

/** Which pictures can be decoded when these are lost. */
function decodable(all: readonly Picture[], lost: ReadonlySet<number>): number[] {
  const decoded = new Set<number>();
  all.forEach(({ references }, i) => {
    if (!lost.has(i) && references.every((back) => decoded.has(i - back))) decoded.add(i);
  });
  return [...decoded].sort((a, b) => a - b);
}

describe.each(Object.entries(SENDERS))('%s', (name, send) => {
  // TL0PICIDX tells of the base layer exactly, of higher layers only what their syncs and switching points say.
  const isExact = !name.endsWith('TL0PICIDX');
  const all = pictures(16);
  const sent = toPackets(send(all));
  const PER_PICTURE = 3;
  const without = (...lost: number[]): ReceivedPacket[] =>
    sent.filter((_, i) => !lost.includes(Math.floor(i / PER_PICTURE)));

  test('nothing is held back when nothing is lost', () => {
    expect(receive(name, sent).given).toEqual(all.map((_, i) => i));
  });

  test('the loss of one packet of a top layer costs nothing below it', () => {
    const { given, losses } = receive(
      name,
      sent.filter((_, i) => i !== 5 * PER_PICTURE + 1),
    );
    const costs = (i: number): boolean => (isExact ? i === 5 : i >= 5 && all[i]!.tid === 2);
    expect(given).toEqual(all.map((_, i) => i).filter((i) => !costs(i)));
    expect(losses).toMatchObject([{ packets: 1, keyFrameNeeded: false }]);
  });

  test('the base layer goes on when a picture of the top layer is lost whole', () => {
    const { given, losses } = receive(name, without(5));
    expect(given).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 8, 12]));
    expect(given).not.toContain(5);
    expect(losses).toMatchObject([{ packets: 3, keyFrameNeeded: false }]);
  });

  test.each([
    ['in part', [12]],
    ['whole', [12, 13, 14]],
    ['with what follows', [14, 15, 16]],
  ])('a base layer picture that is lost %s ends all until the next key frame', (how, lost) => {
    const withKey = pictures(12, [0, 10]);
    const packets = toPackets(send(withKey));
    const kept = packets.filter((_, i) => !lost.includes(i));
    const { given, losses, keyFrameNeeded } = receive(name, kept);
    expect(given).toEqual([0, 1, 2, 3, 10, 11]);
    expect(keyFrameNeeded).toBe(false);
    // With references alone it shows when the next base layer picture comes.
    const shows = name !== 'VP9 in flexible mode' || how !== 'whole';
    expect(losses.map((loss) => loss.keyFrameNeeded)).toEqual([shows]);
    const beforeKey = kept.filter(({ timestamp }) => timestamp < 90_000 + 10 * 3000);
    expect(receive(name, beforeKey).keyFrameNeeded).toBe(true);
  });

  test('layers that a middlebox takes out are not missed', () => {
    const kept = sent.filter((_, i) => all[Math.floor(i / PER_PICTURE)]!.tid < 2);
    const renumbered = kept.map((packet, i) => ({ ...packet, sequenceNumber: i }));
    const { given, losses } = receive(name, renumbered);
    expect(losses).toEqual([]);
    expect(given).toEqual(all.flatMap(({ tid }, i) => (tid < 2 ? [i] : [])));
  });

  test('whatever is lost, nothing is given whose references are missing', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(19), { maxLength: 8 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { maxLength: 2 }),
        (lost, keys) => {
          const mixed = pictures(20, [0, ...keys]);
          const packets = toPackets(send(mixed));
          const gone = new Set(lost);
          const { given } = receive(
            name,
            packets.filter((_, i) => !gone.has(Math.floor(i / PER_PICTURE))),
          );
          const possible = decodable(mixed, gone);
          expect(given.filter((i) => !possible.includes(i))).toEqual([]);
          // And no more is held back than must be.
          const sure = isExact ? possible : possible.filter((i) => mixed[i]!.tid === 0);
          expect(sure.filter((i) => !given.includes(i))).toEqual([]);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe('VP9 in flexible mode', () => {
  const send = (references: readonly (readonly number[])[]): ReceivedPacket[] =>
    toPackets(
      packetize<Vp9Frame>(
        new Vp9Packetizer({ flexible: true }),
        references.map((each) => ({ data: media(50), key: each.length === 0, references: each })),
      ),
    );

  test('goes on after a loss by a picture that refers to an older one', () => {
    const packets = send([[], [1], [1], [3, 2], [1]]).filter((_, i) => i !== 2);
    const { given, losses } = receive('VP9', packets);
    expect(given).toEqual([0, 1, 3, 4]);
    expect(losses).toMatchObject([{ packets: 1, keyFrameNeeded: false }]);
  });

  test('nothing from before a key frame can be referred to', () => {
    expect(receive('VP9', send([[], [1], [], [2], [2]])).given).toEqual([0, 1, 2, 4]);
  });

  test('asks for a key frame when the next picture refers to what is lost', () => {
    const { given, losses } = receive(
      'VP9',
      send([[], [1], [1], [1], [4]]).filter((_, i) => i !== 2),
    );
    expect(given).toEqual([0, 1, 4]);
    expect(losses).toMatchObject([{ packets: 1, keyFrameNeeded: true }]);
  });
});

describe('VP8', () => {
  test('goes on after the loss of a frame that nobody refers to', () => {
    const frames = [0x10, 0x11, 0x11, 0x11].map((first, i) => ({
      data: withFirst(first),
      nonReference: i === 2,
    }));
    const sent = toPackets(packetize<Vp8Frame>(new Vp8Packetizer(), frames));
    const { given, losses } = receive(
      'VP8',
      sent.filter((_, i) => i !== 7),
    );
    expect(given).toEqual([0, 1, 3]);
    expect(losses).toMatchObject([{ packets: 1, keyFrameNeeded: false }]);
  });

  test('a layer that lost a picture waits for one that refers to the base layer only', () => {
    const layers = [0, 1, 0, 1, 0, 1, 0, 1];
    const frames = layers.map((temporalId, i) => ({
      data: bytes(i === 0 ? 0x10 : 0x11, 1),
      layer: { temporalId, layerSync: i === 5 },
    }));
    const sent = toPackets(packetize<Vp8Frame>(new Vp8Packetizer(), frames));
    expect(
      receive(
        'VP8',
        sent.filter((_, i) => i !== 1),
      ).given,
    ).toEqual([0, 2, 4, 5, 6, 7]);
  });

  test('without picture IDs every loss asks for a key frame', () => {
    const payload = (first: number): RtpPayload[] => [
      { payload: bytes(0x10, first, 7), marker: true },
    ];
    const sent = toPackets([0x10, 0x11, 0x11, 0x11, 0x10, 0x11].map(payload));
    expect(receive('VP8', sent).given).toEqual([0, 1, 2, 3, 4, 5]);
    const { given, losses } = receive(
      'VP8',
      sent.filter((_, i) => i !== 2),
    );
    expect(given).toEqual([0, 1, 4, 5]);
    expect(losses).toMatchObject([{ keyFrameNeeded: true }]);
  });

  test('a 7-bit picture ID wraps', () => {
    const sent = toPackets(
      Array.from({ length: 300 }, (_, i) => [
        { payload: bytes(0x90, 0x80, i & 0x7f, i === 0 ? 0x10 : 0x11, 7), marker: true },
      ]),
    );
    expect(receive('VP8', sent).given).toHaveLength(300);
  });
});

test('a VP9 structure in mid-stream describes the pictures from its own on', () => {
  const group = (...references: number[]) => ({
    spatialLayers: 1,
    sizes: undefined,
    group: references.map((back) => ({
      temporalId: 0,
      switchingPoint: false,
      references: [back],
    })),
  });
  // Each picture refers to the one before, from picture 3 on every second one to the one before that.
  const structures = [group(1), undefined, undefined, group(2, 1)];
  const frames = Array.from({ length: 8 }, (_, i) => structures[i]).map((structure, i) => ({
    data: media(50),
    key: i === 0,
    ...(structure ? { structure } : {}),
  }));
  const sent = toPackets(packetize<Vp9Frame>(new Vp9Packetizer(), frames));
  expect(receive('VP9', sent).given).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(
    receive(
      'VP9',
      sent.filter((_, i) => i !== 2),
    ).given,
  ).toEqual([0, 1, 3, 4, 5, 6, 7]);
  expect(
    receive(
      'VP9',
      sent.filter((_, i) => i !== 4),
    ).given,
  ).toEqual([0, 1, 2, 3, 5, 6, 7]);
});

test.each([
  // X and I; and in flexible mode I, P, F, B, E, with a reference to the picture before.
  ['VP8', (id: number) => [0x90, 0x80, id, id === 0 ? 0x10 : 0x11, 7]],
  ['VP9', (id: number) => (id === 0 ? [0x9c, id, 7] : [0xdc, id, 0x02, 7])],
])(
  '%s: a short picture ID is not trusted over a loss in which it may have wrapped',
  (name, payload) => {
    const sent = toPackets(
      Array.from({ length: 10 }, (_, id) => [{ payload: bytes(...payload(id)), marker: true }]),
    );
    const first = sent.slice(0, 5);
    // The IDs go on as if nothing had been lost.
    const rest = sent.slice(5, 10).map((packet) => ({
      ...packet,
      sequenceNumber: packet.sequenceNumber + 128,
      timestamp: packet.timestamp + 128 * 3000,
    }));
    const { given, keyFrameNeeded } = receive(name, [...first, ...rest]);
    expect(given).toEqual([0, 1, 2, 3, 4]);
    expect(keyFrameNeeded).toBe(true);
  },
);

test('256 lost pictures of the base layer are not taken for none', () => {
  const frames = Array.from({ length: 300 }, (_, i) => ({
    data: bytes(i === 0 ? 0x10 : 0x11, 1),
    layer: { temporalId: 0, layerSync: false },
  }));
  const sent = toPackets(packetize<Vp8Frame>(new Vp8Packetizer(), frames));
  const { given, keyFrameNeeded } = receive(
    'VP8',
    sent.filter((_, i) => i < 5 || i >= 261),
  );
  expect(given).toEqual([0, 1, 2, 3, 4]);
  expect(keyFrameNeeded).toBe(true);
});

test('VP9 layers above a switching point are whole again', () => {
  const tids = [0, 1, 0, 1, 0, 1];
  const frames = tids.map((tid, i) => ({
    data: media(50),
    key: i === 0,
    layer: { ...layer(tid), switchingPoint: i === 4 },
  }));
  const sent = toPackets(packetize<Vp9Frame>(new Vp9Packetizer(), frames));
  expect(
    receive(
      'VP9',
      sent.filter((_, i) => i !== 1),
    ).given,
  ).toEqual([0, 2, 4, 5]);
});

test('the spatial layers of a picture come as one frame, and are lost as one', () => {
  const packetizer = new Vp9Packetizer();
  const sent = toPackets(
    Array.from({ length: 4 }, (_, i) =>
      [0, 1].flatMap((spatialId) =>
        packetizer.packetize(
          {
            data: media(150, 10 + spatialId),
            key: i === 0 || i === 3,
            layer: { temporalId: 0, switchingPoint: true, spatialId, interLayer: spatialId > 0 },
            endOfPicture: spatialId === 1,
          },
          100,
        ),
      ),
    ),
  );
  const outputs = run(new FrameAssembler(vp9Depacketizer), sent);
  expect(
    framesIn(outputs).map(({ data, spatialId }) => [data.length, data[0], data[150], spatialId]),
  ).toEqual(Array.from({ length: 4 }, () => [300, 10, 11, 1]));
  // The upper layer of picture 1 is lost: what follows refers to it.
  const { given, losses } = receive(
    'VP9',
    sent.filter((_, i) => i !== 4 + 3),
  );
  expect(given).toEqual([0, 3]);
  expect(losses).toMatchObject([{ packets: 1, keyFrameNeeded: true }]);
});

test.each([true, false])(
  'an upper spatial layer without the lower one it needs is not given (flexible: %s)',
  (flexible) => {
    const packetizer = new Vp9Packetizer({ flexible });
    const sent = toPackets(
      Array.from({ length: 4 }, (_, i) =>
        [0, 1].flatMap((spatialId) =>
          packetizer.packetize(
            {
              data: media(50),
              key: i === 0,
              references: flexible && i > 0 ? [1] : [],
              layer: { temporalId: 0, switchingPoint: true, spatialId, interLayer: spatialId > 0 },
              endOfPicture: spatialId === 1,
            },
            100,
          ),
        ),
      ),
    );
    // A middlebox takes the base layer of picture 2 out and numbers the rest anew.
    const kept = sent
      .filter((_, i) => i !== 4)
      .map((packet, sequenceNumber) => ({ ...packet, sequenceNumber }));
    expect(receive('VP9', kept).given).toEqual([0, 1]);
  },
);
