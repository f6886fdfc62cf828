import { SignalingClient } from '@rm/signaling-protocol';
import {
  type Backend,
  type LinkStatistics,
  Mesh,
  type MeshEvents,
  type MeshVideoOptions,
  type VideoOutput,
  systemClock,
} from '@rm/webrtc-peer';
import { WebSocket } from 'ws';
import type { Sighting } from '../../src/page/eye.js';
import type { Tint } from '../../src/page/stamp.js';
import { readPicture, stampedPicture } from './pictures.js';

/** 10 ms of what a node heard, and when it was captured, in ms since 1970 by the node's clock. */
interface HeardBlock {
  readonly samples: Float32Array;
  readonly captured: { readonly at: number; readonly bound: number } | undefined;
}

/** How long something that has to come is waited for: on a busy machine it is late. */
export const DEADLINE_MS = 30_000;

/** A node of the mesh as an application uses it: it sends a tone and listens. */
export class Node {
  readonly mesh: Mesh;

  private constructor(mesh: Mesh) {
    this.mesh = mesh;
  }

  /** Joins the room and sends a tone of amplitude 0.25. */
  static async join(options: {
    readonly backend: Backend;
    readonly signaling: string;
    readonly room: string;
    readonly id: string;
    /** In Hz. */
    readonly tone: number;
    readonly video: MeshVideoOptions | undefined;
  }): Promise<Node> {
    const { backend, signaling: url, room, id, tone, video } = options;
    const signaling = new SignalingClient({
      url,
      room,
      peerId: id,
      runtime: {
        createSocket: (address, protocols) => new WebSocket(address, protocols),
        clock: systemClock,
        random: Math.random,
      },
    });
    const mesh = await Mesh.create({ signaling, backend, ...(video && { video }) });
    const output = await mesh.openAudio('all');
    const samples = new Float32Array(480);
    let n = 0;
    mesh.onTick(() => {
      for (let i = 0; i < 480; i++)
        samples[i] = 0.25 * Math.sin((2 * Math.PI * tone * n++) / 48_000);
      output.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
    });
    await mesh.connect();
    return new Node(mesh);
  }

  /** The next event of that name that fits; rejects after {@link DEADLINE_MS}. */
  next<Name extends keyof MeshEvents>(
    name: Name,
    fits: (event: MeshEvents[Name]) => boolean = () => true,
  ): Promise<MeshEvents[Name]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${name} within ${DEADLINE_MS} ms`)),
        DEADLINE_MS,
      );
      const off = this.mesh.on(name, (event) => {
        if (!fits(event)) return;
        clearTimeout(timer);
        off();
        resolve(event);
      });
    });
  }

  /** Calls `take` with every 10 ms heard of a peer until it returns something; rejects after {@link DEADLINE_MS}. */
  listen<T>(peerId: string, take: (block: HeardBlock) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${peerId} is not heard within ${DEADLINE_MS} ms`)),
        DEADLINE_MS,
      );
      const off = this.mesh.onTick((frames) => {
        const frame = frames.get(peerId);
        if (frame === undefined) return;
        const { capture } = frame;
        const captured = capture && {
          at: (systemClock.unixOrigin + capture.time) / 1000,
          bound: capture.bound / 1000,
        };
        const result = take({ samples: frame.samples, captured });
        if (result === undefined) return;
        clearTimeout(timer);
        off();
        resolve(result);
      });
    });
  }

  /** The next `seconds` of what is heard of a peer. */
  hear(peerId: string, seconds: number): Promise<Float32Array> {
    const heard = new Float32Array(seconds * 48_000);
    let filled = 0;
    return this.listen(peerId, ({ samples }) => {
      heard.set(samples, filled);
      filled += samples.length;
      return filled === heard.length ? heard : undefined;
    });
  }

  /** Sends a film of stamped pictures to everybody, 33 a second; see `stampedPicture`. */
  film(tint: Tint, streamId: string, grainy = false): VideoOutput {
    const output = this.mesh.openVideo('all', { streamId });
    let ticks = 0;
    this.mesh.onTick((_, time) => {
      if (ticks++ % 3 > 0) return;
      const picture = stampedPicture(Math.floor(ticks / 3), tint, grainy);
      output.write({ ...picture, capture: { time, bound: 0 as typeof time } });
    });
    return output;
  }

  /** What is known of the connection to a peer. */
  link(peerId: string): LinkStatistics {
    return this.mesh.statistics().links.find((link) => link.peerId === peerId)!;
  }

  /** The next `count` pictures seen of a peer, of one of its streams if given; rejects after {@link DEADLINE_MS}. */
  watch(peerId: string, count: number, streamId?: string): Promise<Sighting[]> {
    const seen: Sighting[] = [];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${seen.length} of ${count} pictures of ${peerId} in time`)),
        DEADLINE_MS,
      );
      const off = this.mesh.onPicture((picture, instant) => {
        if (picture.peerId !== peerId) return;
        if (streamId !== undefined && picture.streamId !== streamId) return;
        const at = (systemClock.unixOrigin + instant) / 1000;
        seen.push({ ...readPicture(picture.frame), at });
        if (seen.length < count) return;
        clearTimeout(timer);
        off();
        resolve(seen);
      });
    });
  }
}
