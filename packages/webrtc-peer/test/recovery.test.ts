import { expect, test } from '@jest/globals';
import { millis } from '@rm/rtp-sync';
import { Recovery } from '../src/connection/recovery.js';

interface Scene {
  readonly initiator?: boolean;
  readonly restartsIce?: boolean;
  /** Whether something is heard at an instant in ms. */
  readonly heard?: (ms: number) => boolean;
  /** How long the signaling server takes to answer, in ms; undefined when it does not. */
  readonly answer?: (ms: number) => number | undefined;
  readonly until: number;
}

/** What is asked for, and when in ms, on ticks of 10 ms. */
function run(scene: Scene): string[] {
  const { initiator = true, restartsIce = true, heard = () => false, answer = () => 20 } = scene;
  const { until } = scene;
  const recovery = new Recovery(initiator, restartsIce, millis(0));
  const log: string[] = [];
  const answers: number[] = [];
  for (let ms = 0; ms <= until; ms += 10) {
    if (answers.includes(ms)) recovery.signalingAnswered(millis(ms));
    if (heard(ms) && recovery.heard(millis(ms))) log.push(`${ms} restored`);
    const action = recovery.poll(millis(ms));
    if (action === 'wait') continue;
    log.push(`${ms} ${action}`);
    if (action === 'give-up') break;
    const delay = answer(ms);
    if (action === 'probe-signaling' && delay !== undefined) answers.push(ms + delay);
  }
  return log;
}

test('a connection over which something comes every second is left alone', () => {
  expect(run({ heard: (ms) => ms % 1000 === 0, until: 60_000 })).toEqual([]);
});

test('a silent peer is lost after four seconds, and ICE was restarted before', () => {
  expect(run({ until: 5000 })).toEqual([
    '1500 probe-signaling',
    '2500 restart-ice',
    '4000 tell-lost',
  ]);
});

test('a path that is gone for ten seconds and comes back is waited for', () => {
  const log = run({ heard: (ms) => ms >= 10_000 && ms % 20 === 0, until: 60_000 });
  expect(log.filter((line) => !line.endsWith('probe-signaling'))).toEqual([
    '2500 restart-ice',
    '4000 tell-lost',
    '8420 restart-ice',
    '10000 restored',
  ]);
});

test('three restarts in vain end the connection', () => {
  const log = run({ until: 60_000 });
  expect(log.filter((line) => /restart|give-up/.test(line))).toEqual([
    '2500 restart-ice',
    '8420 restart-ice',
    '14340 restart-ice',
    '19340 give-up',
  ]);
});

test('after a success the next silence has three restarts again', () => {
  const log = run({ heard: (ms) => ms === 16_000, until: 60_000 });
  const restarts = log.filter((line) => line.endsWith('restart-ice'));
  expect(restarts).toHaveLength(6);
  expect(log.at(-1)).toMatch(/give-up$/);
});

test('where ICE cannot be restarted a silent connection is made anew, but not before its path may be back', () => {
  const scene = { restartsIce: false, until: 60_000 };
  expect(run(scene).at(-1)).toMatch(/^12\d\d\d give-up$/);
  expect(run({ ...scene, initiator: false }).at(-1)).toMatch(/^14\d\d\d give-up$/);
  expect(run(scene).filter((line) => line.endsWith('restart-ice'))).toEqual([]);
  expect(run({ ...scene, heard: (ms) => ms >= 10_000 && ms % 20 === 0 }).at(-1)).toBe(
    '10000 restored',
  );
});

test('the side that was called leaves the restart to the other, but not for ever', () => {
  const log = run({ initiator: false, until: 30_000 });
  expect(log.filter((line) => /restart|give-up/.test(line))).toEqual([
    '5000 restart-ice',
    '10920 restart-ice',
    '16840 restart-ice',
    '21840 give-up',
  ]);
});

test('a restart that brings media back is a success', () => {
  expect(run({ heard: (ms) => ms > 4500 && ms % 20 === 0, until: 60_000 })).toEqual([
    '1500 probe-signaling',
    '2500 restart-ice',
    '4000 tell-lost',
    '4520 restored',
  ]);
});

test('while all of the network is gone nothing is taken apart, and media goes on when it is back', () => {
  const log = run({
    heard: (ms) => ms >= 10_000 && ms % 20 === 0,
    answer: () => undefined,
    until: 60_000,
  });
  expect(log.filter((line) => !line.endsWith('probe-signaling'))).toEqual([
    '4000 tell-lost',
    '10000 restored',
  ]);
});

test('without any sign of life a connection is kept for half a minute', () => {
  expect(run({ answer: () => undefined, until: 60_000 }).at(-1)).toBe('30000 give-up');
});

test('when the signaling server answers late, ICE is restarted then', () => {
  const log = run({ answer: (ms) => 12_000 - ms, until: 60_000 });
  expect(log.filter((line) => /restart|give-up/.test(line))).toEqual([
    '12900 restart-ice',
    '30000 give-up',
  ]);
});

test('a peer that comes back with the signaling server is heard before anything is taken apart', () => {
  const log = run({
    heard: (ms) => ms >= 12_500 && ms % 20 === 0,
    answer: (ms) => 12_000 - ms,
    until: 20_000,
  });
  expect(log.filter((line) => /restart|give-up|restored/.test(line))).toEqual(['12500 restored']);
});

test('an old answer proves nothing: another is waited for', () => {
  const recovery = new Recovery(true, true, millis(0));
  recovery.signalingAnswered(millis(0));
  expect(recovery.poll(millis(2500))).toBe('probe-signaling');
});

test('a second loss is told again', () => {
  const log = run({ heard: (ms) => ms >= 4500 && ms <= 5000, until: 9500 });
  expect(log.filter((line) => /lost|restored/.test(line))).toEqual([
    '4000 tell-lost',
    '4500 restored',
    '9000 tell-lost',
  ]);
});
