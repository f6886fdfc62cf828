import { beforeEach, describe, expect, test } from '@jest/globals';
import { loadOpus, parseToc } from '../src/index.js';
import {
  webCodecs,
  type AudioData,
  type AudioEncoderConfig,
  type EncodedAudioChunk,
  type EncodedAudioChunkMetadata,
  type WebAudioEncoder,
} from '../src/webcodecs/index.js';
import { concat, fitSine, tone } from './support/signals.js';
import { speech } from './support/speech.js';
import { TestProvider } from './support/video-provider.js';

const opus = await loadOpus();
const web = webCodecs({ video: new TestProvider(), opus });
const named = (name: string) => expect.objectContaining({ name });
const CONFIG: AudioEncoderConfig = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 1 };

let chunks: EncodedAudioChunk[];
let metadata: EncodedAudioChunkMetadata[];
let errors: DOMException[];
let encoder: WebAudioEncoder;
beforeEach(() => {
  chunks = [];
  metadata = [];
  errors = [];
  encoder = new web.AudioEncoder({
    output: (chunk, data) => {
      chunks.push(chunk);
      metadata.push(data);
    },
    error: (error) => errors.push(error),
  });
});

/** A block of interleaved samples. */
function block(data: Float32Array, timestamp: number, numberOfChannels = 1): AudioData {
  const numberOfFrames = data.length / numberOfChannels;
  const format = { format: 'f32', sampleRate: 48_000 } as const;
  return new web.AudioData({ ...format, numberOfFrames, numberOfChannels, timestamp, data });
}

function give(data: AudioData): void {
  encoder.encode(data);
  data.close();
}

const packet = (chunk: EncodedAudioChunk): Uint8Array => {
  const data = new Uint8Array(chunk.byteLength);
  chunk.copyTo(data);
  return data;
};

/** What a decoder gives for chunks. */
async function decode(all: readonly EncodedAudioChunk[], channels = 1): Promise<AudioData[]> {
  const heard: AudioData[] = [];
  const decoder = new web.AudioDecoder({
    output: (data) => heard.push(data),
    error: (error) => {
      throw error;
    },
  });
  decoder.configure({ ...CONFIG, numberOfChannels: channels });
  for (const chunk of all) decoder.decode(chunk);
  await decoder.flush();
  decoder.close();
  return heard;
}

const samples = (data: AudioData): Float32Array => {
  const out = new Float32Array(data.numberOfFrames * data.numberOfChannels);
  data.copyTo(out, { planeIndex: 0, format: 'f32' });
  return out;
};

