import { describe, expect, test } from '@jest/globals';
import {
  type ClockOffset,
  SessionTimeline,
  SyncManager,
  type SyncManagerOptions,
  micros,
  ntpFromUnix,
} from '../src/index.js';
import { at } from './simulate.js';

const ORIGIN = micros(1_700_000_000_000_000);
/** The peer's wall clock is 7 s ahead of ours, known to 2 ms. */
const AHEAD = 7_000_000;
const offset: ClockOffset = {
  offset: micros(AHEAD),
  bound: micros(2_000),
  roundTrip: micros(4_000),
};

type Manager = SyncManager<number, number>;

function peer(options: Partial<SyncManagerOptions<number>> = {}): {
  timeline: SessionTimeline<number>;
  manager: Manager;
} {
  const timeline = options.timeline ?? new SessionTimeline<number>();
  const manager = new SyncManager<number, number>({
    timeline,
    unixOrigin: ORIGIN,
    clockOffset: () => offset,
    ...options,
  });
  return { timeline, manager };
}

/** Tells that timestamp `rtp` was captured at `ms` of local time. */
const report = (manager: Manager, kind: 'audio' | 'video', ms: number, rtp: number): boolean =>
  manager.updateNtpMapping(kind, ntpFromUnix(micros(ORIGIN + ms * 1000 + AHEAD)), rtp >>> 0);

interface Shown {
  readonly now: number;
  readonly audio: number;
  readonly picture: number | undefined;
}

/** Plays a peer whose sound and pictures, named by capture time in ms, come so many ms after it. */
function play(
  { timeline, manager }: ReturnType<typeof peer>,
  until: number,
  audioDelay: (ms: number) => number,
  videoDelay: (ms: number) => number | undefined,
  { audioRtp = 0, videoRtp = 0, from = 0 } = {},
): Shown[] {
  report(manager, 'audio', 0, audioRtp);
  report(manager, 'video', 0, videoRtp);
  const pushes: { now: number; run: (now: number) => void }[] = [];
  for (let ms = from; ms < until; ms += 20) {
    const rtp = (audioRtp + ms * 48) >>> 0;
    const run = (now: number): unknown => manager.processAudioFrame(rtp, 960, ms, at(now));
    pushes.push({ now: ms + audioDelay(ms), run });
  }
  for (let ms = from; ms < until; ms += 40) {
    const delay = videoDelay(ms);
    const rtp = (videoRtp + ms * 90) >>> 0;
    const run = (now: number): unknown => manager.processVideoFrame(rtp, ms, at(now));
    if (delay !== undefined) pushes.push({ now: ms + delay, run });
  }
  pushes.sort((a, b) => a.now - b.now);
  const shown: Shown[] = [];
  let next = 0;
  for (let now = from; now < until; now += 10) {
    for (; next < pushes.length && pushes[next]!.now <= now; next++) {
      const { run, now: arrival } = pushes[next]!;
      run(arrival);
    }
    for (const { frame, offset: into, capture } of timeline.pull(at(now))) {
      const instant = capture?.time ?? timeline.instant!;
      const picture = manager.getVideoFrameAtTime(instant, at(now))?.frame;
      shown.push({ now, audio: frame + into / 1000, picture });
    }
  }
  return shown;
}

/** How much older the picture is than the sound it is shown with; 0…40 ms when in step at 25 pictures a second. */
const age = ({ audio, picture }: Shown): number => audio - picture!;
const outOfStep = (s: Shown): boolean => !(age(s) >= 0 && age(s) < 40);

describe.each([0, 127, 32_767, 65_535, 2 ** 31 - 1, 2 ** 32 - 1])(
  'with timestamps from %i',
  (rtp) => {
    test('sound and picture go together from the first sample on, though pictures take longer', () => {
      const p = peer({ expectVideo: true });
      const shown = play(
        p,
        3000,
        () => 50,
        () => 130,
        { audioRtp: rtp, videoRtp: rtp },
      );
      expect(shown.filter(outOfStep)).toEqual([]);
      expect(shown[0]!.now).toBeLessThanOrEqual(170);
      expect(p.manager.statistics().residual).toBeCloseTo(0, 6);
    });

    test('the wall clock and the capture time are those of the sender reports', () => {
      const { manager } = peer();
      expect(manager.rtpToWallclock('video', rtp)).toBeUndefined();
      expect(manager.processAudioFrame(rtp, 960, 1, at(5))).toBeUndefined();
      report(manager, 'video', 1000, rtp);
      report(manager, 'audio', 1000, rtp);
      const wall = ORIGIN + AHEAD + 1_020_000;
      expect(manager.rtpToWallclock('video', (rtp + 1800) >>> 0)).toBe(wall);
      expect(manager.rtpToWallclock('audio', (rtp + 960) >>> 0)).toBe(wall);
      const capture = manager.processAudioFrame((rtp + 960) >>> 0, 960, 1, at(1100))!;
      expect(Math.abs(capture.time - 1_020_000)).toBeLessThanOrEqual(1);
      // One report says little of how exactly they are stamped; what the offset lacks comes on top.
      const exact = peer({ clockOffset: () => ({ ...offset, bound: micros(0) }) }).manager;
      report(exact, 'audio', 1000, rtp);
      const { bound } = exact.processAudioFrame((rtp + 960) >>> 0, 960, 1, at(1100))!;
      expect(bound).toBeGreaterThan(1_000);
      expect(capture.bound).toBe(bound + 2_000);
    });
  },
);

