import type { Backend, Transport } from '../../src/backend/transport.js';

/** A packet that was to go over a {@link Bottleneck}. */
interface Offered {
  /** In ms, by `performance.now()`. */
  readonly at: number;
  readonly bytes: number;
}

/** A link of so many bit/s for all that a node sends, with a queue before it; what does not fit is dropped. */
export class Bottleneck {
  bitrate: number;
  readonly queueMs: number;
  readonly offered: Offered[] = [];
  #freeAt = 0;

  constructor(bitrate: number, queueMs: number) {
    this.bitrate = bitrate;
    this.queueMs = queueMs;
  }

  /** Mean of what was sent between two times, dropped or not, in bit/s. */
  sent(from: number, to: number): number {
    const bytes = this.offered
      .filter(({ at }) => at >= from && at < to)
      .reduce((sum, each) => sum + each.bytes, 0);
    return (8000 * bytes) / (to - from);
  }

  /** Carries a packet to where it is delivered from. */
  carry(packet: Uint8Array, deliver: (packet: Uint8Array) => void): void {
    const at = performance.now();
    this.offered.push({ at, bytes: packet.length });
    const free = Math.max(at, this.#freeAt);
    if (free - at > this.queueMs) return;
    this.#freeAt = free + (8000 * packet.length) / this.bitrate;
    const copy = packet.slice();
    setTimeout(() => deliver(copy), this.#freeAt - at);
  }
}

/** A backend whose transports send all media through a bottleneck. */
export const narrowBackend = (backend: Backend, bottleneck: Bottleneck): Backend => ({
  name: backend.name,
  restartsIce: backend.restartsIce,
  validate: (config) => backend.validate(config),
  createTransport: (config, handlers) => {
    const transport = backend.createTransport(config, handlers);
    const send =
      (kind: 'sendRtp' | 'sendRtcp') =>
      (packet: Uint8Array): boolean => {
        if (transport.states.connection !== 'connected') return false;
        bottleneck.carry(packet, (late) => void transport[kind](late));
        return true;
      };
    const narrow: Transport = {
      get states() {
        return transport.states;
      },
      get statistics() {
        return transport.statistics;
      },
      getLocal: (type) => transport.getLocal(type),
      setRemote: (type, parameters) => transport.setRemote(type, parameters),
      restartIce: (servers) => transport.restartIce(servers),
      addRemoteCandidate: (candidate) => transport.addRemoteCandidate(candidate),
      sendRtp: send('sendRtp'),
      sendRtcp: send('sendRtcp'),
      createDataChannel: (options, channel) => transport.createDataChannel(options, channel),
      close: () => transport.close(),
    };
    return narrow;
  },
});
