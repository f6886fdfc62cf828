import type {
  AssembledFrame,
  AudioPathReport,
  OpusEngine,
  VideoEncodingName,
  VideoFrame,
  VideoProvider,
} from '@rm/codecs';
import {
  type ClockOffset,
  type DelayPolicy,
  LipSync,
  type Micros,
  type PlayoutAlignment,
  micros,
} from '@rm/rtp-sync';
import { type Quality, QualityMeter } from '../quality/quality-meter.js';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import { RtpSession } from '../rtp/rtp-session.js';
import { type Direction, directionOf, receives, sends } from '../session/description.js';
import type { PeerConnection } from '../session/peer-connection.js';
import { AudioConnection } from './audio-connection.js';
import { VideoConnection } from './video-connection.js';
import type { VideoSender } from './video-sender.js';

const MEASURE_INTERVAL = 1_000_000;

/** What a {@link PeerMedia} is made with. */
export interface PeerMediaOptions {
  readonly connection: PeerConnection;
  /** Canonical name of this node's streams. */
  readonly cname: string;
  readonly random: () => number;
  readonly now: () => Micros;
  /** Wall clock at media time 0 of this node. */
  readonly unixOrigin: Micros;
  /** The peer's wall clock against ours at `nowUnix`, when known. */
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  readonly opus: OpusEngine;
  /** Undefined where no pictures are taken. */
  readonly videoCodecs: VideoProvider | undefined;
  readonly policy: DelayPolicy;
  readonly alignment: PlayoutAlignment;
  /** See every packet and report of the sound before it is used. */
  readonly packet: (packet: RtpPacket, now: Micros) => void;
  readonly senderReport: (report: SenderReport, now: Micros) => void;
  /** How the peer hears what is sent. */
  readonly reported: (report: AudioPathReport) => void;
  /** Sees each received frame as it was sent, before it is decoded. */
  readonly encodedVideo: (
    streamId: string | undefined,
    codec: VideoEncodingName,
    frame: AssembledFrame,
  ) => void;
}

/** A picture that is due. */
export interface ReceivedPicture {
  /** The stream it is said to belong to. */
  readonly streamId: string | undefined;
  readonly frame: VideoFrame;
}

/** The sound and all pictures of one connection, both ways, sound and pictures of the peer in step. */
export class PeerMedia {
  readonly session: RtpSession;
  readonly audio: AudioConnection;
  readonly #options: PeerMediaOptions;
  readonly #videos: VideoConnection[] = [];
  /** Senders in use, by the stream they send. */
  readonly #sent = new Map<string, VideoConnection>();
  #videoDirection: Direction = 'sendrecv';
  readonly #lipSync = new LipSync();
  readonly #quality = new QualityMeter();
  #measuredAt = 0;

  constructor(options: PeerMediaOptions) {
    const { connection, cname, unixOrigin, random } = options;
    this.#options = options;
    const transceiver = connection.addTransceiver('audio', { streamIds: [cname] });
    const { transport } = connection;
    const { ssrc } = transceiver;
    this.session = new RtpSession({ transport, cname, ssrc, unixOrigin, random });
    this.audio = new AudioConnection({ ...options, session: this.session, transceiver });
  }

  /** Pictures are received and sent by these. */
  get videos(): readonly VideoConnection[] {
    return this.#videos;
  }

