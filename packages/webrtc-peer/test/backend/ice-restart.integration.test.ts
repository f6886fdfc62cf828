import { afterEach, expect, test } from '@jest/globals';
import { negotiate } from './connect-transports.js';
import { alone, closeAll, connected, opus } from './werift-fixture.js';

afterEach(closeAll);

const ufrag = (sdp: string): string => /a=ice-ufrag:(\S+)/.exec(sdp)![1]!;

test('ICE restarts with new credentials, and audio and messages flow again, both ways', async () => {
  const { a, b } = await connected();
  a.transport.sendAudio(opus(1));
  b.transport.sendAudio(opus(1));
  for (const end of [a, b]) await end.until('audio', () => end.heard.packets.length === 1);
  const needed = a.heard.negotiationNeeded;
  const before = await a.transport.setLocalDescription();
  await b.transport.setRemoteDescription(before);
  await a.transport.setRemoteDescription(await b.transport.setLocalDescription());

  a.transport.restartIce();
  await a.until('negotiation needed', () => a.heard.negotiationNeeded === needed + 1);
  const offer = await a.transport.setLocalDescription();
  expect(ufrag(offer.sdp)).not.toBe(ufrag(before.sdp));
  // It is another description of the same connection.
  const [, session, version] = /^o=- (\d+) (\d+) /m.exec(before.sdp)!;
  expect(offer.sdp).toMatch(new RegExp(`^o=- ${session} ${Number(version) + 1} `, 'm'));
  // Between the offer and the new pair nothing goes out.
  expect(a.transport.sendAudio(opus(2))).toBe(false);
  await b.transport.setRemoteDescription(offer);
  await a.transport.setRemoteDescription(await b.transport.setLocalDescription());
  for (const end of [a, b])
    await end.until('connected again', () => end.transport.states.connection === 'connected');
  expect(a.transport.sendAudio(opus(3))).toBe(true);
  expect(b.transport.sendAudio(opus(3))).toBe(true);
  a.transport.sendMessage('still here');
  for (const end of [a, b]) await end.until('audio again', () => end.heard.packets.length === 2);
  await b.until('the message', () => b.heard.messages.length === 1);
  expect(b.heard.channelClose).toBe(0);
  // Once is enough: the next offer keeps the credentials.
  await negotiate(a.transport, b.transport);
  a.transport.sendAudio(opus(4));
  await b.until('audio', () => b.heard.packets.length === 3);
});

test('either side may restart, again and again', async () => {
  const { a, b } = await connected();
  for (let round = 1; round <= 3; round++)
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      one.transport.restartIce();
      await negotiate(one.transport, other.transport);
      const heard = one.heard.packets.length;
      await other.until('connected', () => other.transport.states.connection === 'connected');
      expect(other.transport.sendAudio(opus(round))).toBe(true);
      await one.until('audio', () => one.heard.packets.length > heard);
    }
});

test('a closed transport does not restart', async () => {
  const { transport, heard } = alone();
  await transport.close();
  transport.restartIce();
  await new Promise(setImmediate);
  expect(heard.negotiationNeeded).toBe(0);
});
