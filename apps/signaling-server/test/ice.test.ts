import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { milliseconds, NEVER } from '@rm/signaling-protocol';
import { Renewals } from '../src/ice/renewals.js';
import { turnCredential } from '../src/ice/turn-credential.js';
import { isStunUri, isTurnUri } from '../src/ice/uri.js';

const OPENSSL = 'openssl';

test('a TURN credential is what openssl makes of the same secret', () => {
  const made = turnCredential('north wind', 'alice', 1_800_000_000);
  const args = ['dgst', '-sha1', '-hmac', 'north wind', '-binary'];
  const hmac = execFileSync(OPENSSL, args, { input: '1800000000:alice' });
  expect(made).toEqual({
    username: '1800000000:alice',
    credential: hmac.toString('base64'),
  });
  expect(made.credential).toBe('2OROk1QSf240PGOhcJwID6hiUvo=');
});

test.each([
  ['stun:stun.example.org', true, false],
  ['stuns:192.0.2.1:5349', true, false],
  ['stun:[2001:db8::1]:3478', true, false],
  ['turn:turn.example.org', false, true],
  ['TURNS:turn.example.org:443?transport=tcp', false, true],
  ['turn:[2001:db8::1]?transport=udp', false, true],
  ['turn:turn.example.org?transport=sctp', false, false],
  ['turn://turn.example.org', false, false],
  ['turn:', false, false],
  ['turn:user@turn.example.org', false, false],
  ['turn:turn.example.org:0', false, false],
  ['turn:turn.example.org:65536', false, false],
  ['stun:stun.example.org?transport=udp', false, false],
  ['http://stun.example.org', false, false],
  [`turn:${'x'.repeat(600)}`, false, false],
])('%s is for STUN %p, for TURN %p', (text, stun, turn) => {
  expect([isStunUri(text), isTurnUri(text)]).toEqual([stun, turn]);
});

test('a peer is due anew after the interval, unless it left; one that came back counts from then', () => {
  const renewals = new Renewals(milliseconds(100));
  const peer = (peerId: string, socket: number) => ({ socket, room: 'r', peerId });
  expect(renewals.nextDeadline).toBe(NEVER);
  renewals.given(milliseconds(0), peer('alice', 1));
  renewals.given(milliseconds(10), peer('bob', 2));
  renewals.given(milliseconds(20), peer('carol', 3));
  renewals.given(milliseconds(30), peer('alice', 4));
  renewals.forget({ room: 'r', peerId: 'bob' });
  renewals.forget({ room: 'other', peerId: 'carol' });
  expect(renewals.nextDeadline).toBe(milliseconds(120));
  expect(renewals.takeDue(milliseconds(119))).toEqual([]);
  expect(renewals.takeDue(milliseconds(120))).toEqual([peer('carol', 3)]);
  expect(renewals.takeDue(milliseconds(200))).toEqual([peer('alice', 4)]);
  expect(renewals.nextDeadline).toBe(NEVER);
});
