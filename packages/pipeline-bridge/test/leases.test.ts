import { expect, test } from '@jest/globals';
import { FramePool, PipelineUseError } from '@rm/pipeline-bridge';
import type { PictureData, PipelineNode, RuntimeData } from '@rm/pipeline-bridge';
import { Gate, graph, start, turn, type } from './builders.js';

const SIZE = 2 * 2 * 4;

/** A picture in a buffer of the pool, its first byte as told. */
function picture(pool: FramePool, value: number): PictureData {
  const { bytes, lease } = pool.take()!;
  bytes[0] = value;
  return {
    kind: 'video',
    format: 'rgba32',
    // A stream each: of one stream only the latest picture would wait.
    streamId: `camera ${value}`,
    capture: undefined,
    width: 2,
    height: 2,
    pixels: bytes,
    frameNumber: value,
    lease,
  };
}

const pixelsOf = (data: RuntimeData | undefined): Uint8Array => (data as PictureData).pixels;

test('leased data waits for an asynchronous node without a copy, and its buffer comes back after', async () => {
  const pool = new FramePool({ bytes: SIZE, buffers: 3 });
  const gate = new Gate();
  const slow: PipelineNode = { asynchronous: true, process: (data) => gate.wait(data) };
  const { session } = await start(graph(['slow:Slow']), [type('Slow', slow)]);
  const pictures = [1, 2, 3].map((value) => picture(pool, value));
  for (const each of pictures) {
    session.send(each);
    each.lease!.release();
  }
  expect(pool.lent).toBe(3);
  expect(pool.take()).toBeUndefined();
  expect(pool.refused).toBe(1);
  for (const [index, each] of pictures.entries()) {
    expect(pixelsOf(gate.entered[index]).buffer).toBe(each.pixels.buffer);
    expect(pixelsOf(gate.entered[index])[0]).toBe(index + 1);
    await gate.release();
    expect(pool.lent).toBe(2 - index);
  }
  await session.close();
});

test('a node that writes gets a copy of what is leased', async () => {
  const pool = new FramePool({ bytes: SIZE });
  const gate = new Gate();
  const writer: PipelineNode = {
    asynchronous: true,
    mutates: true,
    process: (data) => {
      pixelsOf(data)[0] = 99;
      return gate.wait(data);
    },
  };
  const { session } = await start(graph(['writer:Writer']), [type('Writer', writer)]);
  const first = picture(pool, 1);
  const second = picture(pool, 2);
  for (const each of [first, second]) session.send(each);
  await gate.release();
  expect(gate.entered.map((data) => pixelsOf(data)[0])).toEqual([99, 99]);
  expect([first.pixels[0], second.pixels[0]]).toEqual([1, 2]);
  await gate.release();
  for (const { lease } of [first, second]) lease!.release();
  expect(pool.lent).toBe(0);
  await session.close();
});

test('what is received is the receiver’s own, though it was leased', async () => {
  const pool = new FramePool({ bytes: SIZE });
  const { session } = await start(graph(['pass']));
  const sent = picture(pool, 7);
  session.send(sent);
  sent.lease!.release();
  const received = (await session.receive()) as PictureData;
  expect(received).toMatchObject({ frameNumber: 7, lease: undefined });
  expect(received.pixels[0]).toBe(7);
  expect(received.pixels.buffer).not.toBe(sent.pixels.buffer);
  expect(pool.lent).toBe(0);
  await session.close();
});

test('a node that is done with the buffers at once gets the sender’s own, one piece after the other', async () => {
  const gate = new Gate();
  const taken: Uint8Array[] = [];
  const remote: PipelineNode = {
    asynchronous: true,
    handsOff: true,
    process: (data) => {
      taken.push(pixelsOf(data));
      return gate.wait(data);
    },
  };
  const { session } = await start(graph(['remote:Remote']), [type('Remote', remote)]);
  const pool = new FramePool({ bytes: SIZE });
  const first = { ...picture(pool, 1), lease: undefined };
  session.send(first);
  expect(taken[0]).toBe(first.pixels);
  session.send({ ...picture(pool, 2), lease: undefined });
  expect(taken).toHaveLength(1);
  await gate.release();
  expect(taken[1]![0]).toBe(2);
  await gate.release();
  await session.close();
});

test('a node emits whenever it likes until it is closed', async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const outputs: string[] = [];
  const late = type('Late', { process: () => undefined });
  const { session } = await start(graph(['late:Late']), [
    {
      ...late,
      create: (_, { emit }) => ({
        process: () => undefined,
        close: async () => {
          emit({ kind: 'text', streamId: 'chat', capture: undefined, text: 'closing' });
          await released;
        },
        open: () => void setImmediate(() => emit({ ...text, text: 'by itself' })),
      }),
    },
  ]);
  session.onOutput((data) => data.kind === 'text' && outputs.push(data.text));
  await turn();
  await turn();
  expect(outputs).toEqual(['by itself']);
  const closed = session.close();
  release();
  await closed;
  expect(outputs).toEqual(['by itself', 'closing']);
});

const text = { kind: 'text', streamId: 'chat', capture: undefined } as const;

test('a lease that has ended, and a pool of no size, are refused', () => {
  const { lease } = new FramePool({ bytes: 1 }).take()!;
  lease.release();
  expect(() => lease.release()).toThrow(PipelineUseError);
  expect(() => lease.retain()).toThrow('ended');
  for (const bytes of [0, 1.5, 2 ** 29])
    expect(() => new FramePool({ bytes })).toThrow('1…268435456');
});
