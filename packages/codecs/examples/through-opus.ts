import {
  AudioBitrateController,
  floatToPcm16,
  loadOpus,
  type Micros,
  parseWav,
  Resampler,
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
  const bitrate = new AudioBitrateController();
  const encoder = await opus.createEncoder({
    ...format,
    ...bitrate.settings,
    application: 'audio',
    complexity: 5,
  });
  const frame = 960; // 20 ms
  const packets: Uint8Array[] = [];
  for (let at = 0; at + frame <= pcm.length; at += frame) {
    packets.push(encoder.encode(pcm.subarray(at, at + frame)));
    // Once a second the receiver reports, and from then on packets carry what is needed to recover others.
    if (packets.length % 50 === 0) {
      const now = (packets.length * 20_000) as Micros;
      encoder.configure(bitrate.update({ fractionLost: 0.1 }, now));
    }
  }
  encoder.close();

  const decoder = await opus.createDecoder(format);
  const out = new Uint8Array(WAV_HEADER_BYTES + packets.length * frame * 2);
  out.set(wavHeader(format, packets.length * frame * 2));
  for (const [i, packet] of packets.entries()) {
    const next = packets[i + 1];
    const isLost = i % 10 === 8;
    const heard = isLost ? next && decoder.decodeFec(next, frame) : decoder.decode(packet);
    const samples = heard ?? decoder.decodeLost(frame);
    floatToPcm16(samples, out.subarray(WAV_HEADER_BYTES + i * frame * 2));
  }
  decoder.close();
  return out;
}
