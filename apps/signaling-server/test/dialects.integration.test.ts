import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { serve } from './sockets-support.js';
import { call, closeCode, opened, SDP } from './support.js';

const CANONICAL = ['rm.signaling.v1'];
const ONVIF = ['webrtc.onvif.org'];

test('a client without a sub-protocol and one of the protocol itself understand each other', async () => {
  const { url } = await serve();
  const old = await opened(url);
  const current = await opened(url, {}, CANONICAL);
  await call(current, 'peer.announce', { peer_id: 'current' });
  expect(await call(old, 'peer.announce', { peer_id: 'old' })).toMatchObject({
    status: 'registered',
    success: true,
    other_peers: ['current'],
  });
  const offered = once(old, 'message');
  const params = { to: 'old', sdp: SDP, can_trickle_ice_candidates: true, request_id: 'r' };
  const answered = call(current, 'peer.offer', params);
  const offer = JSON.parse(String((await offered)[0])) as Record<string, unknown>;
  expect(offer).toMatchObject({ method: 'peer.offer', params: { from: 'current' } });
  const answer = `${SDP}a=answer\r\n`;
  void call(old, 'peer.answer', { to: 'current', sdp: answer });
  expect(await answered).toMatchObject({ sdp: answer });
});

test('the end of an ONVIF registration is a goodbye: closed with 1000, left for the others', async () => {
  const { url, lines } = await serve();
  const device = await opened(url, {}, ONVIF);
  expect(await call(device, 'register', { id: 'cam' })).toEqual({ id: 'cam' });
  const closed = closeCode(device);
  const unregistered = call(device, 'unregister', {});
  expect(await unregistered).toBeUndefined();
  expect(await closed).toBe(1000);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'peer left', reason: 'left' }));
  expect(lines).not.toContainEqual(expect.objectContaining({ level: 40 }));
});

test('a client that names no peer or room is who and where its token says', async () => {
  const grant = { mayJoin: true, maySend: true, admin: false, peerId: 'door', room: 'yard' };
  const { url, lines } = await serve({ grant });
  const device = await opened(url, {}, ONVIF);
  expect(await call(device, 'register', {})).toEqual({ id: 'door' });
  expect(lines).toContainEqual(expect.objectContaining({ peer: 'door', room: 'yard' }));
});

test('what a dialect drops is counted while its socket is open, and after', async () => {
  const { url, metrics } = await serve();
  const device = await opened(url, {}, ONVIF);
  await call(device, 'register', { id: 'cam' });
  device.send('{"jsonrpc":"2.0","method":"trickle","params":7}');
  await call(device, 'register', { id: 'cam' });
  const dropped = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('rm_signaling_dropped'));
  const during = await dropped();
  expect(during).toHaveLength(1);
  const closed = closeCode(device);
  device.close();
  await closed;
  expect(await dropped()).toEqual(during);
});

test('a message a dialect finds too large closes its socket, and it says no more', async () => {
  const { url } = await serve({ maxMessageBytes: 1_000 });
  const device = await opened(url, {}, ONVIF);
  await call(device, 'register', { id: 'cam' });
  const closed = closeCode(device);
  device.send('x'.repeat(1_001));
  expect(await closed).toBe(1009);
});
