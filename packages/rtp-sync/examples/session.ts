import { SessionTimeline, SyncManager, micros, millis, ntpFromUnix } from '@rm/rtp-sync';

/** Wall clock at time 0 of the local timeline. */
const unixOrigin = micros(1_700_000_000_000_000);
const timeline = new SessionTimeline<string>();

/** Two peers whose clocks are 3 s ahead and 2 s behind ours, known to a millisecond from pings. */
const peers = [3_000_000, -2_000_000].map((ahead) => {
  const clockOffset = { offset: micros(ahead), bound: millis(1), roundTrip: millis(2) };
  const sync = new SyncManager<string, string>({
    timeline,
    unixOrigin,
    clockOffset: () => clockOffset,
  });
  // Their sender reports: RTP timestamp 0 was captured at time 0 of our timeline.
  for (const kind of ['audio', 'video'] as const)
    sync.updateNtpMapping(kind, ntpFromUnix(micros(unixOrigin + ahead)), 0);
  return sync;
});

export const heard: string[] = [];
for (let t = 0; t < 3000; t += 10) {
  const now = millis(t);
  // The sound of the first peer takes 40 ms from capture to decoding, that of the second 80 ms, pictures 60 ms.
  for (const [i, delay] of [40, 80].entries())
    if (t >= delay && (t - delay) % 20 === 0)
      peers[i]!.processAudioFrame((t - delay) * 48, 960, `sound of ${t - delay} ms`, now);
  if (t >= 60 && (t - 60) % 40 === 0)
    peers[0]!.processVideoFrame((t - 60) * 90, `picture of ${t - 60} ms`, now);
  for (const { source, frame, offset, capture } of timeline.pull(now)) {
    if (t < 2980 || capture === undefined) continue;
    const peer = peers.find((p) => p.source === source)!;
    const picture = peer.getVideoFrameAtTime(capture.time, now)?.frame ?? 'no picture';
    heard.push(`${t} ms: peer ${peers.indexOf(peer)}, ${frame} + ${offset / 1000} ms, ${picture}`);
  }
}
