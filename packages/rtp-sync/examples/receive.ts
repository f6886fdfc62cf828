import { JitterBuffer, RtpClock, micros, millis, ntpFromUnix } from '@rm/rtp-sync';

const buffer = new JitterBuffer({ clockRate: 48_000 });
const clock = new RtpClock(48_000);
// A sender report: timestamp 48000 was captured at this instant of the sender's wall clock.
clock.update(ntpFromUnix(micros(1_700_000_000_000_000)), 48_000);

/** Packets of 20 ms that arrive out of order, and one that is lost: arrival in ms, sequence number. */
const arrivals = [
  [0, 0],
  [20, 1],
  [41, 3],
  [42, 2],
  [80, 4],
  [100, 5],
  [140, 7],
  [160, 8],
] as const;

export const played: string[] = [];
let pending = 0; // decoded samples that are not played yet
for (let t = 0; t < 200; t += 10) {
  for (const [at, n] of arrivals)
    if (at >= t && at < t + 10)
      buffer.insert(n, 48_000 + n * 960, 960, Uint8Array.of(n), millis(at));
  // The media clock ticks every 10 ms and asks what to play; here in virtual time.
  while (pending < 480) {
    const decision = buffer.next(millis(t), pending);
    if (decision.op === 'decode') {
      const { timestamp, duration, data } = decision.packet;
      played.push(`${t} ms: packet ${data[0]}, captured at ${clock.unixAt(timestamp)}`);
      pending += duration;
    } else {
      if (decision.op === 'conceal') played.push(`${t} ms: conceal`);
      pending += decision.ticks;
    }
  }
  pending -= 480;
}
