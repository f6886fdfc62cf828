import {
  ClockOffsetEstimator,
  type ClockOffset,
  SessionTimeline,
  SyncManager,
  micros,
  ntpFromUnix,
} from '@rm/rtp-sync';
import { Random } from './random.js';

/** One simulated session: peers with clocks of their own send sound and pictures to one listener. */
export interface SessionScenario {
  readonly seed: number;
  readonly peers: number;
  /** Length in seconds of virtual time. */
  readonly seconds: number;
  /** Whether all clocks are one (PTP, or the same machine), known to 100 µs. Default false. */
  readonly sharedClock?: boolean;
  /** Whether the way to the peers is up to 60 ms longer than the way from them. Default false: both are alike. */
  readonly asymmetric?: boolean;
  /** Whether peers send pictures too, which take up to 80 ms longer than the sound. Default false. */
  readonly video?: boolean;
  /** What is wrong with the last peer, from 3 s on. */
  readonly badPeer?: 'silent' | 'jumping' | 'garbage';
}

/** What the listener got in one session, in milliseconds against the truth; the bad peer is left out. */
export interface SessionResult {
  /** Per tick: between the earliest and the latest capture of what was given as aligned. */
  readonly misalignment: number[];
  /** Per first showing of a picture: how much later the sound was than it (negative: the picture came late). */
  readonly audioVideo: number[];
  /** Frames given with a capture time, and those whose true one lay outside the bound. */
  readonly stamped: number;
  readonly uncovered: number;
  /** The bounds stated, in ms, once settled. */
  readonly bounds: number[];
  /** Tick by tick, how many of the good peers were given at the common instant. */
  readonly aligned: number[];
}

/** Sound: when and what was captured; the payload that goes through the timeline. */
interface Captured {
  readonly peer: number;
  /** True capture time in µs. */
  readonly at: number;
  readonly rtp: number;
}

const UNIX_ORIGIN = 1_700_000_000_000_000;
const AUDIO_RATE = 48_000;
const VIDEO_RATE = 90_000;
const FRAME = 20_000;
const PICTURE = 33_333;
const TICK = 10_000;
/** Sound and picture must be together from here on, sources aligned from when clocks have been heard of ten times. */
const LIPS_SETTLED = 5_000_000;
const SOURCES_SETTLED = 10_000_000;

/** What happens at an instant of true time. */
interface Event {
  readonly at: number;
  readonly run: (now: number) => void;
}

/**
 * Runs one session in virtual time. Every peer's wall clock and media clocks are off by up to ±500 ppm and start
 * anywhere; paths are symmetric with exponential jitter, 5…80 ms long; sender reports come once a second.
 */
export function runSession(scenario: SessionScenario): SessionResult {
  const random = new Random(scenario.seed);
  const events: Event[] = [];
  const end = scenario.seconds * 1e6;
  const timeline = new SessionTimeline<Captured>();
  const managers: SyncManager<Captured, Captured>[] = [];
  const result = {
    misalignment: [] as number[],
    audioVideo: [] as number[],
    aligned: [] as number[],
    bounds: [] as number[],
  };
  let stamped = 0;
  let uncovered = 0;
  const bad = scenario.badPeer === undefined ? -1 : scenario.peers - 1;
  for (let peer = 0; peer < scenario.peers; peer++)
    managers.push(simulatePeer(scenario, peer, peer === bad, random, timeline, events));
  const shown = new Float64Array(scenario.peers).fill(-1);
  const tick = (now: number): void => {
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    let aligned = 0;
    for (const { frame, offset, capture, behind } of timeline.pull(micros(now))) {
      if (frame.peer === bad || capture === undefined) continue;
      const truth = frame.at + offset;
      stamped++;
      if (Math.abs(capture.time - truth) > capture.bound) uncovered++;
      if (now >= SOURCES_SETTLED) result.bounds.push(capture.bound / 1000);
      // Whichever tick is nearer to its time shows a picture.
      const middle = micros(capture.time + TICK / 2);
      const picture = managers[frame.peer]!.getVideoFrameAtTime(middle, micros(now))?.frame;
      if (picture !== undefined && picture.at !== shown[frame.peer]) {
        if (now >= LIPS_SETTLED) result.audioVideo.push((picture.at - truth) / 1000);
        shown[frame.peer] = picture.at;
      }
      if (behind > 0) continue;
      aligned++;
      earliest = Math.min(earliest, truth);
      latest = Math.max(latest, truth);
    }
    if (now < SOURCES_SETTLED) return;
    result.aligned.push(aligned);
    if (aligned > 1) result.misalignment.push((latest - earliest) / 1000);
  };
  for (let at = TICK; at < end; at += TICK) events.push({ at, run: tick });
  // Ticks come after what arrives at the same instant, as they were added last.
  events.sort((a, b) => a.at - b.at);
  for (const { at, run } of events) run(at);
  return { ...result, stamped, uncovered };
}

