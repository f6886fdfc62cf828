import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import { PublishedStates } from '../src/connection/published-states.js';
import type { PeerConnectionStates } from '../src/session/peer-connection.js';

const NEW: PeerConnectionStates = {
  connection: 'new',
  iceConnection: 'new',
  iceGathering: 'new',
  signaling: 'stable',
};
const CONNECTING: PeerConnectionStates = {
  ...NEW,
  connection: 'connecting',
  iceConnection: 'checking',
};
const CONNECTED: PeerConnectionStates = {
  ...NEW,
  connection: 'connected',
  iceConnection: 'connected',
};
const COMPLETED: PeerConnectionStates = { ...CONNECTED, iceConnection: 'completed' };
const CLOSED: PeerConnectionStates = { ...NEW, connection: 'closed', iceConnection: 'closed' };

/** What is published of `steps`, and when, in ms; the clock goes on for a second after the last of them. */
const published = (
  ...steps: readonly (readonly [atMs: number, states: PeerConnectionStates])[]
): [number, PeerConnectionStates][] => {
  const told: [number, PeerConnectionStates][] = [];
  let ms = 0;
  const states = new PublishedStates((each) => told.push([ms, each]), micros(0));
  const end = (steps.at(-1)?.[0] ?? 0) + 1000;
  for (; ms <= end; ms += 10) {
    for (const [at, each] of steps) if (at === ms) states.update(each, millis(ms));
    states.poll(millis(ms));
  }
  return told;
};

test('a connection that comes about quickly is told of once', () => {
  expect(published([0, NEW], [10, CONNECTING], [40, CONNECTED])).toEqual([[40, CONNECTED]]);
});

test('one that takes longer is told to be on its way', () => {
  expect(published([0, NEW], [10, CONNECTING], [700, CONNECTED])).toEqual([
    [500, CONNECTING],
    [700, CONNECTED],
  ]);
});

test('what changes beside is told half a second later, and only if it is still so', () => {
  expect(published([40, CONNECTED], [60, COMPLETED])).toEqual([
    [40, CONNECTED],
    [540, COMPLETED],
  ]);
  expect(published([40, CONNECTED], [60, COMPLETED], [80, CONNECTED])).toEqual([[40, CONNECTED]]);
});

test('an end is told at once, and nothing of before comes after it', () => {
  expect(published([0, CONNECTED], [20, COMPLETED], [30, CLOSED])).toEqual([
    [0, CONNECTED],
    [30, CLOSED],
  ]);
});

test('a connection that was lost and came back is told of each time', () => {
  const lost: PeerConnectionStates = { ...CONNECTED, connection: 'disconnected' };
  expect(published([0, CONNECTED], [100, lost], [200, CONNECTED])).toEqual([
    [0, CONNECTED],
    [100, lost],
    [200, CONNECTED],
  ]);
});
