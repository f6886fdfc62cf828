import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { HubInput, HubNews } from '@rm/signaling-protocol/hub';
import { pino } from 'pino';
import { IceServers } from '../src/ice/ice-servers.js';
import type { IceServerOptions, TurnOptions } from '../src/ice/ice-servers.js';
import { turnCredential } from '../src/ice/turn-credential.js';
import { file } from './tokens.js';

const secretFile = file('turn-secret');
const BEGIN = 1_800_000_000;
const silent = pino({ enabled: false });

let told: HubInput[];
let servers: IceServers | undefined;

beforeEach(() => {
  writeFileSync(secretFile, 'north wind\r\n');
  jest.useFakeTimers({ now: BEGIN * 1_000 });
  told = [];
});
afterEach(() => {
  servers?.release();
  jest.useRealTimers();
});

const make = (options: IceServerOptions): IceServers =>
  (servers = new IceServers(options, silent, 1_000, (input) => told.push(input)));

const turn = (options: Partial<TurnOptions> = {}): TurnOptions => ({
  urls: ['turn:turn.example.org'],
  secretFile,
  ...options,
});

const joined = (peerId: string, socket: number, resumed = false): HubNews => ({
  kind: 'joined',
  socket,
  room: 'r',
  peerId,
  resumed,
});
const left = (peerId: string): HubNews => ({
  kind: 'left',
  socket: undefined,
  room: 'r',
  peerId,
  reason: 'left',
});

test('a peer gets all servers, with a credential of its own for TURN', () => {
  const ice = make({ stunUrls: ['stun:stun.example.org'], turn: turn() });
  expect(ice.for('alice')).toEqual({
    servers: [
      { urls: ['stun:stun.example.org'] },
      { urls: ['turn:turn.example.org'], ...turnCredential('north wind', 'alice', BEGIN + 14_400) },
    ],
    ttlSeconds: 14_400,
  });
  ice.onNews(joined('alice', 7));
  expect(told).toEqual([]);
});

test('half-way through the life of its credential a peer that is there gets a new one', () => {
  const ice = make({ turn: turn({ ttlSeconds: 60 }) });
  ice.onNews(joined('alice', 1));
  ice.onNews(joined('bob', 2));
  ice.onNews(joined('carol', 3));
  jest.advanceTimersByTime(10_000);
  ice.onNews(joined('carol', 4, true));
  ice.onNews(left('bob'));
  told = [];
  jest.advanceTimersByTime(19_999);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(1);
  const given = (username: string): unknown[] => [expect.objectContaining({ username })];
  expect(told).toMatchObject([{ socket: 1, servers: given(`${BEGIN + 90}:alice`) }]);
  jest.advanceTimersByTime(10_000);
  expect(told.slice(1)).toMatchObject([{ socket: 4, servers: given(`${BEGIN + 100}:carol`) }]);
  jest.advanceTimersByTime(20_000);
  expect(told.slice(2)).toMatchObject([{ socket: 1, servers: given(`${BEGIN + 120}:alice`) }]);
});

test('when the last peer has left, and when it is released, no timer is left', () => {
  const ice = make({ stunUrls: ['stun:stun.example.org'] });
  ice.onNews(joined('alice', 1));
  ice.onNews(left('alice'));
  expect(jest.getTimerCount()).toBe(0);
  ice.onNews(joined('bob', 1));
  expect(jest.getTimerCount()).toBe(1);
  ice.release();
  expect(jest.getTimerCount()).toBe(0);
});

test.each<[string, () => IceServerOptions, RegExp]>([
  [
    'an address that is none',
    () => ({ stunUrls: ['stun.example.org'] }),
    /stun\.example\.org is no/,
  ],
  ['no TURN address', () => ({ turn: turn({ urls: [] }) }), /0 turn URIs; give 1 to 8/],
  ['too many', () => ({ stunUrls: Array(9).fill('stun:a') }), /9 stun URIs; give 0 to 8/],
  ['too short a life', () => ({ turn: turn({ ttlSeconds: 59 }) }), /59; give .* 60 to 604800/],
  ['no file', () => ({ turn: turn({ secretFile: '/nowhere' }) }), /\/nowhere \(ENOENT\)/],
  ['an empty file', () => ({ turn: turn({ secretFile: '/dev/null' }) }), /\/dev\/null is empty/],
])('%s is refused, and why', (_case, options, message) => {
  expect(() => make(options())).toThrow(
    expect.objectContaining({
      code: 'ICE_SERVERS_INVALID',
      message: expect.stringMatching(message),
    }),
  );
});