test('pictures that are early wait for the sound', () => {
  const shown = play(
    peer(),
    3000,
    () => 160,
    () => 30,
  );
  expect(shown.filter(outOfStep)).toEqual([]);
  expect(shown.at(-1)!.audio).toBe(2990 - 160);
});

test('sound that already plays is delayed slowly for pictures that come late, by no more than they need', () => {
  const p = peer();
  const shown = play(
    p,
    20_000,
    () => 50,
    (ms) => (ms < 2000 ? undefined : 90),
  );
  // 2 % with everybody else, 0.5 % for its own pictures.
  const tenTicks = shown.slice(10).map((s, i) => s.audio - shown[i]!.audio);
  expect(Math.max(...tenTicks.map((ms) => Math.abs(ms - 100)))).toBeLessThanOrEqual(2.9);
  expect(19_990 - shown.at(-1)!.audio).toBeCloseTo(90, 0);
});

test('pictures slower than others wait for delay the sound of their own peer only', () => {
  const timeline = new SessionTimeline<number>({ maxDelay: at(200) });
  const other = timeline.join();
  const p = peer({ timeline, expectVideo: true });
  for (let ms = 0; ms < 100; ms += 20)
    other.push(-1, at(20), { time: at(ms - 60), bound: micros(0) }, at(ms));
  const shown = play(
    p,
    5000,
    () => 50,
    () => 350,
  );
  const steady = shown.filter((s) => s.now > 1000);
  expect(timeline.delay).toBeLessThanOrEqual(60_000);
  for (const s of steady) {
    expect([age(s) >= 0, age(s) < 40]).toEqual([true, true]);
    expect(Math.abs(s.now - s.audio - 350)).toBeLessThanOrEqual(5);
  }
  expect(p.manager.statistics().audioExtraDelay).toBeGreaterThan(0.28);
});

test.each<[string, (ms: number) => { time: number; bound: number }]>([
  ['jumps', (ms) => ({ time: ms - (ms % 800 < 400 ? 0 : 300), bound: 1 })],
  ['is known to a second only', (ms) => ({ time: ms - 300, bound: 1000 })],
])('nobody waits for pictures whose clock %s', (_, claim) => {
  const video = {
    captureAt: (rtp: number) => {
      const { time, bound } = claim(rtp / 90);
      return { time: at(time), bound: at(bound) };
    },
  };
  const p = peer({ captureClocks: { video } });
  const shown = play(
    p,
    6000,
    () => 50,
    () => 60,
  );
  expect(6000 - shown.at(-1)!.audio).toBeLessThan(90);
});

test('sound waits half a second for an expected picture, not longer', () => {
  const shown = play(
    peer({ expectVideo: true }),
    2000,
    () => 50,
    () => undefined,
  );
  expect(shown[0]!.now).toBe(550);
  expect(shown.at(-1)!.audio).toBe(1940);
});

test('when the pictures end the sound comes back to its own delay', () => {
  const p = peer();
  const shown = play(
    p,
    40_000,
    () => 50,
    (ms) => (ms < 3000 ? 150 : undefined),
  );
  expect(40_000 - shown.at(-1)!.audio).toBeLessThan(70);
  expect(p.manager.statistics().residual).toBeUndefined();
});

