import { expect, test } from '@jest/globals';
import { BEATS_PER_PING, Pulse } from '../src/pulse.js';

/** What a connection is told to do at each of `beats`, and whether it answers. */
function course(beats: number, answers: (beat: number) => boolean): string[] {
  const pulse = new Pulse();
  return Array.from({ length: beats }, (_, beat) => {
    const act = pulse.beat();
    if (act === 'ping' && answers(beat)) pulse.heard();
    return act;
  });
}

test.each(Array.from({ length: BEATS_PER_PING }, (_, phase) => phase))(
  'who falls silent %d tenths after a ping is dead within 2.5 pings, having been asked twice',
  (phase) => {
    const pulse = new Pulse();
    for (let beat = 0; beat < BEATS_PER_PING + phase; beat++) pulse.beat();
    pulse.heard();
    const silence = Array.from({ length: 3 * BEATS_PER_PING }, () => pulse.beat());
    const death = silence.indexOf('dead');
    expect(death + 1).toBe(2.5 * BEATS_PER_PING - phase);
    expect(silence.slice(0, death).filter((act) => act === 'ping')).toHaveLength(2);
  },
);

test('who answers is pinged at every tenth beat and never dead', () => {
  const acts = course(100, () => true);
  expect(acts.filter((act) => act === 'ping')).toHaveLength(10);
  expect(acts).not.toContain('dead');
});

test('one answer that is lost costs nobody the connection', () => {
  let pings = 0;
  expect(course(100, () => ++pings % 2 === 0)).not.toContain('dead');
});
