import type { Connection, SentMedia } from './connection.js';
import { type JsonValue, type PingResult, wallClock } from './control-channel.js';
import { Eye, type Sighting } from './eye.js';
import { Film, type Script } from './film.js';
import { type ToneMeasurement, measureTone } from './measure-tone.js';
import { Room } from './room.js';
import { Ear, SAMPLE_RATE, Tone } from './sound.js';
import { PAGE_TINT, type Tint } from './stamp.js';
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
  /** Sends a film; pictures are sent and taken in this codec only, such as `VP9`. Default: none sent, any taken. */
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
const DEFAULT_SCRIPT: Script = { tint: PAGE_TINT, width: 320, height: 180, grainy: false };

/** A browser as a member of the mesh; `window.mesh` on the page. */
export class MeshPage {
  readonly events: PageEvent[] = [];
  readonly #room: Room;
  readonly #context = new AudioContext({ sampleRate: SAMPLE_RATE });
  readonly #tone: Tone;
  readonly #ears = new Map<string, Ear>();
  /** By peer and stream. */
  readonly #eyes = new Map<string, Map<string, Eye>>();
  /** What is sent to every peer; films by their stream's id. */
  readonly #media = new Map<string, SentMedia>();
  readonly #films = new Map<string, Film>();
  readonly #view: View;

  constructor({ signaling, room, id, tone = 440, calls = 'found', video }: PageOptions) {
    this.#view = new View(`${id} in ${room}`);
    this.#tone = new Tone(this.#context, tone);
    this.#media.set('tone', { track: this.#tone.track });
    this.#room = new Room({
      url: signaling,
      room,
      peerId: id,
      calls,
      media: { [Symbol.iterator]: () => this.#media.values() },
      videoCodec: video,
      events: (peerId) => ({
        changed: (state) => this.#view.log(`${peerId}: ${state}`),
        track: (track, stream) => this.#received(peerId, track, stream),
        channelOpened: () => this.#happened('connected', peerId, null),
        glare: (outcome) => this.#happened('glare', peerId, outcome),
        message: (payload) => this.#happened('message', peerId, payload),
        ended: (reason) => {
          this.#ears.get(peerId)?.close();
          this.#ears.delete(peerId);
          for (const eye of this.#eyes.get(peerId)?.values() ?? []) eye.close();
          this.#eyes.delete(peerId);
          this.#happened('ended', peerId, reason);
        },
      }),
    });
    if (video !== undefined) this.film();
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

  /** Ids of the picture streams of a peer that are there. */
  streams(peerId: string): string[] {
    return [...(this.#eyes.get(peerId)?.keys() ?? [])];
  }

  /** What was shown of a peer's stream so far, at most the latest 2000 pictures. */
  seen(peerId: string, streamId: string): Sighting[] {
    return this.#eyes.get(peerId)?.get(streamId)?.sightings ?? [];
  }

  /** Ids of the films that are sent. */
  get films(): string[] {
    return [...this.#films.keys()];
  }

  /** Begins to send a film to everybody; returns its stream's id. */
  film(script: Partial<Script> = {}): string {
    const film = this.#shoot(script);
    const { id } = film.stream;
    this.#films.set(id, film);
    this.#media.set(id, film);
    for (const connection of this.#room.connections.values()) connection.send(film);
    return id;
  }

  /** Sends other pictures in the place of a film's, without a word to the peers. */
  async recast(streamId: string, tint: Tint): Promise<void> {
    const film = this.#films.get(streamId)!;
    const next = this.#shoot({ tint });
    for (const connection of this.#room.connections.values())
      await connection.replace(film.track, next.track);
    film.close();
    this.#films.set(streamId, next);
    this.#media.set(streamId, { track: next.track, stream: film.stream });
  }

  /** Has black pictures sent in the place of a film's, or no longer. */
  blank(streamId: string, isBlank: boolean): void {
    this.#films.get(streamId)!.track.enabled = !isBlank;
  }

  /** Ends a film, for everybody. */
  endFilm(streamId: string): void {
    const film = this.#films.get(streamId)!;
    for (const connection of this.#room.connections.values()) connection.unsend(film.track);
    film.close();
    this.#films.delete(streamId);
    this.#media.delete(streamId);
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

  /** The descriptions that this page and a peer have given each other, candidates included. */
  descriptions(peerId: string): { readonly local: string; readonly remote: string } {
    const { localDescription, remoteDescription } = this.#connection(peerId).pc;
    return { local: localDescription?.sdp ?? '', remote: remoteDescription?.sdp ?? '' };
  }

  #connection(peerId: string): Connection {
    const connection = this.#room.connections.get(peerId);
    if (connection === undefined) throw new Error(`there is no connection with ${peerId}`);
    return connection;
  }

  #shoot(script: Partial<Script>): Film {
    const film = new Film({ ...DEFAULT_SCRIPT, ...script });
    this.#view.picture(film.canvas, 'sent');
    return film;
  }

  #received(peerId: string, track: MediaStreamTrack, stream: MediaStream | undefined): void {
    if (track.kind === 'audio') {
      this.#ears.set(peerId, new Ear(this.#context, track));
      return;
    }
    const id = stream?.id ?? track.id;
    const eyes = this.#eyes.get(peerId) ?? new Map<string, Eye>();
    this.#eyes.set(peerId, eyes);
    const eye = new Eye(track);
    eyes.get(id)?.close();
    eyes.set(id, eye);
    this.#view.picture(eye.element, `${peerId} ${id}`);
    stream?.addEventListener('removetrack', () => {
      eye.close();
      if (eyes.get(id) === eye) eyes.delete(id);
    });
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
