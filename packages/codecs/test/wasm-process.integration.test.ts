import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';

jest.setTimeout(60_000);
const root = fileURLToPath(new URL('../', import.meta.url));

/** Runs node in the package's folder, where the packages `without` are not installed, and gives what it prints. */
async function run(args: readonly string[], without: readonly string[] = []): Promise<unknown> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, WITHOUT: without.join(',') },
    timeout: 50_000,
  });
  const [out, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, string | null]>,
  ]);
  expect({ errors, code, signal }).toEqual({ errors: '', code: 0, signal: null });
  return JSON.parse(out);
}

/** What `through-wasm.mjs` tells where the add-on is not installed either. */
async function throughWasm(without: readonly string[]): Promise<Record<string, unknown>> {
  const args = ['--import', './test/support/without-native.mjs', 'test/support/through-wasm.mjs'];
  return (await run(args, without)) as Record<string, unknown>;
}

const VPX = [
  { codec: 'VP8', encode: true, decode: true, temporalLayers: 1 },
  { codec: 'VP9', encode: true, decode: true, temporalLayers: 1 },
];
const H264 = { codec: 'H264', encode: false, decode: true, temporalLayers: 0 };
const NO_ADD_ON = 'no native codecs: npm install @rm/codecs-native';
const NO_LIBVPX = 'no libvpx in WebAssembly: npm install @libav.js/variant-webm-vp9@6.10.9';
const NO_H264 = 'no H.264 decoder in WebAssembly: npm install h264decoder@1.0.0';

test('without the add-on video goes through WebAssembly; threads end with their codecs and keep no process', async () => {
  const { capabilities, missing, quality } = await throughWasm([]);
  expect(capabilities).toEqual([...VPX, H264]);
  expect(missing).toBe(NO_ADD_ON);
  for (const each of quality as number[]) expect(each).toBeGreaterThan(30);
});

test.each([
  { without: ['h264decoder'], capabilities: VPX, missing: `${NO_ADD_ON}; ${NO_H264}` },
  {
    without: ['@libav.js/variant-webm-vp9'],
    capabilities: [H264],
    missing: `${NO_ADD_ON}; ${NO_LIBVPX}`,
  },
  {
    without: ['@libav.js/variant-webm-vp9', 'h264decoder'],
    capabilities: [],
    missing: `${NO_ADD_ON}; ${NO_LIBVPX}; ${NO_H264}`,
  },
])(
  'without $without the others work, and one line says how to get it',
  async ({ without, ...rest }) => {
    expect(await throughWasm(without)).toMatchObject(rest);
  },
);

test('a program from the command line has video too', async () => {
  const program = `
    import { loadWasmVideoCodecs, movingPicture } from '@rm/codecs';
    const codecs = await loadWasmVideoCodecs();
    const encoder = await codecs.createEncoder({ codec: 'VP9', bitrate: 100_000, fps: 15 });
    console.log((await encoder.encode(movingPicture(64, 48)(0))).key);
  `;
  expect(await run(['--input-type=module', '--eval', program])).toBe(true);
});
