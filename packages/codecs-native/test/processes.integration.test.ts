import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import type { NativeCodec } from '../src/index.js';
import { describeNative } from './support/native.js';

const CODECS: readonly NativeCodec[] = ['VP8', 'VP9', 'H264'];
// Thousands of frames and codecs; on a busy machine that takes its time.
jest.setTimeout(120_000);

const root = fileURLToPath(new URL('../', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a program of test/support to its end. */
async function run(program: string, args: readonly string[], env = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--expose-gc', program, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  const [out, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  return { code, signal, out, errors };
}

/** One thread of the pool, so that memory the allocator keeps for each of them is not taken for a leak. */
const LEAN = { UV_THREADPOOL_SIZE: '1', MALLOC_ARENA_MAX: '2' };

describeNative('in a process of its own', () => {
  test.each(CODECS)(
    '%s: 4,000 damaged frames are refused or shown, and key frames after them',
    async (codec) => {
      const seed = Date.now() % 1_000_000;
      const ended = await run('test/support/hostile-bytes.mjs', [codec, '4000', `${seed}`]);
      // A run that failed is repeated by its seed.
      expect({ seed, ...ended }).toMatchObject({ seed, code: 0, signal: null, errors: '' });
      const outcomes = JSON.parse(ended.out) as Record<string, number>;
      expect(outcomes['damaged']).toBe(4000);
      expect(outcomes['refused']).toBeGreaterThan(400);
      expect(outcomes['shown']).toBeGreaterThan(100);
      expect(outcomes['residentMiB']).toBeLessThan(300);
    },
  );

  test.each(CODECS)(
    '%s: 1,000 encoders and decoders made and closed leave nothing behind',
    async (codec) => {
      const ended = await run('test/support/leaks.mjs', [codec, '1000', 'close'], LEAN);
      expect(ended).toMatchObject({ code: 0, errors: '' });
      expect(Number(ended.out)).toBeLessThan(10);
    },
  );

  test.each(CODECS)('%s: those forgotten are freed by the garbage collector', async (codec) => {
    const ended = await run('test/support/leaks.mjs', [codec, '300', 'forget'], LEAN);
    expect(ended).toMatchObject({ code: 0, errors: '' });
    expect(Number(ended.out)).toBeLessThan(60);
  });

  test('threads and the process may end in the middle of a picture', async () => {
    const ended = await run('test/support/exits.mjs', []);
    expect(ended).toMatchObject({ code: 0, signal: null, errors: '' });
  });
});

test('without an add-on one line says how to get it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rm-native-'));
  try {
    for (const part of ['dist', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const module = JSON.stringify(join(folder, 'dist/index.js'));
    const load = `import(${module}).then((m) => m.loadNative()).catch((e) => console.log(e.code, e.message))`;
    const child = await run('--eval', [load]);
    expect(child).toMatchObject({ code: 0, errors: '' });
    expect(child.out.trimEnd()).toMatch(/^NOT_BUILT .*install g\+\+.*npx rm-build-codecs$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
