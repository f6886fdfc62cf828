import { describe, expect, test } from '@jest/globals';
import {
  Av1Packetizer,
  av1Depacketizer,
  H264Packetizer,
  h264Depacketizer,
  OpusPacketizer,
  opusDepacketizer,
  Vp8Packetizer,
  vp8Depacketizer,
  Vp9Packetizer,
  vp9Depacketizer,
  type RtpPayload,
} from '../src/index.js';
import { bytes, concat, media, obu, TEMPORAL_DELIMITER } from './support/rtp.js';

const parsed = <Value>(
  result: { ok: true; value: Value } | { ok: false; reason: string },
): Value => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
const fault = (result: { ok: true } | { ok: false; reason: string }): string =>
  result.ok ? 'none' : result.reason;
const heads = (payloads: readonly RtpPayload[], length: number): number[][] =>
  payloads.map(({ payload }) => [...payload.subarray(0, length)]);
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('VP8', () => {
  // The examples of RFC 7741 §4.6, with a byte or two of the VP8 frame behind them.
  test.each([
    ['a key frame in one packet', '908011 10', { begins: true, key: true, pictureId: 17 }],
    [
      'an interframe without extensions',
      '10 11',
      { begins: true, key: false, pictureId: undefined },
    ],
    ['a second partition', '918011 11', { begins: false, key: false, pictureId: 17 }],
    ['a later fragment', '808011 10', { begins: false, key: false, pictureId: 17 }],
    ['a long picture ID', '90809267 11', { begins: true, pictureId: 4711, pictureIdBits: 15 }],
    [
      'all extensions',
      'b0f09267 45a3 11',
      { nonReference: true, tl0PicIdx: 0x45, temporalId: 2, layerSync: true, keyIdx: 3 },
    ],
    ['TL0PICIDX alone', '904045 11', { tl0PicIdx: 0x45, temporalId: 0, keyIdx: undefined }],
    [
      'the layer alone',
      '902060 11',
      { tl0PicIdx: undefined, temporalId: 1, layerSync: true, keyIdx: undefined },
    ],
    ['the key frame index alone', '9010ff 11', { temporalId: 0, layerSync: false, keyIdx: 31 }],
  ])('%s is read', (_, text, fields) => {
    const part = parsed(vp8Depacketizer.parse(hex(text)));
    expect({ ...part.descriptor, ...part }).toMatchObject(fields);
    expect(part.body.length).toBe(1);
  });

  test.each([
    ['', 'empty'],
    ['10', 'truncated'],
    ['90', 'truncated'],
    ['9080', 'truncated'],
    ['908092', 'truncated'],
    ['90809267', 'truncated'],
    ['9040', 'truncated'],
    ['9020', 'truncated'],
  ])('"%s" is %s', (text, reason) => {
    expect(fault(vp8Depacketizer.parse(hex(text)))).toBe(reason);
  });

  test('frames are numbered with 15 bits, base layer frames with 8, and both wrap', () => {
    const packetizer = new Vp8Packetizer({ pictureId: 32_767, tl0PicIdx: 255 });
    const send = (temporalId: number, layerSync: boolean, nonReference: boolean) =>
      heads(
        packetizer.packetize(
          { data: media(150), layer: { temporalId, layerSync }, nonReference },
          100,
        ),
        6,
      );
    expect(send(0, false, false)).toEqual([
      [0x90, 0xe0, 0xff, 0xff, 0xff, 0x00],
      [0x80, 0xe0, 0xff, 0xff, 0xff, 0x00],
    ]);
    expect(send(2, true, true)[0]).toEqual([0xb0, 0xe0, 0x80, 0x00, 0xff, 0xa0]);
    expect(send(0, false, false)[0]).toEqual([0x90, 0xe0, 0x80, 0x01, 0x00, 0x00]);
    expect(heads(new Vp8Packetizer().packetize({ data: bytes(7) }, 64), 9)).toEqual([
      [0x90, 0x80, 0x80, 0x00, 7],
    ]);
  });
});

