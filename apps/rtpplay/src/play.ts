import { createHash } from 'node:crypto';
import { type OpusEngine, WAV_HEADER_BYTES, loadOpus, wavHeader } from '@rm/codecs';
import {
  AdaptiveDelayPolicy,
  type DelayPolicy,
  FixedDelayPolicy,
  NetEqDelayPolicy,
  millis,
} from '@rm/rtp-sync';
import { readCaptureFile } from './capture/read-file.js';
import type { PlayOptions } from './options.js';
import { OutFile } from './output/out-file.js';
import { Pcm } from './output/pcm.js';
import { Plot } from './output/plot.js';
import { EventLog } from './replay/event-log.js';
import { Listening } from './replay/listening.js';
import { reception } from './replay/reception.js';
import { replay } from './replay/replay.js';
import { type Report, reportOf } from './report.js';
import { chooseStream } from './stream/choose.js';
import { asCaptured, standIn } from './stream/stand-in.js';

const WAV_FORMAT = { sampleRate: 48_000, channels: 1 };

/** What came of a replay. */
export interface Played {
  readonly report: Report;
  /** What the user is to know beside it, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a capture, replays a stream of it, and writes the files that were asked for. Rejects with a `CaptureError`
 * for a file that cannot be replayed, or with a `UsageError` for a stream that is not in it.
 */
export async function play(options: PlayOptions): Promise<Played> {
  const { file } = options;
  const bytes = await readCaptureFile(file);
  const stream = chooseStream(bytes, options);
  const { packets, clockRate, payload } = stream;
  const engine = await loadOpus();
  const played =
    payload === 'opus' ? asCaptured(packets) : await standIn(packets, clockRate, engine);
  const received = reception(packets, clockRate);
  const listening = new Listening(packets, clockRate, received.worstStall);

  const outputs = open(options);
  const pcmHash = createHash('sha256');
  const eventHash = createHash('sha256');
  const pcm = new Pcm((samples) => {
    pcmHash.update(samples);
    outputs.wav?.write(samples);
  });
  const events = new EventLog((line) => {
    eventHash.update(line);
    outputs.events?.write(Buffer.from(line));
  });
  const plot = options.plot === undefined ? undefined : new Plot();
  const listeners = [listening, pcm, events, ...(plot === undefined ? [] : [plot])];
  const counted = replay(played, await decoderOf(engine), policyOf(options), listeners);
  outputs.wav?.writeHeader(wavHeader(WAV_FORMAT, pcm.samples * 2));
  if (plot !== undefined) outputs.plot?.write(Buffer.from(plot.draw(file)));
  for (const output of [outputs.wav, outputs.events, outputs.plot]) output?.close();

  return {
    report: reportOf({
      stream,
      received,
      listening,
      counted,
      parts: played.length / packets.length,
      policy: options.policy,
      hashes: { pcm: pcmHash.digest('hex'), events: eventHash.digest('hex') },
    }),
    warnings: stream.warnings,
  };
}

interface Outputs {
  readonly wav: OutFile | undefined;
  readonly events: OutFile | undefined;
  readonly plot: OutFile | undefined;
}

/** Opened before anything is played: that a file cannot be written is told at once. */
function open({ wav, events, plot }: PlayOptions): Outputs {
  const file = (path: string | undefined): OutFile | undefined =>
    path === undefined ? undefined : new OutFile(path);
  const outputs = { wav: file(wav), events: file(events), plot: file(plot) };
  outputs.wav?.write(new Uint8Array(WAV_HEADER_BYTES));
  return outputs;
}

const decoderOf = (engine: OpusEngine): ReturnType<OpusEngine['createDecoder']> =>
  engine.createDecoder(WAV_FORMAT);

function policyOf({ policy, preset, minDelay, maxDelay }: PlayOptions): DelayPolicy {
  if (policy === 'neteq') return new NetEqDelayPolicy();
  if (policy !== 'adaptive') return new FixedDelayPolicy(millis(policy.fixed));
  return new AdaptiveDelayPolicy({
    ...(preset !== undefined && { pricePerPercent: preset }),
    ...(minDelay !== undefined && { min: millis(minDelay) }),
    ...(maxDelay !== undefined && { max: millis(maxDelay) }),
  });
}
