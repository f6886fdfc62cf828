import type { HeaderExtensionIds } from '../rtp/header-extensions.js';
import type { AnnouncedStreams, Direction, MediaKind } from './description.js';
import type { NegotiatedFormat } from './formats.js';

/** What both sides have agreed on for one transceiver. */
export interface NegotiatedMedia {
  readonly mid: string;
  /** In which media may flow, as this side sees it. */
  readonly direction: Direction;
  /** The first one is sent; all may come. */
  readonly formats: readonly NegotiatedFormat[];
  /** What may come: those, and what this side offered besides. */
  readonly receivable: readonly NegotiatedFormat[];
  readonly extensions: HeaderExtensionIds;
  /** RTCP feedback may go without a report before it. */
  readonly reducedSize: boolean;
  /** What the other side has announced to send. */
  readonly remoteStreams: AnnouncedStreams | undefined;
  readonly remoteStreamIds: readonly string[];
  readonly remoteTrackId: string | undefined;
}

/** What a transceiver is made with. */
export interface TransceiverInit {
  readonly direction: Direction;
  /** Streams that the sent track belongs to; tracks of one stream are meant to be played together. */
  readonly streamIds: readonly string[];
  readonly trackId: string;
  /** SSRC of what is sent. */
  readonly ssrc: number;
  /** SSRC of retransmissions, for video. */
  readonly rtxSsrc: number | undefined;
}

/** Media of one kind both ways (W3C WebRTC §5.4): what this side wants, and what was agreed on. */
export class Transceiver {
  readonly kind: MediaKind;
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly trackId: string;
  #direction: Direction;
  #streamIds: readonly string[];
  #stopped = false;
  /** What is agreed on at present; undefined before the first time, and once it is not part of the session. */
  negotiated: NegotiatedMedia | undefined;
  readonly #changed: () => void;

  /** @param changed - Called when this side wants something else than before. */
  constructor(kind: MediaKind, init: TransceiverInit, changed: () => void) {
    this.kind = kind;
    this.ssrc = init.ssrc;
    this.rtxSsrc = init.rtxSsrc;
    this.trackId = init.trackId;
    this.#direction = init.direction;
    this.#streamIds = init.streamIds;
    this.#changed = changed;
  }

  /** What this side wants. A change takes effect with the next negotiation, which it asks for. */
  get direction(): Direction {
    return this.#direction;
  }

  set direction(direction: Direction) {
    if (this.#stopped || direction === this.#direction) return;
    this.#direction = direction;
    this.#changed();
  }

  get streamIds(): readonly string[] {
    return this.#streamIds;
  }

  set streamIds(ids: readonly string[]) {
    this.#streamIds = ids;
    this.#changed();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes it out of the session for good. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#changed();
  }
}