describe('VP9', () => {
  test.each([
    // Non-flexible mode, two pictures of a group, sizes of two layers.
    [
      'a key frame with its structure',
      'aa 11 00 05 38 0280 0168 0500 02d0 02 04 01 34 0102 aabb',
      {
        key: true,
        begins: true,
        pictureId: 17,
        pictureIdBits: 7,
        tl0PicIdx: 5,
        structure: {
          spatialLayers: 2,
          sizes: [
            { width: 640, height: 360 },
            { width: 1280, height: 720 },
          ],
          group: [
            { temporalId: 0, switchingPoint: false, references: [1] },
            { temporalId: 1, switchingPoint: true, references: [1] },
          ],
        },
      },
    ],
  ])('%s is read', (_, text, fields) => {
    const part = parsed(vp9Depacketizer.parse(hex(text)));
    // The second picture announces one reference, so that the byte after it belongs to the frame.
    expect({ ...part.descriptor, ...part }).toMatchObject(fields);
    expect([...part.body]).toEqual([0x02, 0xaa, 0xbb]);
  });

  test('layers, flexible references and end marks are read', () => {
    const part = parsed(vp9Depacketizer.parse(hex('f5 9267 57 0305 08 aa')));
    expect({ ...part.descriptor, ...part }).toMatchObject({
      interPicture: true,
      flexible: true,
      beginsLayer: false,
      endsLayer: true,
      notForUpperLayers: true,
      pictureId: 4711,
      pictureIdBits: 15,
      layer: { temporalId: 2, switchingPoint: true, spatialId: 3, interLayer: true },
      tl0PicIdx: undefined,
      references: [1, 2, 4],
      temporalId: 2,
      spatialId: 3,
      key: false,
    });
    expect([...part.body]).toEqual([0xaa]);
  });

  test.each([
    ['', 'empty'],
    ['08', 'truncated'],
    ['88', 'truncated'],
    ['8892', 'truncated'],
    ['a811', 'truncated'],
    ['a81100', 'truncated'],
    ['a8110000', 'truncated'],
    ['18aa', 'malformed'],
    ['d811', 'truncated'],
    ['d81100aa', 'malformed'],
    ['d811010305 03aa', 'malformed'],
    ['d8110305 0703aa', 'malformed'],
    ['8a11', 'truncated'],
    ['8a1110', 'truncated'],
    ['8a111001400168', 'truncated'],
    ['8a1108', 'truncated'],
    ['8a110801', 'truncated'],
    ['8a11080104', 'truncated'],
    ['8a1108010400aa', 'malformed'],
    ['8a110801', 'truncated'],
  ])('"%s" is %s', (text, reason) => {
    expect(fault(vp9Depacketizer.parse(hex(text)))).toBe(reason);
  });

  test('a picture of two spatial layers is one picture with one marker', () => {
    const packetizer = new Vp9Packetizer({ pictureId: 100, tl0PicIdx: 7 });
    const layer = { temporalId: 0, switchingPoint: false, spatialId: 0, interLayer: false };
    const low = packetizer.packetize(
      {
        data: media(50),
        key: true,
        layer,
        endOfPicture: false,
        structure: {
          spatialLayers: 2,
          sizes: [
            { width: 320, height: 180 },
            { width: 640, height: 360 },
          ],
          group: [{ temporalId: 0, switchingPoint: true, references: [1, 2, 3] }],
        },
      },
      100,
    );
    const high = packetizer.packetize(
      { data: media(150), key: true, layer: { ...layer, spatialId: 1, interLayer: true } },
      100,
    );
    expect(heads(low, 19)).toEqual([
      [0xae, 0x80, 100, 0x00, 7, 0x38, 1, 64, 0, 180, 2, 128, 1, 104, 1, 0x1c, 1, 2, 3],
    ]);
    expect(low.map(({ marker }) => marker)).toEqual([false]);
    expect(heads(high, 5)).toEqual([
      [0xa9 ^ 0x01, 0x80, 100, 0x03, 7],
      [0xa4, 0x80, 100, 0x03, 7],
    ]);
    expect(high.map(({ marker }) => marker)).toEqual([false, true]);
    const next = packetizer.packetize({ data: media(9), key: false, layer }, 100);
    expect(heads(next, 5)).toEqual([[0xec, 0x80, 101, 0x00, 8]]);
  });

  test('in flexible mode every packet tells its references', () => {
    const packetizer = new Vp9Packetizer({ flexible: true });
    expect(heads(packetizer.packetize({ data: media(9), key: true }, 64), 3)).toEqual([
      [0x9d, 0x80, 0],
    ]);
    const inter = packetizer.packetize(
      { data: media(100), key: false, references: [1, 2, 127] },
      64,
    );
    expect(heads(inter, 6)).toEqual([
      [0xd9, 0x80, 1, 0x03, 0x05, 0xfe],
      [0xd5, 0x80, 1, 0x03, 0x05, 0xfe],
    ]);
  });

  test.each([
    ['references in non-flexible mode', {}, { key: false, references: [1] }],
    ['no references in flexible mode', { flexible: true }, { key: false }],
    ['references of a key frame', { flexible: true }, { key: true, references: [1] }],
    ['four references', { flexible: true }, { key: false, references: [1, 2, 3, 4] }],
    ['a reference too far back', { flexible: true }, { key: false, references: [128] }],
    ['a reference to itself', { flexible: true }, { key: false, references: [0] }],
    [
      'sizes of too few layers',
      {},
      {
        key: true,
        structure: { spatialLayers: 2, sizes: [{ width: 1, height: 1 }], group: undefined },
      },
    ],
    [
      'a structure that leaves no room',
      {},
      {
        key: true,
        structure: {
          spatialLayers: 1,
          sizes: undefined,
          group: Array.from({ length: 70 }, () => ({
            temporalId: 0,
            switchingPoint: false,
            references: [],
          })),
        },
      },
    ],
  ])('%s: refused with what to give instead', (_, options, frame) => {
    const packetizer = new Vp9Packetizer(options);
    expect(() => packetizer.packetize({ data: media(10), ...frame }, 64)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('give') }),
    );
  });

  test.each([1, 5, 6, 10, 61, 70, 200])(
    'a large structure is carried with %i bytes of media',
    (length) => {
      const group = Array.from({ length: 60 }, () => ({
        temporalId: 0,
        switchingPoint: false,
        references: [],
      }));
      const payloads = new Vp9Packetizer().packetize(
        {
          data: media(length),
          key: true,
          structure: { spatialLayers: 1, sizes: undefined, group },
        },
        70,
      );
      const parts = payloads.map(({ payload }) => parsed(vp9Depacketizer.parse(payload)));
      expect(parts[0]!.descriptor.structure?.group).toEqual(group);
      expect(concat(...parts.map(({ body }) => body))).toEqual(media(length));
      for (const { payload } of payloads) expect(payload.length).toBeLessThanOrEqual(70);
    },
  );
});