test('another SSRC begins anew: nothing of the old clock holds', () => {
  const p = peer();
  play(
    p,
    2000,
    () => 50,
    () => 60,
  );
  p.manager.resetSync('video');
  p.manager.resetSync('audio');
  expect(p.manager.rtpToWallclock('audio', 0)).toBeUndefined();
  expect(p.manager.rtpToWallclock('video', 0)).toBeUndefined();
  expect(p.manager.getVideoFrameAtTime(at(1990), at(2000))).toBeUndefined();
  const shown = play(
    p,
    4000,
    () => 50,
    () => 60,
    { audioRtp: 3e9, videoRtp: 2e9, from: 2000 },
  );
  expect(shown.at(-1)!.audio).toBeCloseTo(3990 - 60, 0);
  expect(age(shown.at(-1)!)).toBeLessThan(40);
});

test('another SSRC begins with sound and picture together, too', () => {
  const p = peer({
    timeline: new SessionTimeline<number>({ maxDelay: at(60) }),
    expectVideo: true,
  });
  play(
    p,
    2000,
    () => 50,
    () => 60,
  );
  p.manager.resetSync('video');
  p.manager.resetSync('audio');
  const shown = play(
    p,
    4000,
    () => 50,
    () => 200,
    { audioRtp: 3e9, videoRtp: 2e9, from: 2000 },
  );
  expect(p.manager.statistics().realignments).toBe(0);
  expect(shown.filter(outOfStep)).toEqual([]);
});

test('when the pictures get another SSRC the sound does not jump', () => {
  const p = peer({
    timeline: new SessionTimeline<number>({ maxDelay: at(60) }),
    expectVideo: true,
  });
  const before = play(
    p,
    2000,
    () => 50,
    () => 200,
  );
  p.manager.resetSync('video');
  const shown = [
    ...before.slice(-10),
    ...play(
      p,
      6000,
      () => 50,
      () => 200,
      { videoRtp: 2e9, from: 2000 },
    ).filter((s) => s.now > 2050),
  ];
  const behind = shown.map((s) => s.now - s.audio);
  expect(Math.max(...behind) - Math.min(...behind)).toBeLessThanOrEqual(5);
  expect(shown.slice(40).filter(outOfStep)).toEqual([]);
});

test('sound of another SSRC that comes faster is aligned with the pictures at once', () => {
  const p = peer({
    timeline: new SessionTimeline<number>({ maxDelay: at(60) }),
    expectVideo: true,
  });
  play(
    p,
    2000,
    () => 150,
    () => 200,
  );
  p.manager.resetSync('audio');
  const shown = play(
    p,
    4000,
    () => 50,
    () => 200,
    { audioRtp: 3e9, from: 2000 },
  );
  expect(shown.filter((s) => s.now > 2300).filter(outOfStep)).toEqual([]);
  expect(p.manager.statistics().realignments).toBe(0);
});

test('a peer whose clock nobody knows is heard and seen, unaligned', () => {
  const p = peer({ clockOffset: () => undefined });
  const shown = play(
    p,
    2000,
    () => 50,
    () => 60,
  );
  expect(shown.length).toBeGreaterThan(190);
  expect(new Set(shown.map((s) => s.picture)).size).toBeGreaterThan(40);
  expect(p.manager.statistics().residual).toBeUndefined();
  expect(p.timeline.statistics().aligned).toBe(0);
});

test('a better source of capture times goes before sender reports, which stand in where it knows nothing', () => {
  const audio = {
    captureAt: (rtp: number) => (rtp === 96_000 ? { time: at(1990), bound: at(1) } : undefined),
  };
  const { manager } = peer({ captureClocks: { audio } });
  report(manager, 'audio', 0, 0);
  expect(manager.processAudioFrame(96_000, 960, 1, at(2050))).toEqual(audio.captureAt(96_000));
  expect(manager.processAudioFrame(96_960, 960, 2, at(2070))!.time).toBe(2_020_000);
});

test('a sender report without a wall clock changes nothing', () => {
  const { manager } = peer();
  expect(manager.updateNtpMapping('audio', { seconds: 0, fraction: 0 }, 5)).toBe(false);
  expect(manager.rtpToWallclock('audio', 5)).toBeUndefined();
});

test('a closed peer is gone from the timeline', () => {
  const p = peer();
  play(
    p,
    1000,
    () => 50,
    () => 60,
  );
  p.manager.close();
  p.manager.close();
  expect(p.timeline.pull(at(1010))).toEqual([]);
  p.manager.processVideoFrame(90_000, 1000, at(1020));
  expect(p.manager.getVideoFrameAtTime(at(1000), at(1060))).toBeUndefined();
  expect(p.timeline.statistics().sources).toBe(0);
});

test('a clock rate that is none is refused', () => {
  expect(() => peer({ videoClockRate: 0 })).toThrow('videoClockRate');
  expect(() => peer({ videoCapacity: 0 })).toThrow('capacity');
});
