import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseWav } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import { type EncodedPicture, Mesh, type MeshEvents } from '@rm/webrtc-peer';
import { openBackend } from './backends.js';
import { Interruption } from './interruption.js';
import type { JoinOptions, Measured, PeerCommands } from './peer-commands.js';
import { endlessPicture } from './pictures.js';
import { roomClient } from './room-client.js';
import { sharedNow } from './shared-clock.js';

const SPEECH = fileURLToPath(new URL('../../demo/assets/speech.wav', import.meta.url));
const TICK = 10_000;
const TICK_SAMPLES = 480;
/** Pictures on every third tick are 33 a second. */
const PICTURE_TICKS = 3;
const FPS = 33;

/** A node of the benchmark, in a process of its own. */
export class BenchNode implements PeerCommands {
  readonly #id: string;
  #joined: Mesh | undefined;
  #interruption = new Interruption();
  #timestamps = new Set<number>();
  #frames = 0;
  #data = { bytes: 0, first: 0, last: 0 };

  constructor(id: string) {
    this.#id = id;
  }

  async join(options: JoinOptions): Promise<{ began: number; connected: number }> {
    const mesh = await Mesh.create({
      signaling: roomClient(options.url, options.room, this.#id),
      backend: await openBackend(options.backend),
      ...(options.video && { video: {} }),
    });
    this.#joined = mesh;
    this.#interruption = new Interruption();
    mesh.onEncodedPicture((picture) => this.#pictureCame(picture));
    mesh.on('channel', ({ channel }) => this.#count(channel));
    const connected = peersConnected(mesh, options.peers);
    const began = sharedNow();
    await mesh.connect();
    return { began, connected: await connected };
  }

  async leave(): Promise<void> {
    await this.#joined?.close();
    this.#joined = undefined;
  }

  async speak(): Promise<void> {
    const wav = parseWav(readFileSync(SPEECH));
    if (!wav.ok) throw new Error(`${SPEECH} is not a WAV file (${wav.reason})`);
    const { samples: speech } = wav.value;
    const samples = new Float32Array(TICK_SAMPLES);
    const output = await this.#mesh.openAudio('all');
    let began: Micros | undefined;
    this.#mesh.onTick((_, instant) => {
      began ??= instant;
      const from = Math.round((instant - began) / TICK) * TICK_SAMPLES;
      for (let i = 0; i < TICK_SAMPLES; i++) samples[i] = speech[(from + i) % speech.length]!;
      const capture = { time: micros(instant - TICK), bound: micros(0) };
      output.write({ samples, sampleRate: 48_000, channels: 1, capture });
    });
  }

  async listen(): Promise<void> {
    const mesh = this.#mesh;
    let begun = false;
    mesh.onTick((frames) => {
      begun ||= frames.size > 0;
      const received = mesh.statistics().links[0]?.received;
      if (begun) this.#interruption.tick(frames.size > 0, received?.concealedSamples ?? 0);
    });
  }

  async film({ maxBitrate }: { maxBitrate: number }): Promise<void> {
    const picture = endlessPicture(640, 360);
    const output = this.#mesh.openVideo('all', { maxBitrate, fps: FPS });
    let tick = 0;
    this.#mesh.onTick((_, instant) => {
      if (tick++ % PICTURE_TICKS > 0) return;
      const capture = { time: micros(instant), bound: micros(0) };
      output.write({ ...picture((tick - 1) / PICTURE_TICKS), capture });
    });
  }

  async measure(): Promise<Measured> {
    const { user, system } = process.cpuUsage();
    return {
      at: sharedNow(),
      cpu: user + system,
      statistics: this.#mesh.statistics(),
      longestInterruption: this.#interruption.take(),
      frames: this.#frames,
      framesRepeated: this.#frames - this.#timestamps.size,
      data: this.#data,
    };
  }

  async lost(): Promise<{ at: number; reason: MeshEvents['peer-disconnected']['reason'] }> {
    const { reason } = await next(this.#mesh, 'peer-disconnected');
    return { at: sharedNow(), reason };
  }

  heard(): Promise<{ at: number }> {
    const mesh = this.#mesh;
    const packets = (): number => mesh.statistics().links[0]?.received?.packetsReceived ?? 0;
    const before = packets();
    return new Promise((resolve) => {
      const off = mesh.onTick((frames) => {
        if (packets() === before || frames.size === 0) return;
        off();
        resolve({ at: sharedNow() });
      });
    });
  }

  async flood({ to, bytes, ms }: { to: string; bytes: number; ms: number }): Promise<void> {
    const channel = this.#mesh.openChannel(to, { label: 'flood' });
    const message = new Uint8Array(bytes).fill(7);
    const end = performance.now() + ms;
    while (performance.now() < end) await channel.send(message);
    channel.close();
  }

  get #mesh(): Mesh {
    if (this.#joined === undefined) throw new Error('the node is in no room: have it join first');
    return this.#joined;
  }

  #pictureCame({ frame: { timestamp } }: EncodedPicture): void {
    this.#frames++;
    this.#timestamps.add(timestamp);
  }

  #count(channel: MeshEvents['channel']['channel']): void {
    channel.on('message', (message) => {
      const now = sharedNow();
      const first = this.#data.bytes === 0 ? now : this.#data.first;
      const more = message.kind === 'binary' ? message.data.length : 0;
      this.#data = { bytes: this.#data.bytes + more, first, last: now };
    });
  }
}

/** When `mesh` was connected to the last of `count` peers, on the shared clock. */
function peersConnected(mesh: Mesh, count: number): Promise<number> {
  const connected = new Set<string>();
  if (count === 0) return Promise.resolve(sharedNow());
  return new Promise((resolve) => {
    const off = mesh.on('peer-connected', ({ peerId }) => {
      connected.add(peerId);
      if (connected.size < count) return;
      off();
      resolve(sharedNow());
    });
  });
}

const next = <Name extends keyof MeshEvents>(mesh: Mesh, name: Name): Promise<MeshEvents[Name]> =>
  new Promise((resolve) => {
    const off = mesh.on(name, (event) => {
      off();
      resolve(event);
    });
  });
