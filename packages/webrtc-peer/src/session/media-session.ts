import { answerCodecs, type CodecDescription } from '@rm/codecs';
import { headerExtensionIds } from '../rtp/header-extensions.js';
import {
  commonDirection,
  type Direction,
  type MediaDescription,
  type MediaKind,
  type SessionContent,
} from './description.js';
import { ExtensionIds } from './extension-ids.js';
import { describeFormats, Formats, type NegotiatedFormat } from './formats.js';
import { dataSection, mediaSection, rejectedSection } from './section.js';
import type { NegotiatedMedia, Transceiver } from './transceiver.js';

/** What a {@link MediaSession} is made with. */
export interface MediaSessionOptions {
  /** What this side can receive and send, in its order of preference, with payload types it would like. */
  readonly codecs: (kind: MediaKind) => readonly CodecDescription[];
  /** Makes a transceiver for media that the other side offers and this side did not foresee. */
  readonly accept: (kind: MediaKind) => Transceiver;
}

/** The media of a description that this side makes. */
export interface LocalMedia {
  readonly media: readonly MediaDescription[];
  readonly bundle: readonly string[];
}

/** One media section of the session: a transceiver, the data channels, or nothing any more. */
interface Line {
  readonly mid: string;
  readonly kind: MediaDescription['kind'];
  readonly use: Transceiver | 'data' | undefined;
}

/** What was said of a transceiver in an offer or answer of this side. */
interface Wish {
  readonly direction: Direction;
  readonly streamIds: readonly string[];
}

/**
 * What media a session has, as a pure state machine over offers and answers (RFC 8829 §5): which section belongs to
 * which transceiver, and what is agreed on for it. Nothing of an offer counts before it is answered, so that an offer
 * that is taken back leaves nothing behind.
 */
