// Ends threads while they encode: by terminate(), and the process by its end. Exits with 0 if all goes well.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { loadNative } from '@rm/codecs-native';

const [width, height] = [640, 360];
const luma = new Uint8Array(width * height).map((_, i) => (i * 7919) % 251);
const chroma = new Uint8Array((width * height) / 4).fill(128);
const picture = [luma, chroma, chroma, width, width / 2, width / 2, width, height];
const { Encoder } = loadNative();

/** Encodes one picture after another, for as long as the thread lives. */
async function encodeOn(codec, begun) {
  const encoder = new Encoder(codec);
  for (;;) {
    const packet = encoder.encode(...picture, true, 500_000, 30, 1);
    begun();
    await packet;
  }
}

if (isMainThread) {
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(new URL(import.meta.url));
    await once(worker, 'message');
    await worker.terminate();
  }
  void encodeOn('VP9', () => {});
  setTimeout(() => process.exit(0), 50);
} else {
  for (const codec of ['VP8', 'VP9', 'H264'])
    void encodeOn(codec, () => parentPort.postMessage(codec));
}
