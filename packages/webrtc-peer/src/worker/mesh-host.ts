import type { MessagePort } from 'node:worker_threads';
import type { MeshNode } from '../mesh/mesh-node.js';
import type { EncodedPicture } from '../mesh/mesh-options.js';
import { AnswerCount } from './answer-count.js';
import { Backlog } from './backlog.js';
import { HostedChannels } from './hosted-channels.js';
import { HostedOutputs } from './hosted-outputs.js';
import type { LentPictures } from './lent-pictures.js';
import type { Outbox } from './outbox.js';
import {
  type Answer,
  type CrossingEvent,
  MAX_ENCODED_BYTES,
  MAX_MESSAGES,
  type MeshCalls,
  type MeshJob,
  type ToWorker,
  WAITED_FOR,
  type WorkerDrops,
} from './protocol.js';
import { describeError, revivedError } from './thread-error.js';
import { TickWriter } from './tick-ring.js';

/** A mesh that another thread uses: does what that asks for, and tells it what comes. */
export class MeshHost {
  readonly #mesh: MeshNode;
  readonly #outbox: Outbox;
  readonly #pictures: LentPictures;
  readonly #channels: HostedChannels;
  readonly #outputs: HostedOutputs;
  readonly #answers: MessagePort;
  readonly #answered: AnswerCount;
  readonly #messagesIn: Backlog;
  readonly #encoded: Backlog;
  readonly #calls: MeshCalls;
  readonly #aborts = new Map<number, AbortController>();
  #listening = { pictures: false, encoded: false };