describe('H.264', () => {
  const START = bytes(0, 0, 0, 1);
  const sps = hex('6742e01f');
  const pps = hex('68ce');
  const annexB = (...units: readonly Uint8Array[]): Uint8Array =>
    concat(...units.flatMap((unit) => [START, unit]));
  const send = (frame: Uint8Array, size: number): Uint8Array[] =>
    new H264Packetizer().packetize({ data: frame }, size).map(({ payload }) => payload);

  test('small NAL units go together, as in figure 7 of RFC 6184', () => {
    expect(send(annexB(sps, pps), 64)).toEqual([hex('78 0004 6742e01f 0002 68ce')]);
  });

  test('F and NRI of an aggregate are the highest of its NAL units', () => {
    for (const units of [
      ['0102', 'a103'],
      ['a103', '0102'],
    ]) {
      expect(send(annexB(...units.map(hex)), 64)[0]![0]).toBe(0x80 | 0x20 | 24);
    }
  });

  test('a NAL unit that fits alone is sent as it is, without a copy', () => {
    const frame = annexB(media(60, 0x41));
    const [payload] = send(frame, 64);
    expect(payload).toEqual(media(60, 0x41));
    expect(payload!.buffer).toBe(frame.buffer);
  });

  test('a large one is cut into FU-A, whose headers tell its type, beginning and end', () => {
    const payloads = send(annexB(media(150, 0x65)), 64);
    expect(payloads.map((payload) => [payload[0], payload[1]])).toEqual([
      [0x7c, 0x85],
      [0x7c, 0x05],
      [0x7c, 0x45],
    ]);
    expect(concat(...payloads.map((payload) => payload.subarray(2)))).toEqual(
      media(150, 0x65).subarray(1),
    );
  });

  test('a NAL unit longer than a length field can say is not aggregated', () => {
    const units = [sps, media(70_000, 0x65), pps];
    expect(send(annexB(...units), 100_000)).toEqual(units);
  });

  test('start codes of three bytes and zeros between NAL units are understood', () => {
    const frame = concat(hex('000001'), sps, hex('00000000000001'), pps, hex('0000'));
    expect(send(frame, 64)).toEqual(send(annexB(sps, pps), 64));
  });

  test.each([
    ['no start code', '6742e01f'],
    ['nothing', ''],
    ['a start code alone', '00000001'],
    ['an aggregate', '00000001 780002 6801'],
  ])('%s is refused', (_, text) => {
    expect(() => send(hex(text), 64)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('give') }),
    );
  });

  test.each([
    ['an IDR slice', '65aa', { key: true, begins: false, hasSlice: true }],
    // Looks like an IDR slice to who reads the second byte.
    ['another slice', '4165', { key: false, begins: false, hasSlice: true }],
    ['an access unit delimiter', '0910', { key: false, begins: true, hasSlice: false }],
    [
      'parameter sets and an IDR slice together',
      '78 0002 6742 0001 68 0002 65aa',
      { key: true, begins: true, hasSps: true, hasPps: true },
    ],
    [
      'the first fragment of an IDR slice',
      '7c85aa',
      { key: true, begins: false, startsUnit: true },
    ],
    ['a later one', '7c45aa', { key: true, begins: false, startsUnit: false, endsUnit: true }],
  ])('%s is told for what it is', (_, text, fields) => {
    expect(parsed(h264Depacketizer.parse(hex(text)))).toMatchObject(fields);
  });

  test.each([
    ['', 'empty'],
    ['00', 'malformed'],
    ['1eaa', 'malformed'],
    ['1faa', 'malformed'],
    ['19 0000 0002 65aa', 'unsupported'], // STAP-B
    ['1a 0000', 'unsupported'], // MTAP16
    ['1b 0000', 'unsupported'], // MTAP24
    ['1d 850000', 'unsupported'], // FU-B
    ['78', 'truncated'],
    ['7800', 'truncated'],
    ['78 0003 65aa', 'truncated'],
    ['78 0002 65aa 00', 'truncated'],
    ['78 0000', 'malformed'],
    ['78 0001 78', 'malformed'],
    ['7c', 'truncated'],
    ['7c85', 'truncated'],
    ['7cc5aa', 'malformed'],
    ['7c98aa', 'malformed'],
    ['7c80aa', 'malformed'],
  ])('"%s" is %s', (text, reason) => {
    expect(fault(h264Depacketizer.parse(hex(text)))).toBe(reason);
  });

  test.each([
    ['a fragment without its beginning', ['7c05aa', '7c45bb']],
    ['a fragment without its end', ['7c85aa', '7c05bb']],
    ['a NAL unit within another', ['7c85aa', '65bb', '7c45cc']],
    ['fragments of different types', ['7c85aa', '7c41bb']],
    ['two beginnings', ['7c85aa', '7c85bb', '7c45cc']],
    ['a NAL unit with a start code in it', ['65aa00000178bb']],
    ['fragments that make a start code', ['7c85aa00', '7c0500', '7c4501be']],
  ])('%s is not glued', (_, texts) => {
    const parts = texts.map((text) => parsed(h264Depacketizer.parse(hex(text))));
    expect(h264Depacketizer.join(parts)).toBeUndefined();
  });
});

