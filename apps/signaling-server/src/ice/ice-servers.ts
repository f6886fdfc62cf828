import { readFileSync } from 'node:fs';
import { milliseconds, NEVER } from '@rm/signaling-protocol';
import type { IceServer } from '@rm/signaling-protocol';
import type { HubInput, HubNews, IceServersForPeer } from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import { now } from '../clock.js';
import { DeadlineTimer } from '../deadline-timer.js';
import { SignalingServerError } from '../errors.js';
import { watchedFile } from '../watched-file.js';
import { Renewals } from './renewals.js';
import type { SeatedPeer } from './renewals.js';
import { turnCredential } from './turn-credential.js';
import { isStunUri, isTurnUri } from './uri.js';

/** STUN and TURN servers that every peer is told of. */
export interface IceServerOptions {
  /** `stun:` and `stuns:` URIs (RFC 7064), at most 8; default none. */
  readonly stunUrls?: readonly string[] | undefined;
  /** TURN servers that share one secret with this server; default none. */
  readonly turn?: TurnOptions | undefined;
}

/** TURN servers, for which every peer gets a credential of its own that expires. */
export interface TurnOptions {
  /** `turn:` and `turns:` URIs (RFC 7065), 1 to 8. */
  readonly urls: readonly string[];
  /** File with the secret (coturn: `static-auth-secret`), read again when it changes. */
  readonly secretFile: string;
  /** Time a credential is good for, in seconds from 60 to 604800 (a week); default 14400 (4 h). */
  readonly ttlSeconds?: number | undefined;
}

const DEFAULT_TTL_SECONDS = 14_400;
const MIN_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 604_800;

/** URLs of one server, as the protocol bounds them. */
const MAX_URLS = 8;

/** Has ICE servers for every peer that takes its place, and new ones at half the life of its credential. */
export class IceServers {
  readonly #stunUrls: readonly string[];
  readonly #turn: TurnOptions | undefined;
  readonly #ttlSeconds: number;
  readonly #renewals: Renewals;
  readonly #tell: (input: HubInput) => void;
  readonly #unwatch: (() => void) | undefined;
  #secret: string;
  readonly #deadline = new DeadlineTimer((at) => {
    for (const peer of this.#renewals.takeDue(at)) this.#renew(peer);
    this.#setTimer();
  });

  /**
   * `tell` is given what the hub is to be told. Throws `SignalingServerError`
   * (`ICE_SERVERS_INVALID`) for an address or a secret that cannot be used.
   */
  constructor(
    { stunUrls = [], turn }: IceServerOptions,
    logger: Logger,
    fileCheckIntervalMs: number,
    tell: (input: HubInput) => void,
  ) {
    checkUrls('stun', stunUrls, isStunUri);
    if (turn !== undefined) checkUrls('turn', turn.urls, isTurnUri);
    this.#stunUrls = stunUrls;
    this.#turn = turn;
    this.#ttlSeconds = checkedTtl(turn?.ttlSeconds ?? DEFAULT_TTL_SECONDS);
    this.#renewals = new Renewals(milliseconds((this.#ttlSeconds * 1_000) / 2));
    this.#tell = tell;
    this.#secret = turn === undefined ? '' : readSecret(turn.secretFile);
    this.#unwatch =
      turn && watchedFile(turn.secretFile, fileCheckIntervalMs, () => this.#reread(turn, logger));
  }

  /** Servers with a credential of this peer's own, good from now on. */
  for(peerId: string): IceServersForPeer {
    const servers: IceServer[] = [];
    if (this.#stunUrls.length > 0) servers.push({ urls: [...this.#stunUrls] });
    if (this.#turn !== undefined) {
      const expiresAt = Math.floor(Date.now() / 1_000) + this.#ttlSeconds;
      const credential = turnCredential(this.#secret, peerId, expiresAt);
      servers.push({ urls: [...this.#turn.urls], ...credential });
    }
    return { servers, ttlSeconds: this.#ttlSeconds };
  }

  /** Takes notice of who has come, and was given servers, and who has left. */
  onNews(news: HubNews): void {
    if (news.kind === 'joined') this.#renewals.given(now(), news);
    else this.#renewals.forget(news);
    this.#setTimer();
  }

  /** Ends the timer and stops looking at the file. Idempotent. */
  release(): void {
    this.#deadline.clear();
    this.#unwatch?.();
  }

  #renew(peer: SeatedPeer): void {
    const at = now();
    this.#renewals.given(at, peer);
    this.#tell({ kind: 'ice-servers', now: at, socket: peer.socket, ...this.for(peer.peerId) });
  }

  #setTimer(): void {
    const { nextDeadline } = this.#renewals;
    if (nextDeadline === NEVER) this.#deadline.clear();
    else this.#deadline.set(nextDeadline);
  }

  #reread({ secretFile }: TurnOptions, logger: Logger): void {
    try {
      this.#secret = readSecret(secretFile);
      logger.info('the TURN secret was read again');
    } catch (error) {
      logger.error({ error: (error as Error).message }, 'the TURN secret stays as it was');
    }
  }
}

function checkUrls(
  kind: 'stun' | 'turn',
  urls: readonly string[],
  isUri: (url: string) => boolean,
): void {
  const wrong = urls.find((url) => !isUri(url));
  if (wrong !== undefined) {
    throw invalid(`${wrong} is no ${kind} URI; give one such as ${kind}:${kind}.example.org:3478`);
  }
  if (urls.length > MAX_URLS || (kind === 'turn' && urls.length === 0)) {
    throw invalid(`${urls.length} ${kind} URIs; give ${kind === 'turn' ? 1 : 0} to ${MAX_URLS}`);
  }
}

function checkedTtl(seconds: number): number {
  if (Number.isSafeInteger(seconds) && seconds >= MIN_TTL_SECONDS && seconds <= MAX_TTL_SECONDS) {
    return seconds;
  }
  const range = `${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS}`;
  throw invalid(`turn ttlSeconds is ${seconds}; give a whole number from ${range}`);
}

/** The first line of the file: what an editor or `echo` ends it with is no part of the secret. */
function readSecret(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(
      `cannot read the TURN secret in ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  const [secret = ''] = text.split(/\r?\n/, 1);
  if (secret === '') throw invalid(`${path} is empty; write the TURN secret into its first line`);
  return secret;
}

const invalid = (message: string): SignalingServerError =>
  new SignalingServerError('ICE_SERVERS_INVALID', message, undefined);
