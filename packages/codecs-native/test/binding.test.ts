import { expect, test } from '@jest/globals';
import type { NativeCodec, NativeEncoder, NativePacket } from '../src/index.js';
import { describeNative, native } from './support/native.js';

const CODECS: readonly NativeCodec[] = ['VP8', 'VP9', 'H264'];
const WIDTH = 64;
const HEIGHT = 48;

/** Calls a method of one object on another. */
function invoke(
  owner: object,
  name: string,
  self: unknown,
  args: readonly unknown[] = [],
): unknown {
  return Reflect.apply(Reflect.get(owner, name) as () => unknown, self, args);
}

/** Encodes a grey picture, with `changed` arguments in place of the right ones. */
function encode(
  encoder: NativeEncoder,
  changed: Record<number, unknown> = {},
): Promise<NativePacket | undefined> {
  const planes = [1, 4, 4].map((share) => new Uint8Array((WIDTH * HEIGHT) / share).fill(128));
  const strides = [WIDTH, WIDTH / 2, WIDTH / 2];
  const settings = [WIDTH, HEIGHT, false, 100_000, 30, 1];
  const given = [...planes, ...strides, ...settings].map((value, i) =>
    i in changed ? changed[i] : value,
  );
  return invoke(encoder, 'encode', encoder, given) as Promise<NativePacket | undefined>;
}

const BAD = expect.objectContaining({ code: 'BAD_ARGUMENT' });