describe('AV1', () => {
  const send = (data: Uint8Array, key: boolean, size: number): RtpPayload[] => [
    ...new Av1Packetizer().packetize({ data, key }, size),
  ];
  const join = (...texts: string[]): Uint8Array | undefined =>
    av1Depacketizer.join(texts.map((text) => parsed(av1Depacketizer.parse(hex(text)))));

  test('OBUs lose temporal delimiter and sizes; the header counts them and begins the sequence', () => {
    const unit = concat(TEMPORAL_DELIMITER, obu(1, bytes(1, 2, 3)), obu(6, bytes(4, 5)));
    expect(send(unit, true, 64)).toEqual([{ payload: hex('28 04 08010203 300405'), marker: true }]);
  });

  test('more than three OBUs all have a length', () => {
    const unit = concat(...[1, 2, 3, 4].map((each) => obu(5, bytes(each))));
    expect(send(unit, false, 64)[0]!.payload).toEqual(hex('00 02 2801 02 2802 02 2803 02 2804'));
  });

  test('many small OBUs fit whatever the size of the packets', () => {
    const unit = concat(...Array.from({ length: 30 }, (_, i) => obu(5, media(1 + ((7 * i) % 19)))));
    for (let size = 64; size < 160; size++) {
      const payloads = send(unit, false, size).map(({ payload }) => payload);
      expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(size);
      const parts = payloads.map((payload) => parsed(av1Depacketizer.parse(payload)));
      expect(av1Depacketizer.join(parts)).toEqual(unit);
    }
  });

  test('only a sequence header behind the N bit makes a key frame', () => {
    const keys = ['18 0801', '18 30aa', '10 0801'].map(
      (text) => parsed(av1Depacketizer.parse(hex(text))).key,
    );
    expect(keys).toEqual([true, false, false]);
  });

  test('an OBU goes on in the next packets, as Z and Y say', () => {
    const payloads = send(obu(6, media(150)), false, 64);
    expect(payloads.map(({ payload }) => payload[0])).toEqual([0x50, 0xd0, 0x90]);
    expect(payloads.map(({ payload }) => payload.length)).toEqual([52, 51, 51]);
  });

  test('OBUs of different layers are not put together, as in the example of §5.1', () => {
    const unit = concat(
      TEMPORAL_DELIMITER,
      obu(1, bytes(1)),
      obu(5, bytes(2)),
      obu(5, bytes(3), 0x00),
      obu(6, bytes(4), 0x00),
      obu(5, bytes(5), 0x08),
      obu(6, bytes(6), 0x08),
    );
    const payloads = send(unit, true, 100).map(({ payload }) => payload);
    expect(payloads).toEqual([
      hex('08 02 0801 02 2802 03 2c0003 03 340004'),
      hex('20 03 2c0805 340806'),
    ]);
    const parts = payloads.map((payload) => parsed(av1Depacketizer.parse(payload)));
    expect(parts.map(({ spatialId }) => spatialId)).toEqual([0, 1]);
    expect(av1Depacketizer.join(parts)).toEqual(unit.subarray(2));
  });

  test('the sizes of the example in §4.5 are found', () => {
    const payload = concat(bytes(0x20, 0xc8, 0x01), media(200, 0x30), media(100, 0x30));
    const data = av1Depacketizer.join([parsed(av1Depacketizer.parse(payload))]);
    expect(data).toEqual(
      concat(
        bytes(0x32, 0xc7, 0x01),
        media(200).subarray(1),
        bytes(0x32, 99),
        media(100).subarray(1),
      ),
    );
  });

  test('OBUs keep sizes they come with; delimiters and tile lists are ignored', () => {
    expect(join('30 02 1200 03 420101 320155')).toEqual(hex('320155'));
  });

  test('an OBU whose header is cut in two is put together', () => {
    expect(join('50 34', '90 08aa')).toEqual(hex('360801aa'));
  });

  test.each([
    ['', 'empty'],
    ['10', 'truncated'],
    ['98 30', 'malformed'],
    ['00 05 3000', 'malformed'],
    ['00 00', 'malformed'],
    ['20 02 3000', 'malformed'],
    ['30 01 30', 'malformed'],
    ['00 ffffffffff', 'malformed'],
  ])('"%s" is %s', (text, reason) => {
    expect(fault(av1Depacketizer.parse(hex(text)))).toBe(reason);
  });

  test.each([
    ['an OBU without its beginning', ['90 aa']],
    ['an OBU without its end', ['50 30']],
    ['an OBU that should go on and does not', ['50 30', '10 30']],
    ['a size that is not its own', ['10 3205aa']],
    ['a forbidden bit', ['10 b0aa']],
    ['half a header', ['10 34']],
  ])('%s is not glued', (_, texts) => {
    expect(join(...texts)).toBeUndefined();
  });

  test.each([
    ['no OBU at all', bytes(), false],
    ['only what is left out', TEMPORAL_DELIMITER, false],
    ['an OBU that is cut off', bytes(0x32, 5, 1), false],
    ['a key frame without a sequence header', obu(6, bytes(1)), true],
  ])('%s is refused', (_, data, key) => {
    expect(() => send(data, key, 64)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });
});

describe('Opus', () => {
  test('a packet is its payload; the first after silence is marked', () => {
    const packetizer = new OpusPacketizer();
    const packet = hex('f801aa');
    const send = (data: Uint8Array) => packetizer.packetize(data, 100);
    expect(send(packet)).toEqual([{ payload: packet, marker: true }]);
    expect(send(packet)[0]!.payload).toBe(packet);
    expect(send(packet)[0]!.marker).toBe(false);
    expect(send(hex('f8'))).toEqual([]);
    expect(send(hex('f800'))).toEqual([]);
    expect(send(packet)[0]!.marker).toBe(true);
  });

  test.each([
    ['', 'empty'],
    ['fb', 'truncated'],
    ['fb00', 'malformed'],
  ])('"%s" is %s', (text, reason) => {
    expect(fault(opusDepacketizer.parse(hex(text)))).toBe(reason);
  });

  test('a packet that does not fit is refused', () => {
    expect(() => new OpusPacketizer().packetize(media(101), 100)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  });
});

test.each([0, 63, 1200.5, Number.NaN])('payloads of %d bytes are refused', (size) => {
  expect(() => new Vp8Packetizer().packetize({ data: media(9) }, size)).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('64') }),
  );
});

test.each([
  () => new Vp8Packetizer({ pictureId: 32_768 }),
  () => new Vp9Packetizer({ tl0PicIdx: 256 }),
  () => new Vp8Packetizer().packetize({ data: bytes() }, 100),
  () =>
    new Vp8Packetizer().packetize(
      { data: bytes(1), layer: { temporalId: 4, layerSync: false } },
      100,
    ),
])('a frame or counter that the format cannot carry is refused (%#)', (act) => {
  expect(act).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
