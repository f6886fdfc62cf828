import type { Backend, Transport } from '@rm/webrtc-peer';

/** Which RTP packets get lost on the way out of and into a node; may change at any time. */
export interface Loss {
  out: (packet: Uint8Array) => boolean;
  in: (packet: Uint8Array) => boolean;
}

export const NO_LOSS: Loss['out'] = () => false;

/** Loses that share of the packets, 0 to 1, at random, but the same ones every time. */
export function randomLoss(share: number, seed: number): Loss['out'] {
  let state = seed;
  return () => {
    // Numerical Recipes' linear congruential generator, of which the upper bits are random.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32 < share;
  };
}

const payloadTypeOf = (packet: Uint8Array): number => packet[1]! & 0x7f;

/** Loses all but the sound, which is of the payload types that Chromium gives Opus. */
export const isVideo: Loss['out'] = (packet) => ![111, 63].includes(payloadTypeOf(packet));

/** Loses all retransmissions of VP8, by the payload type that Chromium gives them. */
export const isRetransmission: Loss['out'] = (packet) => payloadTypeOf(packet) === 97;

/** A backend whose transports lose packets as `loss` says. */
export function lossyBackend(backend: Backend, loss: Loss): Backend {
  return {
    name: backend.name,
    restartsIce: backend.restartsIce,
    validate: (config) => backend.validate(config),
    createTransport(config, handlers) {
      const transport = backend.createTransport(config, {
        iceCandidate: (candidate) => handlers.iceCandidate(candidate),
        stateChange: (states) => handlers.stateChange(states),
        rtp: (packet) => {
          if (!loss.in(packet)) handlers.rtp(packet);
        },
        rtcp: (packet) => handlers.rtcp(packet),
        dataChannel: (channel) => handlers.dataChannel(channel),
      });
      const sendRtp: Transport['sendRtp'] = (packet) =>
        loss.out(packet) || transport.sendRtp(packet);
      return new Proxy(transport, {
        get(target, name) {
          if (name === 'sendRtp') return sendRtp;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}