describeNative('the add-on', () => {
  test.each(CODECS)('%s: a picture goes through, into the memory given', async (codec) => {
    const encoder = new (native().Encoder)(codec);
    const decoder = new (native().Decoder)(codec);
    const packet = await encode(encoder);
    const into = new Uint8Array(WIDTH * HEIGHT * 1.5);
    const picture = await decoder.decode(new Uint8Array(packet!.data), into);
    expect(packet).toMatchObject({ key: true, temporalId: 0 });
    expect(picture).toEqual({ width: WIDTH, height: HEIGHT, copied: true });
    expect(into.every((sample) => Math.abs(sample - 128) <= 1)).toBe(true);
    encoder.close();
    decoder.close();
  });

  test('a picture of another size than the memory given is had afterwards', async () => {
    const encoder = new (native().Encoder)('VP9');
    const decoder = new (native().Decoder)('VP9');
    const packet = await encode(encoder);
    const short = new Uint8Array(10).fill(7);
    const picture = await decoder.decode(new Uint8Array(packet!.data), short);
    expect(picture).toMatchObject({ copied: false });
    expect(short.every((byte) => byte === 7)).toBe(true);
    const into = new Uint8Array(WIDTH * HEIGHT * 1.5);
    expect(() => decoder.copyPicture(new Uint8Array(into.length - 1))).toThrow(BAD);
    decoder.copyPicture(into);
    expect(into.every((sample) => Math.abs(sample - 128) <= 1)).toBe(true);
    encoder.close();
    decoder.close();
  });

  test('what a caller does to its bytes afterwards changes nothing', async () => {
    const encoder = new (native().Encoder)('VP8');
    const decoder = new (native().Decoder)('VP8');
    const luma = new Uint8Array(WIDTH * HEIGHT).fill(200);
    const encoding = encode(encoder, { 0: luma });
    structuredClone(luma.buffer, { transfer: [luma.buffer] });
    const data = new Uint8Array((await encoding)!.data);
    const into = new Uint8Array(WIDTH * HEIGHT * 1.5);
    const decoding = decoder.decode(data, into);
    data.fill(0);
    await decoding;
    expect(Math.abs(into[0]! - 200)).toBeLessThanOrEqual(1);
    encoder.close();
    decoder.close();
  });

  test.each<[string, Record<number, unknown>]>([
    ['no plane', { 0: undefined }],
    ['a plane of another type', { 0: new Float32Array(WIDTH * HEIGHT) }],
    ['a plane too short', { 2: new Uint8Array(WIDTH) }],
    ['a stride below the width', { 3: WIDTH - 1 }],
    ['a stride beyond its plane', { 3: WIDTH + 1 }],
    ['a negative stride', { 4: -1 }],
    ['a width that is no number', { 6: '64' }],
    ['a width of NaN', { 6: Number.NaN }],
    ['no height', { 7: 0 }],
    ['too many pixels', { 6: 8192, 7: 8192 }],
    ['a key frame of 1', { 8: 1 }],
    ['no bitrate', { 9: 0 }],
    ['an infinite frame rate', { 10: Infinity }],
    ['four layers', { 11: 4 }],
  ])('%s is refused, and the encoder goes on', async (_, changed) => {
    const encoder = new (native().Encoder)('VP9');
    expect(() => encode(encoder, changed)).toThrow(BAD);
    expect(await encode(encoder)).toMatchObject({ key: true });
    encoder.close();
  });

  test.each(CODECS)(
    '%s: whatever becomes of a damaged key frame, the next is shown',
    async (codec) => {
      const encoder = new (native().Encoder)(codec);
      const decoder = new (native().Decoder)(codec);
      const key = new Uint8Array((await encode(encoder))!.data);
      const into = new Uint8Array(WIDTH * HEIGHT * 1.5);
      for (let bit = 0; bit < 8 * Math.min(40, key.length); bit++) {
        const damaged = key.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        await decoder.decode(damaged, into).catch(() => undefined);
        await decoder.decode(key.subarray(0, 1 + (bit >> 3)), into).catch(() => undefined);
        expect(await decoder.decode(key, into)).toMatchObject({ width: WIDTH, copied: true });
      }
      encoder.close();
      decoder.close();
    },
  );

  test('H264: parameter sets that are damaged in mid-stream do not spoil the next key frame', async () => {
    const encoder = new (native().Encoder)('H264');
    const decoder = new (native().Decoder)('H264');
    const key = new Uint8Array((await encode(encoder))!.data);
    const into = new Uint8Array(WIDTH * HEIGHT * 1.5);
    for (const at of [10, 11])
      for (let value = 0; value < 256; value++) {
        const damaged = key.slice();
        damaged[at] = value;
        await decoder.decode(damaged, into).catch(() => undefined);
        expect(await decoder.decode(key, into)).toMatchObject({ width: WIDTH, copied: true });
      }
    encoder.close();
    decoder.close();
  });

  test('a few bytes cannot ask for the memory of a huge picture', async () => {
    const keyFrame = async (codec: NativeCodec): Promise<Uint8Array> => {
      const encoder = new (native().Encoder)(codec);
      const packet = await encode(encoder);
      encoder.close();
      return new Uint8Array(packet!.data);
    };
    const decode = async (codec: NativeCodec, data: Uint8Array): Promise<unknown> => {
      const decoder = new (native().Decoder)(codec);
      const outcome = await decoder
        .decode(data, new Uint8Array())
        .catch((error: Error) => error.message);
      decoder.close();
      return outcome;
    };
    const vp8 = await keyFrame('VP8');
    vp8.set([0xff, 0x3f, 0xff, 0x3f], 6); // 16383x16383
    expect(await decode('VP8', vp8)).toBe('the picture is larger than 9437184 pixels');
    const vp9 = await keyFrame('VP9');
    const huge = vp9.slice();
    huge.set([huge[4]! | 3, 0xff, 0xf3, 0xff, huge[8]! | 0xf0], 4); // 16384x16384
    expect(await decode('VP9', huge)).toBe('the picture is larger than 9437184 pixels');
    // Behind a harmless one, where no header tells.
    const hidden = Uint8Array.from([...vp9, ...huge]);
    expect(await decode('VP9', hidden)).toBe('libvpx: Memory allocation error');
  });

  test('methods refuse objects that are not theirs', () => {
    const encoder = new (native().Encoder)('VP9');
    const decoder = new (native().Decoder)('VP9');
    const misused = expect.objectContaining({ name: 'TypeError' });
    for (const self of [undefined, {}, [], native(), decoder])
      expect(() => invoke(encoder, 'encode', self)).toThrow(misused);
    for (const self of [{}, Object.create(decoder) as object, encoder]) {
      expect(() => invoke(decoder, 'decode', self)).toThrow(misused);
      expect(() => invoke(decoder, 'close', self)).toThrow(misused);
    }
    expect(() => invoke(native(), 'Encoder', {}, ['VP9'])).toThrow(BAD);
    for (const codec of ['AV1', 'VP8 and more', 8, undefined] as unknown as NativeCodec[])
      expect(() => new (native().Decoder)(codec)).toThrow(BAD);
    encoder.close();
    decoder.close();
  });

  test('one frame at a time, and none after closing; what is under way ends', async () => {
    const encoder = new (native().Encoder)('H264');
    const under = encode(encoder);
    expect(() => encode(encoder)).toThrow(BAD);
    encoder.close();
    encoder.close();
    expect(await under).toMatchObject({ key: true });
    expect(() => encode(encoder)).toThrow('it is closed');
    const decoder = new (native().Decoder)('H264');
    expect(() => decoder.decode(new Uint8Array(), new Uint8Array())).toThrow(BAD);
    const decoding = decoder.decode(Uint8Array.of(0, 0, 1), new Uint8Array());
    expect(() => decoder.copyPicture(new Uint8Array(1))).toThrow(BAD);
    await decoding.catch(() => undefined);
    decoder.close();
    expect(() => decoder.copyPicture(new Uint8Array(1))).toThrow('it is closed');
  });
});
