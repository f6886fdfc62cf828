import { SignalingClient } from '@rm/signaling-protocol';
import { Mesh, systemClock, weriftBackend } from '@rm/webrtc-peer';
import { WebSocket } from 'ws';

/** Joins a room, hums at 220 Hz, and tells the peak of each peer's voice as it is heard. */
export async function hum(
  url: string,
  peerId: string,
  onVoice: (peerId: string, peak: number) => void,
): Promise<Mesh> {
  const signaling = new SignalingClient({
    url,
    peerId,
    room: 'choir',
    runtime: {
      createSocket: (address, protocols) => new WebSocket(address, protocols),
      clock: systemClock,
      random: Math.random,
    },
  });
  const mesh = await Mesh.create({ signaling, backend: await weriftBackend() });
  const output = await mesh.openAudio('all');
  const samples = new Float32Array(480);
  let n = 0;
  // Every 10 ms: what each peer sounds like at this instant, and the time to send the next samples.
  mesh.onTick((frames) => {
    for (let i = 0; i < samples.length; i++)
      samples[i] = 0.25 * Math.sin((2 * Math.PI * 220 * n++) / 48_000);
    output.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
    for (const [peer, frame] of frames) onVoice(peer, Math.max(...frame.samples));
  });
  await mesh.connect();
  return mesh; // `await mesh.close()` leaves the room
}
