import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Interop, connected, describeWithChromium, measureUntil } from './support/interop.js';
import { statisticsOf, videoOf } from './support/statistics.js';

const screenshot = fileURLToPath(new URL('../.cache/page.png', import.meta.url));

describeWithChromium('the page', () => {
  const interop = new Interop();

  test('shows who is there, how well and how loud', async () => {
    const { page } = await interop.pair();
    const row = page.locator('#peers tr');
    await row.filter({ hasText: /^nodeconnected[\d.]+ ms-12 dBFS$/ }).waitFor();
    expect(await row.count()).toBe(1);
    expect(await page.locator('h1').innerText()).toMatch(/^page in room-/);
    expect(await page.locator('#log li').first().innerText()).toContain('node: ');
    await page.screenshot({ path: screenshot });
  });

  test('shows another page the picture it sends, in the codec asked for', async () => {
    const camera = await interop.page({ id: 'camera', video: 'VP9' });
    const viewer = await interop.page({ id: 'viewer' });
    await connected(viewer, 'camera');
    // The camera's own offer, of the picture, follows its answer.
    await viewer.waitForFunction(() =>
      [...document.querySelectorAll('video')].some(
        (each) => each.videoWidth > 0 && each.currentTime > 0.5,
      ),
    );
    const received = await measureUntil(
      ({ framesDecoded }) => framesDecoded! > 5,
      async () => {
        await delay(250);
        return videoOf(viewer, 'camera', 'inbound-rtp');
      },
    );
    expect(received['framesDecoded']).toBeGreaterThan(5);
    const codecs = await statisticsOf(viewer, 'camera', 'codec');
    const inbound = await statisticsOf(viewer, 'camera', 'inbound-rtp');
    const { codecId } = inbound.find(({ kind }) => kind === 'video')!;
    const codec = codecs.find(({ id }) => id === codecId);
    expect(codec?.['mimeType']).toBe('video/VP9');
    const kinds = await viewer.evaluate(() => window.mesh.events.map(({ kind }) => kind));
    expect(kinds).toEqual(['connected']);
    await camera.evaluate(() => window.mesh.leave());
    await viewer.locator('video').waitFor({ state: 'detached' });
    await viewer.locator('#peers tr').waitFor({ state: 'detached' });
  });
});

test('the page is served by one command, and nothing else is', async () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const server = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    expect(await (await fetch(line)).text()).toContain('<script type="module"');
    const status = async (path: string): Promise<number> =>
      (await fetch(new URL(path, line))).status;
    expect(await status('/page/main.js')).toBe(200);
    for (const path of ['/page/none.js', '/page/%2e%2e/site.js', '/page/..%2fsite.js', '/x.map'])
      expect(await status(path)).toBe(404);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});
