import {
  loadOpus,
  parseWav,
  Resampler,
  floatToPcm16,
  WAV_HEADER_BYTES,
  wavHeader,
} from '@rm/codecs';

/** Sends a mono WAV file through Opus, losing every tenth packet on the way, and gives what is heard. */
export async function throughOpus(file: Uint8Array): Promise<Uint8Array> {
  const wav = parseWav(file);
  if (!wav.ok || wav.value.channels !== 1) throw new Error('give a mono WAV file');

  const resampler = new Resampler({
    inputRate: wav.value.sampleRate,
    outputRate: 48_000,
    channels: 1,
  });
  const pcm = new Float32Array(resampler.outputLength(wav.value.samples.length));
  resampler.process(wav.value.samples, pcm);

  const opus = await loadOpus();
  const format = { sampleRate: 48_000, channels: 1 };
  const encoder = await opus.createEncoder({
    ...format,
    application: 'audio',
    bitrate: 48_000,
    complexity: 5,
  });
  const decoder = await opus.createDecoder(format);

  const frame = 960; // 20 ms
  const frames = Math.floor(pcm.length / frame);
  const out = new Uint8Array(WAV_HEADER_BYTES + frames * frame * 2);
  out.set(wavHeader(format, frames * frame * 2));
  for (let i = 0; i < frames; i++) {
    const packet = encoder.encode(pcm.subarray(i * frame, (i + 1) * frame));
    const lost = i % 10 === 9;
    const heard = lost ? undefined : decoder.decode(packet);
    const at = WAV_HEADER_BYTES + i * frame * 2;
    floatToPcm16(heard ?? decoder.decodeLost(frame), out.subarray(at));
  }
  encoder.close();
  decoder.close();
  return out;
}
