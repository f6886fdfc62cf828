import type { Connection } from './connection.js';
import { type JsonValue, type PingResult, wallClock } from './control-channel.js';
import { type ToneMeasurement, measureTone } from './measure-tone.js';
import { picture } from './picture.js';
import { Room } from './room.js';
import { Ear, SAMPLE_RATE, Tone } from './sound.js';
import { type PeerRow, View } from './view.js';

/** How a page takes part, as its address says (`?signaling=ws://…&room=…&id=…`). */
export interface PageOptions {
  /** WebSocket address of the signaling server. */
  readonly signaling: string;
  readonly room: string;
  readonly id: string;
  /** Frequency of what it sends, in Hz; default 440. */
  readonly tone?: number;
  /** `all`: it also calls those who come after it, so that both sides offer at once; default `found`. */
  readonly calls?: 'found' | 'all';
  /** Sends a moving picture, preferably in this codec, such as `VP9`; default none. */
  readonly video?: string;
}

/** Something that happened, newest last. */
export interface PageEvent {
  readonly kind: 'connected' | 'glare' | 'message' | 'ended';
  readonly peerId: string;
  /** The message, who was first, or why it ended. */
  readonly detail: JsonValue;
}

const EVENTS_KEPT = 1000;
const LOUD = 0.25;

/** A browser as a member of the mesh; `window.mesh` on the page. */
export class MeshPage {
  readonly events: PageEvent[] = [];
  readonly #room: Room;
  readonly #context = new AudioContext({ sampleRate: SAMPLE_RATE });
  readonly #tone: Tone;
  readonly #ears = new Map<string, Ear>();
  readonly #view: View;

  constructor({ signaling, room, id, tone = 440, calls = 'found', video }: PageOptions) {
    this.#view = new View(`${id} in ${room}`);
    this.#tone = new Tone(this.#context, tone);
    const tracks = [this.#tone.track];
    if (video !== undefined) tracks.push(picture(document.querySelector('canvas')!));
    this.#room = new Room({
      url: signaling,
      room,
      peerId: id,
      calls,
      tracks,
      videoCodec: video,
      events: (peerId) => ({
        changed: (state) => this.#view.log(`${peerId}: ${state}`),
        track: (track) => this.#received(peerId, track),
        channelOpened: () => this.#happened('connected', peerId, null),
        glare: (outcome) => this.#happened('glare', peerId, outcome),
        message: (payload) => this.#happened('message', peerId, payload),
        ended: (reason) => {
          this.#ears.get(peerId)?.close();
          this.#ears.delete(peerId);
          this.#view.forget(peerId);
          this.#happened('ended', peerId, reason);
        },
      }),
    });
    // A browser that lets no page sound by itself does so after a click.
    document.addEventListener('click', () => void this.#context.resume());
    setInterval(() => void this.#show(), 200);
  }

  /** Joins the room; resolves when the seat is taken. */
  async join(): Promise<void> {
    await this.#context.resume();
    this.sound(LOUD);
    await this.#room.join();
  }

  /** Leaves the room. */
  leave(): Promise<void> {
    return this.#room.leave();
  }

  /** Sets the amplitude of what is sent, 0 to 1; returns the wall clock, in ms since 1970, at which it begins. */
  sound(amplitude: number): number {
    this.#tone.sound(amplitude);
    return wallClock();
  }

  /** State of the connection with a peer; `closed` where there is none. */
  state(peerId: string): RTCPeerConnectionState {
    return this.#room.connections.get(peerId)?.pc.connectionState ?? 'closed';
  }

  /** The latest 0.68 s of what is heard of a peer, as a tone near `expected` Hz. */
  heard(peerId: string, expected: number): ToneMeasurement {
    return measureTone(this.#ears.get(peerId)?.samples() ?? [], expected, SAMPLE_RATE);
  }

  send(peerId: string, payload: JsonValue): void {
    this.#connection(peerId).control.send(payload);
  }

  /** Asks a peer for its clock. */
  ping(peerId: string): Promise<PingResult> {
    return this.#connection(peerId).control.ping();
  }

  /** Ends the connection with a peer; the peer has to find out by itself. */
  hangUp(peerId: string): void {
    this.#room.hangUp(peerId);
  }

  /** Has ICE begin anew with a peer, as after a change of networks. */
  restartIce(peerId: string): void {
    this.#connection(peerId).pc.restartIce();
  }

  /** What the browser has measured of the connection with a peer. */
  async statistics(peerId: string): Promise<Record<string, unknown>[]> {
    const report = await this.#connection(peerId).pc.getStats();
    const all: Record<string, unknown>[] = [];
    report.forEach((statistics: Record<string, unknown>) => all.push(statistics));
    return all;
  }

  /** The description that this page has given a peer, candidates included. */
  localDescription(peerId: string): string {
    return this.#connection(peerId).pc.localDescription?.sdp ?? '';
  }

  #connection(peerId: string): Connection {
    const connection = this.#room.connections.get(peerId);
    if (connection === undefined) throw new Error(`there is no connection with ${peerId}`);
    return connection;
  }

  #received(peerId: string, track: MediaStreamTrack): void {
    if (track.kind === 'video') this.#view.picture(peerId, track);
    else this.#ears.set(peerId, new Ear(this.#context, track));
  }

  #happened(kind: PageEvent['kind'], peerId: string, detail: JsonValue): void {
    this.events.push({ kind, peerId, detail });
    if (this.events.length > EVENTS_KEPT) this.events.shift();
    const more = detail === null ? '' : ` ${JSON.stringify(detail).slice(0, 60)}`;
    this.#view.log(`${peerId}: ${kind}${more}`);
  }

  async #show(): Promise<void> {
    const { connections } = this.#room;
    const rows = [...connections.values()].map(async ({ peerId, pc }): Promise<PeerRow> => {
      const roundTrip = (await selectedPair(pc))?.currentRoundTripTime;
      const roundTripMs = roundTrip === undefined ? undefined : roundTrip * 1000;
      const peak = this.#ears.get(peerId)?.peak() ?? 0;
      return { peerId, state: pc.connectionState, roundTripMs, peak };
    });
    this.#view.show(await Promise.all(rows));
  }
}

/** Statistics of the candidate pair that is used. */
async function selectedPair(pc: RTCPeerConnection): Promise<RTCIceCandidatePairStats | undefined> {
  const report = await pc.getStats();
  let pair: RTCIceCandidatePairStats | undefined;
  report.forEach(({ type, selectedCandidatePairId }: RTCTransportStats) => {
    if (type === 'transport' && selectedCandidatePairId !== undefined)
      pair = report.get(selectedCandidatePairId) as RTCIceCandidatePairStats;
  });
  return pair;
}
