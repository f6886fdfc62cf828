import { expect, test } from '@jest/globals';
import { bare, call, connected, next, opened, start } from './support.js';
import { keysFile, OLD, token, writeKeys } from './tokens.js';

test('a peer that comes back with its token gets what it missed; a window of 0 keeps no place', async () => {
  const place = { peer_id: 'alice', resume: true };
  const { url } = await start();
  const watcher = await connected(url, 'watcher');
  const first = await opened(url);
  const seat = (await call(first, 'peer.announce', place)) as Record<string, unknown>;
  expect(seat['resume_token']).toMatch(/^[\w-]{22}$/);
  first.terminate();
  watcher.sendDisconnect('alice', 'while away');
  const second = await opened(url);
  const missed = new Promise<string>((resolve) => {
    second.on('message', (data: Buffer) => {
      if (data.toString().includes('while away')) resolve(data.toString());
    });
  });
  const back = { ...place, resume_token: seat['resume_token'], last_seq: 0 };
  expect(await call(second, 'peer.announce', back)).toMatchObject({ resumed: true });
  expect(JSON.parse(await missed)).toMatchObject({ method: 'peer.disconnect', seq: 1 });

  const none = await start({ resumeWindowMs: 0 });
  const there = await bare(none.url, 'bob');
  expect(await call(await opened(none.url), 'peer.announce', place)).not.toHaveProperty(
    'resume_token',
  );
  expect(await call(there, 'peer.list', {})).toMatchObject({ peers: [{ peer_id: 'alice' }] });
});

test('when its window is over a peer that was lost is gone for the others', async () => {
  const { url } = await start({ resumeWindowMs: 150 });
  const watcher = await connected(url, 'watcher');
  const lost = await opened(url);
  await call(lost, 'peer.announce', { peer_id: 'alice', resume: true });
  const left = next(watcher, 'peer-left');
  const since = performance.now();
  lost.terminate();
  expect(await left).toEqual({ peerId: 'alice', reason: 'connection-lost' });
  expect(performance.now() - since).toBeGreaterThanOrEqual(149);
});

test.each([
  ['messages', { maxKeptMessages: 2 }],
  ['bytes', { maxKeptBytes: 300 }],
])('a peer that missed more %s than are kept for it begins anew', async (_what, limit) => {
  const { url } = await start(limit);
  const watcher = await connected(url, 'watcher');
  const first = await opened(url);
  const place = { peer_id: 'alice', resume: true };
  const seat = (await call(first, 'peer.announce', place)) as Record<string, unknown>;
  first.terminate();
  for (let n = 0; n < 3; n++) watcher.sendDisconnect('alice', 'x'.repeat(100));
  await watcher.peers();
  const back = { ...place, resume_token: seat['resume_token'], last_seq: 0 };
  expect(await call(await opened(url), 'peer.announce', back)).toMatchObject({ resumed: false });
});

const PLACE = { peer_id: 'alice', resume: true };

test('the owner of a token takes the place of its killed process at once, another time not', async () => {
  writeKeys('old', OLD);
  const { url } = await start({ auth: { keysFile } });
  const headers = { authorization: `Bearer ${await token('old', OLD)}` };
  const killed = await opened(url, { headers });
  await call(killed, 'peer.announce', PLACE);
  killed.terminate();
  const restarted = await opened(url, { headers });
  expect(await call(restarted, 'peer.announce', PLACE)).toMatchObject({ resumed: false });
  const third = await opened(url, { headers });
  expect(await call(third, 'peer.announce', PLACE)).toMatchObject({ code: -32_010 });
});

test('without tokens nobody else takes the place of a peer that is away, and is told for how long', async () => {
  const { url } = await start({ resumeWindowMs: 60_000 });
  const killed = await opened(url);
  await call(killed, 'peer.announce', PLACE);
  killed.terminate();
  const refused = await call(await opened(url), 'peer.announce', PLACE);
  expect(refused).toMatchObject({ code: -32_010, data: { retry_after_ms: expect.any(Number) } });
  const { retry_after_ms } = (refused as { data: { retry_after_ms: number } }).data;
  expect(retry_after_ms).toBeGreaterThan(55_000);
  expect(retry_after_ms).toBeLessThanOrEqual(60_000);
});
