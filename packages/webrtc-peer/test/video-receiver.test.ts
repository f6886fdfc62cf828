import { expect, test } from '@jest/globals';
import {
  i420Picture,
  type VideoDecoder,
  type VideoFrame,
  type VideoProvider,
  videoPacketizer,
} from '@rm/codecs';
import { type Micros, micros, ntpFromUnix } from '@rm/rtp-sync';
import { VideoReceiver } from '../src/media/video-receiver.js';

const UNIX = micros(1_700_000_000_000_000);
const SSRC = 7;

/** Decodes every frame at once, to a small picture with the frame's timestamp. */
const codecs = {
  createDecoder: async () =>
    ({
      codec: 'VP8',
      statistics: { decoded: 0, dropped: {} },
      decode: async ({ timestamp }: { timestamp: number }) => ({
        ok: true,
        frame: { ...i420Picture(16, 16), timestamp, capture: undefined },
      }),
      recycle: () => {},
      close: () => {},
    }) as unknown as VideoDecoder,
} as unknown as VideoProvider;

/** A receiver of pictures at 90 kHz, one every 30 ms. */
class Call {
  now = 0 as Micros;
  /** The sender's clock against ours, as it is thought to be. */
  offset = micros(0);
  readonly #packetizer = videoPacketizer('VP8');
  #sequence = 0;
  readonly shown: VideoFrame[] = [];
  keyFrameNeeded = false;
  readonly receiver = new VideoReceiver({
    codecs,
    codecOf: () => 'VP8',
    maxWait: micros(100_000),
    unixOrigin: UNIX,
    clockOffset: () => ({
      offset: this.offset,
      bound: micros(500),
      roundTrip: micros(1000),
    }),
    now: () => this.now,
    keyFrameNeeded: (needed) => {
      this.keyFrameNeeded = needed;
    },
    encoded: () => {},
  });

  timestampOf = (picture: number): number => picture * 2700;

  /** Says that picture `n` was captured at `at`. */
  report(picture: number, at: number): void {
    const ntp = ntpFromUnix(micros(UNIX + at));
    this.receiver.senderReport({
      ssrc: SSRC,
      ntpSeconds: ntp.seconds,
      ntpFraction: ntp.fraction,
      rtpTimestamp: this.timestampOf(picture),
      packetCount: 0,
      octetCount: 0,
    });
  }

  async send(picture: number, key: boolean): Promise<void> {
    const data = Uint8Array.of(key ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0);
    for (const { payload, marker } of this.#packetizer.packetize(
      { data, key, temporalId: 0 },
      1000,
    ))
      this.receiver.packet(
        {
          ssrc: SSRC,
          payloadType: 96,
          sequenceNumber: this.#sequence++,
          timestamp: this.timestampOf(picture),
          marker,
          payload,
        },
        this.now,
      );
    await new Promise(setImmediate);
  }

  async run(from: number, to: number, delay: number): Promise<void> {
    for (let picture = from; picture < to; picture++) {
      this.now = micros(picture * 30_000 + 20_000);
      await this.send(picture, picture === 0);
      for (let tick = 0; tick < 3; tick++) {
        const got = this.receiver.pull(micros(this.now - delay), this.now);
        if (got) this.shown.push(got);
        this.now = micros(this.now + 10_000);
      }
    }
  }
}

test('pictures are shown in the order of sending, though the sender’s clock is found to be another meanwhile', async () => {
  for (const stepMs of [10, 40, 70, 100, -70]) {
    const call = new Call();
    call.report(0, 0);
    await call.run(0, 20, 120_000);
    // Everything was captured so much earlier, or later, than thought.
    call.offset = micros(stepMs * 1000);
    await call.run(20, 60, 120_000);
    const timestamps = call.shown.map(({ timestamp }) => timestamp);
    expect(timestamps.length).toBeGreaterThan(40);
    expect(timestamps).toEqual(timestamps.toSorted((x, y) => x - y));
  }
});

test('a key frame is wanted when frames come before one, and no more once it has come', async () => {
  const call = new Call();
  await call.send(0, false);
  expect(call.keyFrameNeeded).toBe(true);
  await call.send(1, true);
  await call.send(2, false);
  expect(call.keyFrameNeeded).toBe(false);
});
