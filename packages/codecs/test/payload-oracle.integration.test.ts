import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AV1RtpPayload, H264RtpPayload, Vp8RtpPayload, Vp9RtpPayload } from 'werift';
import {
  Vp8Packetizer,
  Vp9Packetizer,
  type RtpPayload,
  type Vp9Frame,
  type Vp9Structure,
} from '../src/index.js';
import {
  av1,
  h264,
  media,
  obu,
  streams,
  vp8,
  vp9,
  vp9Flexible,
  type TestFormat,
} from './support/rtp.js';

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** How werift joins the payloads of a frame. */
const joined: Readonly<Record<string, (payloads: readonly Buffer[]) => Uint8Array>> = {
  VP8: (payloads) => Buffer.concat(payloads.map((each) => Vp8RtpPayload.deSerialize(each).payload)),
  VP9: (payloads) => Buffer.concat(payloads.map((each) => Vp9RtpPayload.deSerialize(each).payload)),
  'H.264': (payloads) => {
    let fragment: Buffer | undefined;
    return Buffer.concat(
      payloads.map((each) => {
        const result = H264RtpPayload.deSerialize(each, fragment);
        fragment = result.fragment;
        return result.payload ?? Buffer.alloc(0);
      }),
    );
  },
  AV1: (payloads) =>
    AV1RtpPayload.getFrame(payloads.map((each) => AV1RtpPayload.deSerialize(each))),
};

test.each([vp8, vp9, h264, av1])(
  'another implementation reads the $name payloads of every frame',
  (format: TestFormat) => {
    fc.assert(
      fc.property(
        streams(3, 4000, 0.5),
        fc.integer({ min: 64, max: 1500 }),
        (frames, maxPayloadSize) => {
          const packetizer = format.packetizer();
          for (const frame of frames) {
            const payloads = packetizer.packetize(frame, maxPayloadSize);
            const read = joined[format.name]!(payloads.map(({ payload }) => Buffer.from(payload)));
            const expected = hex(format.expected(frame));
            // It leaves out the size of the last OBU, as the bitstream format allows.
            const size = format === av1 ? hex(obu(6, frame.content)) : expected;
            const sizeless = format === av1 ? `30${hex(frame.content)}` : expected;
            expect(hex(read)).toBe(expected.replace(size, sizeless));
          }
        },
      ),
      { numRuns: 25 },
    );
  },
);

test('it reads the same VP9 descriptors, in both modes', () => {
  const group = fc.record({
    temporalId: fc.nat(7),
    switchingPoint: fc.boolean(),
    references: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }),
  });
  const structure: fc.Arbitrary<Vp9Structure> = fc
    .record({
      sizes: fc.option(
        fc.array(fc.record({ width: fc.nat(65_535), height: fc.nat(65_535) }), {
          minLength: 1,
          maxLength: 8,
        }),
        { nil: undefined },
      ),
      group: fc.option(fc.array(group, { maxLength: 8 }), { nil: undefined }),
    })
    .map((each) => ({ ...each, spatialLayers: each.sizes?.length ?? 1 }));
  const layer = fc.record({
    temporalId: fc.nat(7),
    switchingPoint: fc.boolean(),
    spatialId: fc.nat(7),
    interLayer: fc.boolean(),
  });
  const sent = fc.record({
    key: fc.boolean(),
    layer: fc.option(layer, { nil: undefined }),
    structure: fc.option(structure, { nil: undefined }),
    references: fc.array(fc.integer({ min: 1, max: 127 }), { minLength: 1, maxLength: 3 }),
    pictureId: fc.nat(32_767),
    tl0PicIdx: fc.nat(255),
    flexible: fc.boolean(),
  });
  fc.assert(
    fc.property(sent, ({ key, layer: l, structure: s, references, flexible, ...counters }) => {
      const packetizer = new Vp9Packetizer({ ...counters, flexible });
      const frame: Vp9Frame = {
        data: media(300),
        key,
        ...(l ? { layer: l } : {}),
        ...(s ? { structure: s } : {}),
        ...(flexible && !key ? { references } : {}),
      };
      const payloads = packetizer.packetize(frame, 200);
      payloads.forEach(({ payload }, i) => {
        const read = Vp9RtpPayload.deSerialize(Buffer.from(payload));
        const bit = (value: boolean): number => (value ? 1 : 0);
        expect(read).toMatchObject({
          iBit: 1,
          pBit: bit(!key),
          lBit: bit(l !== undefined),
          fBit: bit(flexible),
          bBit: bit(i === 0),
          eBit: bit(i === payloads.length - 1),
          vBit: bit(i === 0 && s !== undefined),
          pictureId: counters.pictureId,
          pDiff: flexible && !key ? references : [],
        });
        expect([read.tid, read.u, read.sid, read.d]).toEqual(
          l
            ? [l.temporalId, bit(l.switchingPoint), l.spatialId, bit(l.interLayer)]
            : [undefined, undefined, undefined, undefined],
        );
        const tl0 = l?.temporalId === 0 ? counters.tl0PicIdx : (counters.tl0PicIdx + 255) % 256;
        expect(read.tl0PicIdx).toBe(l && !flexible ? tl0 : undefined);
        expect([read.n_s, read.width, read.height]).toEqual(
          i === 0 && s
            ? [
                s.spatialLayers - 1,
                (s.sizes ?? []).map(({ width }) => width),
                (s.sizes ?? []).map(({ height }) => height),
              ]
            : [undefined, [], []],
        );
        expect([read.pgT, read.pgP_Diff]).toEqual(
          i === 0 && s?.group
            ? [s.group.map(({ temporalId }) => temporalId), s.group.map((each) => each.references)]
            : [[], []],
        );
      });
    }),
    { numRuns: 100 },
  );
});

test.each([vp8, vp9, vp9Flexible])('it tells $name key frames alike', (format) => {
  const keys = [true, false].map((key) => {
    const [first] = format.packetizer().packetize({ key, content: media(100) }, 1000) as [
      RtpPayload,
    ];
    const read = Buffer.from(first.payload);
    return format === vp8
      ? Vp8RtpPayload.deSerialize(read).isKeyframe
      : Boolean(Vp9RtpPayload.deSerialize(read).isKeyframe);
  });
  expect(keys).toEqual([true, false]);
});

test('it finds the same picture ID in VP8 payloads with layers', () => {
  const [sent] = new Vp8Packetizer({ pictureId: 4711 }).packetize(
    { data: media(10), layer: { temporalId: 1, layerSync: true } },
    100,
  ) as [RtpPayload];
  const read = Vp8RtpPayload.deSerialize(Buffer.from(sent.payload));
  expect(read.pictureId).toBe(4711);
  expect(hex(read.payload)).toBe(hex(media(10)));
});