describe('an audio encoder', () => {
  test('gathers whole frames of blocks of any length, with the times of their first samples', async () => {
    encoder.configure(CONFIG);
    const sound = tone(440, 48_000, 9_600);
    for (let at = 0, i = 0; at < sound.length; i++) {
      const length = Math.min([441, 100, 2000][i % 3]!, sound.length - at);
      give(block(sound.subarray(at, at + length), 5_000_000 + Math.round(at / 0.048)));
      at += length;
    }
    expect(encoder.encodeQueueSize).toBeGreaterThan(10);
    await encoder.flush();
    expect(encoder.encodeQueueSize).toBe(0);
    // The blocks' own times are whole microseconds.
    const late = chunks.map(({ timestamp }, i) => Math.abs(timestamp - 5_000_000 - 20_000 * i));
    expect(late).toHaveLength(10);
    expect(Math.max(...late)).toBeLessThanOrEqual(1);
    expect(chunks.every(({ type, duration }) => type === 'key' && duration === 20_000)).toBe(true);
    expect(metadata[0]).toEqual({ decoderConfig: CONFIG });
    expect(metadata.slice(1)).toEqual(Array.from({ length: 9 }, () => ({})));
    const heard = await decode(chunks);
    expect(heard.map(({ timestamp }) => timestamp)).toEqual(chunks.map((each) => each.timestamp));
    const fit = fitSine(concat(heard.map(samples)).subarray(2_000), 440, 48_000);
    expect(fit.snr).toBeGreaterThan(20);
    encoder.close();
  });

  test('fills the last frame up with silence at a flush, and goes on with the next sample', async () => {
    encoder.configure(CONFIG);
    give(block(tone(440, 48_000, 1_000), 0));
    await encoder.flush();
    expect(chunks.map(({ timestamp }) => timestamp)).toEqual([0, 20_000]);
    const [, last] = await decode(chunks);
    expect(Math.max(...samples(last!).subarray(600).map(Math.abs))).toBeLessThan(0.02);
    await encoder.flush();
    expect(chunks).toHaveLength(2);
    give(block(tone(440, 48_000, 960), 70_000));
    await encoder.flush();
    expect(chunks.at(-1)!.timestamp).toBe(70_000);
    encoder.close();
  });

  test('keeps two channels apart, planar or not', async () => {
    const left = tone(440, 48_000, 9_600);
    const right = tone(1_000, 48_000, 9_600);
    const data = concat([left, right]);
    encoder.configure({ ...CONFIG, numberOfChannels: 2, bitrate: 128_000 });
    give(
      new web.AudioData({
        format: 'f32-planar',
        sampleRate: 48_000,
        numberOfFrames: 9_600,
        numberOfChannels: 2,
        timestamp: 0,
        data,
      }),
    );
    await encoder.flush();
    const heard = await decode(chunks, 2);
    [440, 1_000].forEach((pitch, planeIndex) => {
      const channel = concat(
        heard.map((each) => {
          const out = new Float32Array(each.numberOfFrames);
          each.copyTo(out, { planeIndex, format: 'f32-planar' });
          return out;
        }),
      );
      expect(fitSine(channel.subarray(2_000), pitch, 48_000).snr).toBeGreaterThan(15);
    });
    encoder.close();
  });

  test('does as the settings of Opus say', async () => {
    encoder.configure({
      ...CONFIG,
      bitrate: 24_000,
      opus: { frameDuration: 60_000, application: 'voip', complexity: 0 },
    });
    give(block(tone(440, 48_000, 9_600), 0));
    await encoder.flush();
    const long = chunks.splice(0);
    expect(long.map(({ duration }) => duration)).toEqual([60_000, 60_000, 60_000, 60_000]);
    const toc = parseToc(packet(long[0]!));
    expect(toc).toMatchObject({ ok: true, value: { samples: 2_880 } });
    // The bitrate changes within a frame, which nothing is lost of.
    encoder.configure({ ...CONFIG, bitrate: 12_000 });
    give(block(tone(440, 48_000, 48_500), 0));
    encoder.configure({ ...CONFIG, bitrate: 96_000 });
    give(block(tone(440, 48_000, 47_500), 1_010_417));
    await encoder.flush();
    expect(chunks.map(({ timestamp }) => timestamp)).toEqual(
      Array.from({ length: 100 }, (_, i) => 20_000 * i),
    );
    const size = (of: readonly EncodedAudioChunk[]): number =>
      of.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(size(chunks.slice(0, 50))).toBeLessThan(2_500);
    expect(size(chunks.slice(50))).toBeGreaterThan(6_000);
    encoder.close();
  });

  test('ends the frame it has begun when frames get another length', async () => {
    encoder.configure(CONFIG);
    give(block(tone(440, 48_000, 1_000), 0));
    encoder.configure({ ...CONFIG, opus: { frameDuration: 10_000 } });
    give(block(tone(440, 48_000, 480), 40_000));
    await encoder.flush();
    expect(chunks.map(({ timestamp, duration }) => [timestamp, duration])).toEqual([
      [0, 20_000],
      [20_000, 20_000],
      [40_000, 10_000],
    ]);
    encoder.close();
  });

  test('is closed by a block of another format, but not by one that is closed', async () => {
    encoder.configure(CONFIG);
    const closed = block(new Float32Array(960), 0);
    closed.close();
    expect(() => encoder.encode(closed)).toThrow(TypeError);
    give(block(new Float32Array(960), 0, 2));
    await expect(encoder.flush()).rejects.toEqual(named('EncodingError'));
    expect(errors).toMatchObject([{ name: 'EncodingError' }]);
    expect(encoder.state).toBe('closed');
  });

  test('gives nothing more when an output closes it', async () => {
    const some: EncodedAudioChunk[] = [];
    const other: WebAudioEncoder = new web.AudioEncoder({
      output: (chunk) => {
        some.push(chunk);
        other.close();
      },
      error: () => {},
    });
    other.configure(CONFIG);
    other.encode(block(new Float32Array(9_600), 0));
    await expect(other.flush()).rejects.toEqual(named('AbortError'));
    expect(some).toHaveLength(1);
  });

  const cases: [Record<string, unknown>, boolean | 'TypeError'][] = [
    [{}, true],
    [{ numberOfChannels: 2, bitrate: 510_000 }, true],
    [{ opus: { usedtx: true, useinbandfec: true, packetlossperc: 10, complexity: 10 } }, true],
    [{ codec: 'mp4a.40.2' }, false],
    [{ sampleRate: 44_100 }, false],
    [{ numberOfChannels: 6 }, false],
    [{ bitrate: 5_999 }, false],
    [{ bitrateMode: 'constant' }, false],
    [{ opus: { format: 'ogg' } }, false],
    [{ opus: { frameDuration: 120_000 } }, false],
    [{ opus: { frameDuration: 30_000 } }, 'TypeError'],
    [{ opus: { complexity: 11 } }, 'TypeError'],
    [{ opus: { packetlossperc: 101 } }, 'TypeError'],
    [{ opus: { application: 'music' } }, 'TypeError'],
    [{ codec: '' }, 'TypeError'],
    [{ sampleRate: 0 }, 'TypeError'],
    [{ numberOfChannels: undefined }, 'TypeError'],
  ];
  test.each(cases)('%j: supported is %j, and configure() agrees', async (part, can) => {
    const config = { ...CONFIG, ...part } as AudioEncoderConfig;
    const nameOf = ({ name }: Error): string => name;
    const told = web.AudioEncoder.isConfigSupported(config).then((each) => each.supported, nameOf);
    expect(await told).toBe(can);
    const configure = async (): Promise<boolean> => {
      encoder.configure(config);
      await encoder.flush();
      return true;
    };
    const outcome = can === false ? 'NotSupportedError' : can;
    expect(await configure().catch(nameOf)).toBe(outcome);
    expect(errors.map(nameOf)).toEqual(can === false ? [outcome] : []);
  });

  test('tells nothing before the call has returned', async () => {
    encoder.configure(CONFIG);
    await encoder.flush();
    for (let i = 0; i < 50; i++) await Promise.resolve();
    give(block(new Float32Array(960), 0));
    expect(chunks).toHaveLength(0);
    await encoder.flush();
    expect(chunks).toHaveLength(1);
    encoder.close();
  });

  test('sends hardly anything in silence if told so, and computes as much as it is told', async () => {
    const sizes: number[] = [];
    const coded: string[] = [];
    for (const settings of [{}, { usedtx: true }, { complexity: 0 }, { complexity: 10 }]) {
      encoder.configure({ ...CONFIG, opus: { application: 'voip', ...settings } });
      give(block(new Float32Array(48_000), 0));
      await encoder.flush();
      sizes.push(chunks.splice(0).filter(({ byteLength }) => byteLength <= 2).length);
      give(block(speech(1, 48_000, 48_000), 0));
      await encoder.flush();
      const bytes = chunks.splice(0).map((chunk) => Buffer.from(packet(chunk)).toString('base64'));
      coded.push(bytes.join());
    }
    expect(sizes[0]).toBe(0);
    expect(sizes[1]).toBeGreaterThan(30);
    expect(coded[2]).not.toBe(coded[3]);
    encoder.close();
  });

  test('repeats frames in the packets after them where loss is expected', async () => {
    const lossy = { useinbandfec: true, packetlossperc: 20, application: 'voip' } as const;
    const sizes: number[] = [];
    for (const settings of [{ application: 'voip' } as const, lossy]) {
      encoder.configure({ ...CONFIG, bitrate: 32_000, opus: settings });
      give(block(speech(1, 48_000, 96_000), 0));
      await encoder.flush();
      sizes.push(await recovered(chunks.splice(0)));
    }
    expect(sizes[0]).toBe(0);
    expect(sizes[1]).toBeGreaterThan(30);
    encoder.close();
  });

  /** How many packets have the one before them in them. */
  async function recovered(all: readonly EncodedAudioChunk[]): Promise<number> {
    const decoder = await opus.createDecoder({ sampleRate: 48_000, channels: 1 });
    const found = all.filter((chunk) => decoder.decodeFec(packet(chunk), 960) !== undefined);
    decoder.close();
    return found.length;
  }
});