  /** Which way sound and pictures go: what is not to is neither sent nor taken from now on, and negotiated so. */
  direct(audio: Direction, video: Direction): void {
    this.audio.transceiver.direction = audio;
    this.#videoDirection = video;
    for (const each of this.#videos) this.#direct(each);
  }

  /**
   * Begins to send pictures as `streamId`, over a section that this side does not use yet. Undefined where none are
   * taken.
   */
  openVideo(streamId: string): VideoSender | undefined {
    const { videoCodecs, cname } = this.#options;
    if (videoCodecs === undefined) return undefined;
    const used = new Set(this.#sent.values());
    const free = this.#videos.find((each) => !used.has(each) && !each.transceiver.stopped);
    // Browsers play in step what has the same stream first: the sound of this node, and a picture.
    const streamIds = [cname, streamId];
    const connection =
      free ?? this.#add(this.#options.connection.addTransceiver('video', { streamIds }));
    this.#sent.set(streamId, connection);
    connection.transceiver.streamIds = streamIds;
    this.#direct(connection);
    return connection.sender;
  }

  /** Ends what {@link openVideo} began; pictures of the peer in the same section go on. */
  closeVideo(streamId: string): void {
    const sent = this.#sent.get(streamId);
    this.#sent.delete(streamId);
    if (sent !== undefined) this.#direct(sent);
  }

  /** What the connection's transceivers have negotiated has changed. */
  negotiated(): void {
    const { connection } = this.#options;
    for (const transceiver of connection.transceivers) {
      const known = this.#videos.some((each) => each.transceiver === transceiver);
      if (transceiver.kind === 'video' && !known) this.#direct(this.#add(transceiver));
    }
    this.session.negotiated(connection.transceivers);
  }

  /** Does what is due: RTCP, retransmissions, pacing. */
  tick(now: Micros): void {
    this.audio.tick();
    for (const video of this.#videos) video.tick(now);
    this.session.poll(now);
    if (now - this.#measuredAt >= MEASURE_INTERVAL) this.#measure(now);
  }

  /**
   * The pictures that are due at `instant` and were not given before, those that were captured with the sound that is
   * played; call it after the sound was pulled.
   */
  pictures(instant: Micros, now: Micros): ReceivedPicture[] {
    if (this.#videos.length === 0) return [];
    const due = this.#pictureTime(instant, now);
    return this.#videos.flatMap((video) => {
      const frame = video.pull(due, now);
      if (frame === undefined || !receives(video.transceiver.direction)) return [];
      this.#lipSync.begin();
      return [{ streamId: video.streamId, frame }];
    });
  }

  /** How much later the sound is than the picture; undefined while only one is there. */
  get lipSyncResidual(): Micros | undefined {
    return this.#lipSync.residual;
  }

  /** How good the connection has been in the last seconds; undefined before anything was heard. */
  get quality(): Quality | undefined {
    return this.#quality.quality;
  }

  close(now: Micros): void {
    this.session.close(now);
    this.audio.close();
    for (const video of this.#videos) video.close();
  }

  #measure(now: Micros): void {
    this.#measuredAt = now;
    const received = this.audio.receiver?.statistics();
    if (received === undefined) return;
    const { packetsReceived, packetsLost, jitter } = received;
    const sample = { packetsReceived, packetsLost, jitter: micros(jitter * 1e6) };
    this.#quality.update({ ...sample, roundTrip: this.session.roundTripTime }, now);
  }

  /** Capture time of the pictures to show: that of the sound where there is any. */
  #pictureTime(instant: Micros, now: Micros): Micros {
    const needs = this.#videos.flatMap((video) => {
      const { negotiated } = video.transceiver;
      const receiving = negotiated !== undefined && receives(negotiated.direction);
      return (receiving ? video.receiver.requiredDelay(now) : undefined) ?? [];
    });
    const video = needs.length === 0 ? undefined : micros(Math.max(...needs));
    const { receiver } = this.audio;
    const audio = receiver?.neededDelay;
    if (receiver !== undefined && audio !== undefined && video !== undefined) {
      this.#lipSync.update(audio, video, now);
      receiver.extraDelay = this.#lipSync.audioDelay;
    }
    const playing = receiver?.playing;
    return playing === undefined ? micros(instant - (video ?? 0)) : playing.time;
  }

  #direct(video: VideoConnection): void {
    const used = [...this.#sent.values()].includes(video);
    const wanted = this.#videoDirection;
    video.transceiver.direction = directionOf(used && sends(wanted), receives(wanted));
  }

  #add(transceiver: VideoConnection['transceiver']): VideoConnection {
    const { videoCodecs, connection } = this.#options;
    const video: VideoConnection = new VideoConnection({
      ...this.#options,
      session: this.session,
      transceiver,
      connected: () => connection.states.connection === 'connected',
      // A section is only agreed on where there are codecs.
      codecs: videoCodecs!,
      encoded: (codec, frame) => this.#options.encodedVideo(video.streamId, codec, frame),
    });
    this.#videos.push(video);
    return video;
  }
}
