import type { CaptureTime, Micros } from '@rm/codecs';

/** The capture time of the sample that comes `samples` after the one captured then; negative for one before it. */
export function captureAt(
  capture: CaptureTime | undefined,
  samples: number,
  sampleRate: number,
): CaptureTime | undefined {
  if (capture === undefined) return undefined;
  const time = capture.time + Math.round((samples * 1e6) / sampleRate);
  return { time: time as Micros, bound: capture.bound };
}
