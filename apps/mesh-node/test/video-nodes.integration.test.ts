// Signaling server and nodes as a user starts them, built.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { NodeReport } from '../src/mesh-node.js';
import type { LinkReport } from '../src/report.js';
import { readStamp } from '../src/video-stamp.js';
import type { VideoReport } from '../src/video-report.js';
import { decodeAll, describeNative } from './support/native-video.js';
import { readAnnexB, readIvf } from './support/video-files.js';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../${name}/dist/main.js`, import.meta.url));

let folder: string;
let server: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rm-video-nodes-'));
  server = spawn(process.execPath, [app('signaling-server'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
  url = line.split(' ').at(-1)!;
});

afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
  await rm(folder, { recursive: true, force: true });
});

/** What a node prints, with when. */
interface Line extends NodeReport {
  readonly type: 'joined' | 'stats' | 'summary';
  readonly at: number;
}

/** Runs a node to its end and gives what it printed. */
async function node(room: string, id: string, ...options: string[]): Promise<readonly Line[]> {
  const state = join(folder, 'state');
  const where = ['--signaling', url, '--room', room, '--id', id, '--state-dir', state];
  const args = [app('mesh-node'), ...where, '--json', '--log-level', 'error', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Line[] = [];
  let log = '';
  child.stderr.on('data', (data: Buffer) => (log += data.toString()));
  createInterface({ input: child.stdout }).on('line', (line) =>
    lines.push({ ...(JSON.parse(line) as Line), at: performance.now() }),
  );
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`${id} ended with ${status}: ${log}`);
  return lines;
}

/** What the last line says of the only stream of the only peer. */
function only(lines: readonly Line[]): LinkReport & { readonly stream: VideoReport } {
  const link = lines.at(-1)!.links[0]!;
  expect(link.video?.length).toBe(1);
  return { ...link, stream: link.video![0]! };
}

/** Pictures that a node's encoder left out. */
function notEncoded(lines: readonly Line[]): number {
  const { videoOutput } = lines.findLast(({ videoOutput: each }) => each?.encoders.length === 1)!;
  const { replaced, rateDropped } = videoOutput!.encoders[0]!;
  return replaced + rateDropped;
}

// Small, so that all nodes together leave most of two cores idle.
const PATTERN = ['--source', 'tone:440', '--video', 'testpattern', '--video-size', '320x180'];

describeNative('nodes that see each other', () => {
  test.each(['VP9', 'H264', 'VP8'] as const)(
    '%s both ways: in order, whole, in step with the sound, and as recorded',
    async (codec) => {
      const more = ['--video-codec', codec, '--record', folder, '--stats-interval', '1'];
      const options = [...PATTERN, ...more, '--seconds', '8'];
      const [ann, ben] = [`ann-${codec}`, `ben-${codec}`];
      const ended = await Promise.all([node(codec, ann, ...options), node(codec, ben, ...options)]);
      for (const [i, lines] of ended.entries()) {
        const { stream, videoSent } = only(lines);
        expect(stream).toMatchObject({ codec, width: 320, height: 180, stamps: { outOfOrder: 0 } });
        expect(stream.frames.shown).toBeGreaterThan(120);
        expect(videoSent!.frames).toBeGreaterThan(120);
        // The stream says of itself what the pictures do.
        const { glassToGlassMs: told, stamps } = stream;
        expect(Math.abs(stamps!.glassToGlassMs!.p50 - told!.p50)).toBeLessThan(10 + told!.bound);
        // The first seconds find out how late sound and pictures come; of those behind, half are in step.
        const skews = lines
          .filter(({ type }) => type === 'stats')
          .slice(2)
          .map((line) => only([line]).stream.avSkewMs!)
          .map(({ p50, p95 }) => Math.max(Math.abs(p50), Math.abs(p95)))
          .sort((a, b) => a - b);
        expect(skews[skews.length >> 1]).toBeLessThanOrEqual(45);

        const [path] = stream.files!;
        expect(stream.files).toEqual([
          expect.stringMatching(codec === 'H264' ? /\.h264$/ : /\.ivf$/),
        ]);
        const file = await readFile(path!);
        const frames =
          codec === 'H264' ? readAnnexB(file) : readIvf(file).frames.map(({ data }) => data);
        expect(frames.length).toBeGreaterThanOrEqual(stream.frames.received);
        const numbers = (await decodeAll(codec, frames)).map(
          (picture) => readStamp(picture)!.number,
        );
        expect(numbers.length).toBe(frames.length);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        const made = numbers.at(-1)! - numbers[0]! + 1;
        // A machine that is busy with more than this loses some pictures before they are encoded, and says so.
        const encoded = made - notEncoded(ended[1 - i]!);
        expect(numbers.length / encoded).toBeGreaterThanOrEqual(0.95);
        expect(numbers.length / made).toBeGreaterThanOrEqual(0.75);
      }
    },
    30_000,
  );

  test('who joins late sees a picture within a second of being connected', async () => {
    const first = ['ann', 'ben'].map((id) => node('late', id, ...PATTERN, '--seconds', '7'));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const receive = ['--video', 'receive', '--seconds', '3', '--stats-interval', '0.1'];
    const lines = await node('late', 'eve', ...receive);
    for (const peer of ['ann', 'ben']) {
      const when = (holds: (link: LinkReport) => boolean): number =>
        lines.find(
          ({ type, links }) =>
            type !== 'joined' && links.some((link) => link.from === peer && holds(link)),
        )!.at;
      const connected = when(({ state }) => state === 'connected');
      const seen = when(({ video }) => (video?.[0]?.frames.shown ?? 0) > 0);
      expect(seen - connected).toBeLessThan(1000);
    }
    await Promise.all(first);
  }, 30_000);
});