function simulatePeer(
  scenario: SessionScenario,
  peer: number,
  isBad: boolean,
  random: Random,
  timeline: SessionTimeline<Captured>,
  events: Event[],
): SyncManager<Captured, Captured> {
  const end = scenario.seconds * 1e6;
  const ppm = (): number => 1 + (random.uniform() - 0.5) / 1000;
  const wallRate = scenario.sharedClock === true ? 1 : ppm();
  const wallStart = scenario.sharedClock === true ? 0 : (random.uniform() - 0.5) * 7.2e9;
  const wall = (t: number): number => UNIX_ORIGIN + wallStart + t * wallRate;
  const media = (rate: number): ((t: number) => number) => {
    const start = Math.floor(random.uniform() * 2 ** 32);
    const skewed = (rate * ppm()) / 1e6;
    return (t) => Math.round(start + t * skewed) >>> 0;
  };
  const audioAt = media(AUDIO_RATE);
  const videoAt = media(VIDEO_RATE);
  const path = 5_000 + random.uniform() * 75_000;
  const jitter = 500 + random.uniform() * 4_500;
  const detour = scenario.asymmetric === true ? random.uniform() * 60_000 : 0;
  const delay = (): number => path + random.exponential(jitter);
  const offsets = new ClockOffsetEstimator();
  const shared: ClockOffset = { offset: micros(0), bound: micros(100), roundTrip: micros(0) };
  const manager = new SyncManager<Captured, Captured>({
    timeline,
    unixOrigin: micros(UNIX_ORIGIN),
    clockOffset: (now) => (scenario.sharedClock === true ? shared : offsets.estimate(now)),
    expectVideo: scenario.video ?? false,
  });

  for (let sent = 0, n = 0; sent < end; sent += n++ < 5 ? 100_000 : 1_000_000) {
    const there = sent + delay() + detour;
    const back = there + delay();
    const ping = {
      sent: micros(UNIX_ORIGIN + sent),
      remoteReceived: micros(wall(there)),
      remoteSent: micros(wall(there)),
      received: micros(UNIX_ORIGIN + back),
    };
    events.push({ at: back, run: () => offsets.add(ping) });
  }
  const report = (kind: 'audio' | 'video', at: number, rtpAt: (t: number) => number): void => {
    const ntp = ntpFromUnix(micros(wall(at) + random.normal() * 50));
    const rtp = rtpAt(at);
    events.push({ at: at + delay(), run: () => manager.updateNtpMapping(kind, ntp, rtp) });
  };
  for (const at of [
    0,
    500_000,
    ...Array.from({ length: scenario.seconds }, (_, i) => (i + 1) * 1e6),
  ]) {
    report('audio', at, audioAt);
    if (scenario.video === true) report('video', at, videoAt);
  }

  // The jitter buffer plays each frame at a fixed delay, on the listener's ticks.
  const playout = path + 6 * jitter;
  for (let at = random.uniform() * FRAME; at < end; at += FRAME) {
    if (random.uniform() < 0.01) continue;
    if (isBad && scenario.badPeer === 'silent' && at > 3e6) break;
    const given = Math.ceil((at + FRAME + Math.max(delay(), playout)) / TICK) * TICK;
    const rtp = wrong(scenario, isBad, at, audioAt(at), random);
    const frame = { peer, at, rtp };
    events.push({
      at: given,
      run: (now) => manager.processAudioFrame(rtp, 960, frame, micros(now)),
    });
  }
  if (scenario.video !== true) return manager;
  const decoding = path + 6 * jitter + random.uniform() * 80_000;
  for (let at = random.uniform() * PICTURE; at < end; at += PICTURE) {
    const frame = { peer, at, rtp: videoAt(at) };
    const given = at + Math.max(delay(), decoding + random.uniform() * 3_000);
    events.push({
      at: given,
      run: (now) => manager.processVideoFrame(frame.rtp, frame, micros(now)),
    });
  }
  return manager;
}

/** The timestamp that a peer with a broken clock sends from 3 s on. */
function wrong(
  scenario: SessionScenario,
  isBad: boolean,
  at: number,
  rtp: number,
  random: Random,
): number {
  if (!isBad || at < 3e6) return rtp;
  if (scenario.badPeer === 'garbage') return Math.floor(random.uniform() * 2 ** 32);
  // Half a second to and fro, every 300 ms.
  if (scenario.badPeer === 'jumping' && Math.floor(at / 300_000) % 2 === 1)
    return (rtp - AUDIO_RATE / 2) >>> 0;
  return rtp;
}