  constructor(mesh: MeshNode, pictures: LentPictures, outbox: Outbox, job: MeshJob) {
    this.#mesh = mesh;
    this.#outbox = outbox;
    this.#pictures = pictures;
    this.#answers = job.answers;
    this.#answered = new AnswerCount(job.answered);
    this.#messagesIn = new Backlog(job.messagesIn);
    this.#encoded = new Backlog(job.encoded);
    this.#channels = new HostedChannels(outbox);
    this.#outputs = new HostedOutputs(mesh);
    this.#calls = this.#callable();
    this.#tellEvents();
    const ticks = new TickWriter((news) => outbox.post(news));
    const posted = (): number => outbox.posted;
    mesh.onTick((frames, instant) => ticks.write(frames, instant, posted));
    mesh.onPicture((picture, instant) => {
      if (this.#listening.pictures) pictures.lend(picture, instant);
    });
    mesh.onEncodedPicture((picture) => {
      if (this.#listening.encoded) this.#tellEncoded(picture);
    });
  }

  /** Takes what the other thread says. Never throws: what fails is told as `listener-error`. */
  take(message: ToWorker): void {
    try {
      this.#take(message);
    } catch (error) {
      this.#failed(message.kind, error);
    }
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'call':
        if (message.id === WAITED_FOR) this.#answerNow(message);
        else void this.#answerLater(message);
        break;
      case 'abort':
        this.#aborts.get(message.id)?.abort(revivedError(message.reason));
        break;
      case 'audio':
        this.#outputs.audioWritten(message.output);
        break;
      case 'picture':
        this.#pictureWritten(message);
        break;
      case 'key-frame':
        this.#outputs.requestKeyFrame(message.output);
        break;
      case 'close-output':
        this.#outputs.close(message.output);
        break;
      case 'seen':
        this.#pictures.seen(message.stream, message.id, message.returned);
        break;
      case 'listening':
        this.#listening = message;
        break;
      case 'close-channel':
        this.#channels.close(message.channel);
        break;
    }
  }

  #callable(): MeshCalls {
    const [mesh, outputs, channels] = [this.#mesh, this.#outputs, this.#channels];
    return {
      connect: (signal) => mesh.connect(signal === undefined ? {} : { signal }),
      close: () => mesh.close(),
      openAudio: (to) => outputs.openAudio(to),
      openVideo: (to, options) => outputs.openVideo(to, options),
      openChannel: (peerId, options) => channels.host(mesh.openChannel(peerId, options)),
      send: (channel, message) => channels.send(channel, message),
      setDirections: (peerId, directions) => mesh.setDirections(peerId, directions),
      sendMessage: (payload, to) => mesh.sendMessage(payload, to),
      statistics: () => ({ mesh: mesh.statistics(), drops: this.#drops() }),
      audioStatistics: (output) => outputs.audioStatistics(output),
      videoStatistics: (output) => outputs.videoStatistics(output),
      channelStatistics: (channel) => channels.statistics(channel),
    };
  }

  /** The caller stands still until the answer is there. */
  #answerNow({ name, args }: Call): void {
    let answer: Answer;
    try {
      answer = { ok: true, value: this.#call(name, args) };
    } catch (error) {
      answer = { ok: false, error: describeError(error) };
    }
    this.#answers.postMessage(answer);
    this.#answered.add();
  }

  async #answerLater({ id, name, args }: Call): Promise<void> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    let answer: Answer;
    try {
      const value = await (name === 'connect'
        ? this.#calls.connect(abort.signal)
        : this.#call(name, args));
      answer = { ok: true, value };
    } catch (error) {
      answer = { ok: false, error: describeError(error) };
    }
    this.#aborts.delete(id);
    this.#outbox.post({ kind: 'answer', id, answer });
  }

  #call(name: keyof MeshCalls, args: readonly unknown[]): unknown {
    return (this.#calls[name] as (...args: readonly unknown[]) => unknown)(...args);
  }

  #pictureWritten({ output, id, frame, muted }: Extract<ToWorker, { kind: 'picture' }>): void {
    try {
      this.#outputs.pictureWritten(output, frame, muted);
    } finally {
      this.#outbox.post({ kind: 'picture-taken', output, id });
    }
  }

  #drops(): WorkerDrops {
    return {
      pictures: this.#pictures.dropped,
      encodedPictures: this.#encoded.refused,
      messages: this.#messagesIn.refused,
      channelMessages: this.#channels.messagesDropped,
    };
  }

  #tellEvents(): void {
    const mesh = this.#mesh;
    const tell = (event: CrossingEvent): void => this.#outbox.post(event);
    mesh.on('peer-connected', (event) => tell({ kind: 'event', name: 'peer-connected', event }));
    mesh.on('peer-disconnected', (event) => {
      tell({ kind: 'event', name: 'peer-disconnected', event });
      this.#pictures.forget(event.peerId);
    });
    mesh.on('signaling-connected', (event) =>
      tell({ kind: 'event', name: 'signaling-connected', event }),
    );
    mesh.on('removed', (event) => tell({ kind: 'event', name: 'removed', event }));
    // A peer can have any number of these told.
    mesh.on('message', (event) => {
      if (this.#messagesIn.admit(1, MAX_MESSAGES)) tell({ kind: 'event', name: 'message', event });
    });
    mesh.on('remote-states', (event) => {
      if (this.#messagesIn.admit(1, MAX_MESSAGES))
        tell({ kind: 'event', name: 'remote-states', event });
    });
    mesh.on('channel', ({ channel }) =>
      this.#outbox.post({ kind: 'channel', channel: this.#channels.host(channel) }),
    );
    mesh.on('signaling-lost', ({ cause }) =>
      this.#outbox.post({ kind: 'signaling-lost', cause: describeError(cause) }),
    );
    mesh.on('listener-error', ({ event, error }) => this.#failed(event, error));
  }

  #tellEncoded(picture: EncodedPicture): void {
    const { frame } = picture;
    if (!this.#encoded.admit(frame.data.length, MAX_ENCODED_BYTES)) return;
    const data = new Uint8Array(frame.data);
    const own = { ...picture, frame: { ...frame, data } };
    this.#outbox.post({ kind: 'encoded', picture: own }, [data.buffer]);
  }

  #failed(event: string, error: unknown): void {
    this.#outbox.post({ kind: 'listener-error', event, error: describeError(error) });
  }
}

type Call = Extract<ToWorker, { kind: 'call' }>;