describe('an audio decoder', () => {
  const chunk = (data: Uint8Array, type: 'key' | 'delta' = 'key'): EncodedAudioChunk =>
    new web.EncodedAudioChunk({ type, timestamp: 0, data });

  test('is closed with EncodingError by what is no packet', async () => {
    const names: string[] = [];
    const decoder = new web.AudioDecoder({ output: () => {}, error: (e) => names.push(e.name) });
    decoder.configure(CONFIG);
    decoder.decode(chunk(Uint8Array.of(0xff, 0xff)));
    await expect(decoder.flush()).rejects.toEqual(named('EncodingError'));
    expect([decoder.state, names]).toEqual(['closed', ['EncodingError']]);
  });

  test('does not begin with a delta chunk, and takes no description', async () => {
    const decoder = new web.AudioDecoder({ output: () => {}, error: () => {} });
    expect(() => decoder.decode(chunk(Uint8Array.of(0xf8)))).toThrow(named('InvalidStateError'));
    decoder.configure(CONFIG);
    expect(() => decoder.decode(chunk(Uint8Array.of(0xf8), 'delta'))).toThrow(named('DataError'));
    decoder.decode(chunk(Uint8Array.of(0xf8)));
    decoder.configure(CONFIG);
    expect(() => decoder.decode(chunk(Uint8Array.of(0xf8), 'delta'))).toThrow(named('DataError'));
    decoder.close();
    const described = { ...CONFIG, description: new Uint8Array(19) };
    expect(await web.AudioDecoder.isConfigSupported(CONFIG)).toMatchObject({ supported: true });
    expect(await web.AudioDecoder.isConfigSupported(described)).toMatchObject({ supported: false });
  });
});

test('neither leaves anything behind that comes after it was closed', async () => {
  let open = 0;
  const counted = <Made extends { close(): void }>(made: Made): Made => {
    open++;
    const close = made.close.bind(made);
    made.close = () => {
      open--;
      close();
    };
    return made;
  };
  const classes = webCodecs({
    video: new TestProvider(),
    opus: {
      ...opus,
      createEncoder: async (options) => counted(await opus.createEncoder(options)),
      createDecoder: async (options) => counted(await opus.createDecoder(options)),
    },
  });
  const init = { output: () => {}, error: () => {} };
  for (const codec of [new classes.AudioEncoder(init), new classes.AudioDecoder(init)]) {
    codec.configure(CONFIG);
    await codec.flush();
    expect(open).toBe(1);
    codec.close();
    expect(open).toBe(0);
  }
  for (const codec of [new classes.AudioEncoder(init), new classes.AudioDecoder(init)]) {
    codec.configure(CONFIG);
    await Promise.resolve();
    codec.close();
  }
  // What was under way ends before what begins now.
  const last = new classes.AudioDecoder(init);
  last.configure(CONFIG);
  await last.flush();
  last.close();
  expect(open).toBe(0);
});
