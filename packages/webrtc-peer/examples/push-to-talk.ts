import type { AudioFrame } from '@rm/codecs';
import type { MeshNode } from '@rm/webrtc-peer';

/** A microphone that is muted unless the button is pressed, and a peer that one may stop listening to. */
export async function pushToTalk(
  mesh: MeshNode,
  onFrame: (listener: (frame: AudioFrame) => void) => void,
): Promise<{ press(pressed: boolean): void; ignore(peerId: string, ignored: boolean): void }> {
  const output = await mesh.openAudio('all');
  output.muted = true;
  // Written all the time, muted or not; another microphone may take over at any frame.
  onFrame((frame) => output.write(frame));
  return {
    press: (pressed) => (output.muted = !pressed),
    ignore: (peerId, ignored) =>
      mesh.setDirections(peerId, { audio: ignored ? 'sendonly' : 'sendrecv' }),
  };
}
