import { JitterBuffer, RtpClock, millis, ntpFromUnix, micros } from '@rm/rtp-sync';

const buffer = new JitterBuffer({ clockRate: 48_000 });
const clock = new RtpClock(48_000);

// As packets arrive, in any order: sequence number, RTP timestamp, duration in ticks, payload, arrival time.
buffer.insert(1001, 48_960, 960, new Uint8Array([2]), millis(21));
buffer.insert(1000, 48_000, 960, new Uint8Array([1]), millis(22));
// A sender report says when timestamp 48000 was captured, on the sender's wall clock.
clock.update(ntpFromUnix(micros(1_700_000_000_000_000)), 48_000);

/** Every 10 ms the media clock asks what to play; here in virtual time. */
export const played: string[] = [];
let pending = 0; // decoded samples that are not played yet
for (let t = 30; t < 100; t += 10) {
  while (pending < 480) {
    const decision = buffer.next(millis(t), pending);
    if (decision.op === 'decode') {
      const captured = clock.unixAt(decision.packet.timestamp >>> 0);
      played.push(`${t} ms: payload ${decision.packet.data[0]}, captured at ${captured}`);
      pending += decision.packet.duration;
    } else {
      played.push(`${t} ms: ${decision.op}`);
      pending += decision.ticks;
    }
  }
  pending -= 480;
}