export class MediaSession {
  readonly #options: MediaSessionOptions;
  readonly #transceivers: Transceiver[] = [];
  readonly #formats = new Formats();
  readonly #extensions = new ExtensionIds();
  /** What this side wanted of each when it was last agreed on, or refused by the other side. */
  readonly #said = new Map<Transceiver, Wish>();
  /** The other side wants no data channels. */
  #dataRefused = false;
  #lines: readonly Line[] = [];
  #offered:
    | {
        readonly lines: readonly Line[];
        readonly media: readonly MediaDescription[];
        readonly wishes: ReadonlyMap<Transceiver, Wish>;
      }
    | undefined;
  #taken: { readonly lines: readonly Line[]; readonly offer: SessionContent } | undefined;
  #nextMid = 0;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
  }

  get transceivers(): readonly Transceiver[] {
    return this.#transceivers;
  }

  add(transceiver: Transceiver): void {
    this.#transceivers.push(transceiver);
  }

  /**
   * Whether this side wants something that is not agreed on (W3C WebRTC §4.7.3). What the other side has refused is
   * not asked for again until this side wants something else of it.
   */
  get negotiationNeeded(): boolean {
    if (!this.#dataRefused && !this.#lines.some(({ use }) => use === 'data')) return true;
    return this.#transceivers.some((transceiver) =>
      transceiver.stopped
        ? this.#lines.some(({ use }) => use === transceiver)
        : this.#isUnsaid(transceiver),
    );
  }

  /** The sections of an offer. It replaces one that was made before and not answered. */
  createOffer(): LocalMedia {
    this.#taken = undefined;
    const lines = this.#linesToOffer();
    const extensions = this.#extensions.offer();
    const wishes = new Map<Transceiver, Wish>();
    const media = lines.map(({ mid, kind, use }): MediaDescription => {
      if (use === undefined) return rejectedSection(mid, kind);
      if (use === 'data') return dataSection(mid);
      wishes.set(use, wishOf(use));
      const codecs = this.#formats.offer(this.#options.codecs(use.kind));
      return mediaSection(use, mid, codecs, extensions, use.direction);
    });
    this.#offered = { lines, media, wishes };
    return { media, bundle: bundleOf(media) };
  }

  /** What is wrong with an answer to the offer, if it cannot be taken. */
  answerFault(answer: SessionContent): string | undefined {
    const offered = this.#offered;
    if (offered === undefined) return 'there is no offer that it answers';
    if (answer.media.length !== offered.media.length)
      return `it has ${answer.media.length} media sections, the offer ${offered.media.length}`;
    for (const [i, { kind, mid }] of offered.media.entries()) {
      const theirs = answer.media[i]!;
      if (theirs.rejected) continue;
      if (theirs.kind !== kind)
        return `its media section ${i} is ${theirs.kind}, that of the offer ${kind}`;
      if (theirs.mid !== mid)
        return `its media section ${i} has the MID ${theirs.mid}, that of the offer ${mid}`;
    }
    return undefined;
  }

  /** Takes the answer to the offer, which has no fault. */
  takeAnswer(answer: SessionContent): void {
    const offered = this.#offered!;
    const lines = offered.lines.map((line, i): Line => {
      const { mid, use } = line;
      const theirs = answer.media[i]!;
      if (use === undefined || !isUsable(theirs, answer)) return { ...line, use: undefined };
      if (use === 'data') return line;
      const ours = offered.media[i]!;
      const formats = this.#formats.accept(ours.section.codecs, theirs.section);
      const extensions = this.#extensions.accept(theirs.extensions);
      this.#said.set(use, offered.wishes.get(use)!);
      const unanswered = this.#formats.unanswered(ours.section.codecs, formats);
      use.negotiated = {
        ...agreement(mid, ours.direction, theirs, formats, extensions),
        receivable: [...formats, ...unanswered],
      };
      return line;
    });
    this.#offered = undefined;
    this.#commit(lines, offered.lines, offered.wishes);
  }

  /** What is wrong with an offer, if it cannot be taken. */
  offerFault(offer: SessionContent): string | undefined {
    if (offer.media.length < this.#lines.length)
      return `it has ${offer.media.length} media sections, the session ${this.#lines.length}`;
    return undefined;
  }

  /** Takes an offer that has no fault, which is then to be answered; an offer of this side is void. */
  takeOffer(offer: SessionContent): void {
    this.#offered = undefined;
    const claimed = new Set(this.#lines.map(({ use }) => use));
    const hasData = (): boolean => claimed.has('data');
    const lines = offer.media.map((theirs, i): Line => {
      const { mid, kind } = theirs;
      const known = this.#lines[i];
      if (kind === 'other' || !isUsable(theirs, offer)) return { mid, kind, use: undefined };
      const isKnown = known?.mid === mid && known.kind === kind && known.use !== undefined;
      if (kind === 'application') {
        if (isKnown) return known;
        const use = hasData() ? undefined : 'data';
        claimed.add('data');
        return { mid, kind, use };
      }
      if (answerCodecs(this.#options.codecs(kind), theirs.section).length === 0)
        return { mid, kind, use: undefined };
      if (isKnown) return known;
      const use =
        this.#transceivers.find(
          (each) => each.kind === kind && !each.stopped && !claimed.has(each),
        ) ?? this.#options.accept(kind);
      claimed.add(use);
      return { mid, kind, use };
    });
    this.#taken = { lines, offer };
  }

  /** The sections of the answer to the offer that was taken. What it says is agreed on. */
  createAnswer(): LocalMedia {
    const { lines, offer } = this.#taken!;
    const described = lines.map((line, i): { line: Line; media: MediaDescription } => {
      const { mid, kind, use } = line;
      const theirs = offer.media[i]!;
      const nothing = {
        line: { mid, kind, use: undefined },
        media: rejectedSection(mid, kind, theirs),
      };
      if (use === undefined) return nothing;
      if (use === 'data')
        return { line, media: { ...dataSection(mid), protocol: theirs.protocol } };
      if (use.stopped) return nothing;
      const formats = this.#formats.answer(this.#options.codecs(use.kind), theirs.section);
      const extensions = this.#extensions.answer(theirs.extensions);
      const direction = commonDirection(use.direction, theirs.direction);
      const media = mediaSection(use, mid, describeFormats(formats), extensions, direction);
      this.#said.set(use, wishOf(use));
      use.negotiated = agreement(mid, direction, theirs, formats, extensions);
      const { protocol, reducedSize } = theirs;
      return { line, media: { ...media, protocol, reducedSize } };
    });
    this.#taken = undefined;
    this.#commit(
      described.map(({ line }) => line),
      this.#lines,
    );
    const media = described.map((each) => each.media);
    const accepted = new Set(bundleOf(media));
    // In the order of the offer, as its first section is the one whose transport is used (RFC 8843 §7.3.1).
    return { media, bundle: offer.bundle.filter((mid) => accepted.has(mid)) };
  }

  /** Sections in the order they have, then what is new; a section that is no longer used is used again. */
  #linesToOffer(): readonly Line[] {
    const lines: Line[] = this.#lines.map((line) => {
      const gone = line.use instanceof Object && line.use.stopped;
      return gone ? { ...line, use: undefined } : line;
    });
    const mids = new Set(lines.map(({ mid }) => mid));
    const place = (use: Transceiver | 'data'): void => {
      while (mids.has(String(this.#nextMid))) this.#nextMid++;
      const mid = String(this.#nextMid);
      mids.add(mid);
      const free = this.#lines.findIndex(
        ({ use: known }, i) => known === undefined && lines[i]!.use === undefined,
      );
      const kind = use === 'data' ? 'application' : use.kind;
      if (free < 0) lines.push({ mid, kind, use });
      else lines[free] = { mid, kind, use };
    };
    for (const transceiver of this.#transceivers) {
      const known = lines.some(({ use }) => use === transceiver);
      if (!known && !transceiver.stopped && this.#isUnsaid(transceiver)) place(transceiver);
    }
    if (!this.#dataRefused && !lines.some(({ use }) => use === 'data')) place('data');
    return lines;
  }

  /** Whether the other side does not know what is wanted of a transceiver. */
  #isUnsaid(transceiver: Transceiver): boolean {
    const said = this.#said.get(transceiver);
    return said === undefined || !isSame(said, transceiver);
  }

  /** Takes over what is agreed on: what of `before` is not part of it was refused. */
  #commit(
    lines: readonly Line[],
    before: readonly Line[],
    wishes?: ReadonlyMap<Transceiver, Wish>,
  ): void {
    this.#lines = lines;
    const inUse = new Set(lines.map(({ use }) => use));
    for (const { use } of before) {
      if (use === undefined || inUse.has(use)) continue;
      if (use === 'data') this.#dataRefused = true;
      else this.#said.set(use, wishes?.get(use) ?? wishOf(use));
    }
    for (const transceiver of this.#transceivers)
      if (!inUse.has(transceiver)) transceiver.negotiated = undefined;
    for (let i = this.#transceivers.length - 1; i >= 0; i--) {
      const transceiver = this.#transceivers[i]!;
      if (!transceiver.stopped || inUse.has(transceiver)) continue;
      this.#transceivers.splice(i, 1);
      this.#said.delete(transceiver);
    }
  }
}

const wishOf = ({ direction, streamIds }: Transceiver): Wish => ({ direction, streamIds });

const isSame = (said: Wish, { direction, streamIds }: Transceiver): boolean =>
  said.direction === direction &&
  said.streamIds.length === streamIds.length &&
  said.streamIds.every((id, i) => id === streamIds[i]);

/** Whether a section of `content` is part of the session, on the transport that all media shares. */
const isUsable = (
  { kind, mid, rejected: isRejected, rtcpMux }: MediaDescription,
  { bundle }: SessionContent,
): boolean => !isRejected && bundle.includes(mid) && (kind === 'application' || rtcpMux);

const bundleOf = (media: readonly MediaDescription[]): readonly string[] =>
  media.filter((each) => !each.rejected).map(({ mid }) => mid);

const agreement = (
  mid: string,
  ours: Direction,
  theirs: MediaDescription,
  formats: readonly NegotiatedFormat[],
  extensions: ReadonlyMap<string, number>,
): NegotiatedMedia => ({
  mid,
  direction: formats.length === 0 ? 'inactive' : commonDirection(ours, theirs.direction),
  formats,
  receivable: formats,
  extensions: headerExtensionIds(extensions),
  reducedSize: theirs.reducedSize,
  remoteStreams: theirs.streams,
  remoteStreamIds: theirs.streamIds,
  remoteTrackId: theirs.trackId,
});
