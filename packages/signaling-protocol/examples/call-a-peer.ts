import { SignalingClient } from '@rm/signaling-protocol';
import type { SignalingRuntime } from '@rm/signaling-protocol';

/** Calls the first peer in the room `demo`, or waits to be called; returns the remote SDP. */
export async function meet(
  runtime: SignalingRuntime,
  url: string,
  peerId: string,
  localSdp: string,
): Promise<string> {
  const signaling = new SignalingClient({ url, peerId, room: 'demo', runtime });
  const called = new Promise<string>((resolve) => {
    signaling.on('offer', (offer) => {
      offer.answer({ sdp: localSdp, canTrickle: true });
      resolve(offer.sdp);
    });
  });

  try {
    const { peers } = await signaling.connect();
    const [first] = peers;
    if (first === undefined) return await called;
    const answer = await signaling.offer(first.peerId, { sdp: localSdp, canTrickle: true });
    return answer.sdp;
  } finally {
    await signaling.close();
  }
}
