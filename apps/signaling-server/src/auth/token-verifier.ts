import { METHODS } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import type { Grant } from '@rm/signaling-protocol/hub';
import { errors, jwtVerify } from 'jose';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import type { Instant } from '../clock.js';
import type { JwtKey, JwtKeys } from './jwt-keys.js';

/** A grant, or in one line why there is none. */
export type Verified =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly reason: string };

/** What a token must name beside what every token must. */
export interface TokenRequirements {
  /** `aud` must be, or contain, this. */
  readonly audience?: string | undefined;
  /** `iss` must be this. */
  readonly issuer?: string | undefined;
}

/** By how much the clock of the issuer may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** Longer tokens are refused unread. */
const MAX_TOKEN_LENGTH = 4_096;

const NO_TOKEN = 'no token; send one as Authorization: Bearer, or in the query as access_token';
const NOT_ACCEPTED = 'the token is not accepted; get one from who runs this server';
const EXPIRED = 'the token has expired; get a new one';
const TOO_EARLY = 'the token is not valid yet; try again later';

/**
 * Verifies JSON Web Tokens (RFC 7519) against a set of keys that may be replaced at any time.
 * The key is chosen by `kid` and used for its own algorithm only, whatever the token says.
 */
export class TokenVerifier {
  #keys: JwtKeys;
  readonly #requirements: TokenRequirements;

  constructor(keys: JwtKeys, requirements: TokenRequirements) {
    this.#keys = keys;
    this.#requirements = requirements;
  }

  /** Replaces the keys: tokens of keys that are gone are no longer accepted. */
  useKeys(keys: JwtKeys): void {
    this.#keys = keys;
  }

  /** What `token` grants at the instant `at`; a refusal tells nothing that its holder cannot know. */
  async verify(token: string | undefined, at: Instant): Promise<Verified> {
    if (token === undefined || token === '') return refused(NO_TOKEN);
    if (token.length > MAX_TOKEN_LENGTH) return refused(NOT_ACCEPTED);
    const { audience, issuer } = this.#requirements;
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyFor(header), {
        algorithms: ['HS256', 'EdDSA'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: at.wall,
        requiredClaims: ['exp', 'rights'],
        ...(audience === undefined ? {} : { audience }),
        ...(issuer === undefined ? {} : { issuer }),
      });
      const grant = grantOf(payload, at);
      return grant === undefined ? refused(NOT_ACCEPTED) : { ok: true, grant };
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  #keyFor({ alg, kid }: JWTHeaderParameters): JwtKey['key'] {
    const key = kid === undefined ? undefined : this.#keys.get(kid);
    if (key?.algorithm !== alg) throw new errors.JWKSNoMatchingKey();
    return key.key;
  }
}

const refused = (reason: string): Verified => ({ ok: false, reason });

/** Time is only looked at once the signature is good, so both reasons go to rightful holders. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return EXPIRED;
  const early = error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf';
  return early ? TOO_EARLY : NOT_ACCEPTED;
}

const RIGHTS: ReadonlySet<unknown> = new Set(['join', 'send', 'admin']);

/**
 * A token with `join` is for the one peer that `sub` names, in the room that `room` names; without
 * `room` that is the one which is joined where none is named. A grant ends when its token would no
 * longer open a connection.
 */
function grantOf({ sub, exp, ...claims }: JWTPayload, { wall, now }: Instant): Grant | undefined {
  const { rights } = claims;
  if (exp === undefined || !Array.isArray(rights) || !rights.every((one) => RIGHTS.has(one))) {
    return undefined;
  }
  const mayJoin = rights.includes('join');
  const left = (exp + CLOCK_TOLERANCE_SECONDS) * 1_000_000 - wall.getTime() * 1_000;
  const may = {
    mayJoin,
    maySend: rights.includes('send'),
    admin: rights.includes('admin'),
    expiresAt: (now + Math.round(left)) as Micros,
  };
  if (!mayJoin) return may;
  const place = METHODS['peer.announce'].toHub.safeParse({ peer_id: sub, room: claims['room'] });
  return place.success ? { ...may, peerId: place.data.peer_id, room: place.data.room } : undefined;
}
