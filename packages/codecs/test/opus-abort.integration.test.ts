import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { loadOpus, type OpusDecoder, type OpusEncoder, type OpusEngine } from '../src/index.js';
import { DEFAULTS, ENGINES } from './support/opus.js';
import { concat, fitSine, rms, tone } from './support/signals.js';
import { watchWasmMemories } from './support/wasm-memories.js';

const memories = watchWasmMemories();
const printed = (['log', 'warn', 'error'] as const).map((way) => jest.spyOn(console, way));
const aborted = expect.objectContaining({ name: 'AbortedError', code: 'ABORTED' });

interface Stream {
  readonly frequency: number;
  readonly encoder: OpusEncoder;
  readonly decoder: OpusDecoder;
}

describe.each(ENGINES)('when the WebAssembly heap of %s aborts', (name) => {
  let engine: OpusEngine;
  /** The heap in use; the one after it is the spare. */
  let current: number;

  beforeAll(async () => {
    current = memories.length;
    engine = await loadOpus(name);
  });

  /** Overwrites what is in the heap in use, pointers and all, so that the next call traps or fails. */
  const wreck = (heap = current, value = 0x7f): void => {
    new Uint8Array(memories[heap]!.buffer).fill(value);
  };
  /** Waits until the heap that was wrecked has been replaced, and the replacement has a spare. */
  const replaced = async (): Promise<void> => {
    current++;
    while (memories.length < current + 2) await new Promise(setImmediate);
  };

  const streams = async (count: number): Promise<Stream[]> => {
    const open: Stream[] = [];
    for (let i = 0; i < count; i++) {
      const encoder = await engine.createEncoder(DEFAULTS);
      open.push({
        frequency: 300 + 100 * i,
        encoder,
        decoder: await engine.createDecoder(DEFAULTS),
      });
    }
    return open;
  };
  const close = (open: readonly Stream[]): void => {
    for (const { encoder, decoder } of open) {
      encoder.close();
      decoder.close();
    }
  };
  /** Frames of a stream's tone from frame number `from` on. */
  const frames = ({ frequency }: Stream, from: number, count: number): Float32Array[] => {
    const whole = tone(frequency, 48_000, (from + count) * 960);
    return Array.from({ length: count }, (_, i) =>
      whole.subarray((from + i) * 960, (from + i + 1) * 960),
    );
  };
  const send = (stream: Stream, from: number, count: number): (Float32Array | undefined)[] =>
    frames(stream, from, count).map((pcm) => stream.decoder.decode(stream.encoder.encode(pcm)));

  // The second makes states of which libopus says that they are none.
  test.each([0x7f, 0xff])('everybody is heard on, from the very next frame (%d)', async (value) => {
    const open = await streams(4);
    for (const stream of open) send(stream, 0, 10);
    wreck(current, value);
    for (const stream of open) {
      const heard = send(stream, 10, 15);
      expect(heard.every((pcm) => pcm?.length === 960)).toBe(true);
      expect(Math.max(...heard.map((pcm) => rms(pcm!)))).toBeLessThan(0.4);
      const fit = fitSine(concat(heard.slice(5) as Float32Array[]), stream.frequency, 48_000);
      expect(fit.snr).toBeGreaterThan(20);
    }
    await replaced();
    close(open);
  });

  test('an encoder keeps its settings', async () => {
    const [stream] = await streams(1);
    stream!.encoder.configure({ bitrate: 24_000 });
    wreck();
    const packets = frames(stream!, 0, 20).map((pcm) => stream!.encoder.encode(pcm));
    const bytes = packets.slice(5).reduce((sum, packet) => sum + packet.length, 0);
    expect(bytes / 15).toBeLessThan(66);
    await replaced();
    close([stream!]);
  });

  // The first makes pointers that lead nowhere, the second states over which libopus aborts by itself.
  test.each([0x7f, 0])('only the packet over which it aborted is lost (%d)', async (value) => {
    const open = await streams(3);
    for (const stream of open) send(stream, 0, 10);
    const [first, ...others] = open;
    const packets = open.map((stream) =>
      frames(stream, 10, 10).map((pcm) => stream.encoder.encode(pcm)),
    );
    wreck(current, value);
    expect(first!.decoder.decode(packets[0]![0]!)).toBeUndefined();
    expect(first!.decoder.decode(packets[0]![1]!)?.length).toBe(960);
    others.forEach((stream, i) => {
      const heard = packets[i + 1]!.map((packet) => stream.decoder.decode(packet)!);
      expect(fitSine(concat(heard.slice(5)), stream.frequency, 48_000).snr).toBeGreaterThan(20);
    });
    await replaced();
    close(open);
  });

  test('closing what lived in it is safe', async () => {
    const open = await streams(3);
    for (const stream of open) send(stream, 0, 2);
    wreck();
    expect(open[0]!.decoder.decode(Uint8Array.of(0xf8, 1, 2, 3))).toBeUndefined();
    close(open);
    await replaced();
    const again = await streams(2);
    wreck();
    close(again);
    const more = await streams(1);
    expect(send(more[0]!, 0, 3).every((pcm) => pcm?.length === 960)).toBe(true);
    close(more);
    await replaced();
  });

  test('a decoder over which it aborted three times is silent from then on, others are not', async () => {
    const open = await streams(2);
    const [bad, good] = open;
    for (let i = 0; i < 3; i++) {
      send(bad!, i, 1);
      wreck();
      expect(bad!.decoder.decode(Uint8Array.of(0xf8, 1, 2, 3))).toBeUndefined();
      await replaced();
    }
    expect(send(bad!, 3, 3)).toEqual([undefined, undefined, undefined]);
    expect(bad!.decoder.decodeLost(960)).toEqual(new Float32Array(960));
    expect(send(good!, 3, 3).every((pcm) => pcm?.length === 960)).toBe(true);
    close(open);
  });

  test('and its spare too, calls fail in an orderly way until another is loaded', async () => {
    const [stream] = await streams(1);
    const channels = Math.max(...engine.capabilities.channels);
    const wide = await engine.createDecoder({ sampleRate: 48_000, channels });
    send(stream!, 0, 2);
    wreck();
    wreck(current + 1);
    const pcm = frames(stream!, 2, 1)[0]!;
    expect(() => stream!.encoder.encode(pcm)).toThrow(aborted);
    expect(stream!.decoder.decode(Uint8Array.of(0xf8, 1, 2, 3))).toBeUndefined();
    expect(stream!.decoder.decodeLost(480)).toEqual(new Float32Array(480));
    expect(wide.decodeLost(480)).toEqual(new Float32Array(480 * channels));
    wide.close();
    const [next] = await streams(1);
    expect(send(next!, 0, 3).every((heard) => heard?.length === 960)).toBe(true);
    expect(send(stream!, 2, 3).every((heard) => heard?.length === 960)).toBe(true);
    close([stream!, next!]);
    current++;
    await replaced();
  });

  test('nothing is printed', async () => {
    const [stream] = await streams(1);
    // libopus finds its state wrong, and aborts with a message of its own.
    wreck(current, 0);
    expect(stream!.decoder.decode(Uint8Array.of(0xf8, 1, 2, 3))).toBeUndefined();
    await replaced();
    close([stream!]);
    expect(printed.flatMap((spy) => spy.mock.calls)).toEqual([]);
  });
});
