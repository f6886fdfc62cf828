// The thread of one codec. What it throws ends it; the owner starts another for its next request.
import { parentPort, workerData } from 'node:worker_threads';
import { CodecFault } from './codec-fault.js';
import type {
  CodecJob,
  CodecReply,
  DecodedPicture,
  DecodeRequest,
  EncodedPicture,
  EncodeRequest,
} from './codec-job.js';
import { H264WasmDecoder } from './h264-wasm-decoder.js';
import { limitHeaps } from './heap-limit.js';
import { loadLibav } from './libav.js';
import { LibavDecoder } from './libav-decoder.js';
import { LibavEncoder } from './libav-encoder.js';

const { work, codec, library } = workerData as CodecJob;
limitHeaps();

if (work === 'encode') {
  const encoder = new LibavEncoder(await loadLibav(library), codec === 'VP9');
  serve(
    (request: EncodeRequest) => encoder.encode(request),
    ({ data }: EncodedPicture) => [data.buffer],
  );
} else {
  const decoder =
    codec === 'H264'
      ? await H264WasmDecoder.load(library)
      : new LibavDecoder(await loadLibav(library), codec === 'VP9');
  serve(
    ({ data, into }: DecodeRequest) => decoder.decode(data, into),
    ({ memory }: DecodedPicture) => (memory ? [memory.buffer] : []),
  );
}

/** Answers each request with what `run` makes of it, and hands over the memory it lies in. */
function serve<Request, Outcome>(
  run: (request: Request) => Outcome | undefined,
  transfer: (outcome: Outcome) => ArrayBuffer[],
): void {
  parentPort?.on('message', (request: Request) => {
    const reply = attempt(() => run(request));
    parentPort?.postMessage(reply, reply.ok && reply.outcome ? transfer(reply.outcome) : []);
  });
}

function attempt<Outcome>(run: () => Outcome | undefined): CodecReply<Outcome> {
  try {
    return { ok: true, outcome: run() };
  } catch (error) {
    if (error instanceof CodecFault) return { ok: false, message: error.message };
    throw error;
  }
}
