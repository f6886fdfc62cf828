import type { Fingerprint, TransportParameters } from '../transport.js';
import { TransportParametersError } from '../errors.js';

// RFC 8839 §5.4
const USERNAME_FRAGMENT = /^[a-z0-9+/]{4,256}$/i;
const PASSWORD = /^[a-z0-9+/]{22,256}$/i;
/** Bytes of the hashes that are trusted, the preferred first. */
const HASH_BYTES = [
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
] as const;

/** The fingerprint that is checked: libdatachannel takes one. */
const usableFingerprint = (fingerprints: readonly Fingerprint[]): Fingerprint | undefined => {
  for (const [algorithm, bytes] of HASH_BYTES) {
    const form = new RegExp(`^[0-9A-F]{2}(:[0-9A-F]{2}){${bytes - 1}}$`);
    const found = fingerprints
      .filter((fingerprint) => fingerprint.algorithm.toLowerCase() === algorithm)
      .map(({ value }) => value.toUpperCase())
      .find((value) => form.test(value));
    if (found !== undefined) return { algorithm, value: found };
  }
  return undefined;
};

/** The other side's parameters, of which no text can break the description that is made of them. */
export interface CheckedParameters extends TransportParameters {
  /** The one that its certificate is checked with. */
  readonly fingerprint: Fingerprint;
}

/**
 * Checks the other side's parameters.
 * @throws `TransportParametersError` (`INVALID_DESCRIPTION`), saying which cannot be used.
 */
export const checkParameters = (
  type: 'offer' | 'answer',
  parameters: TransportParameters,
): CheckedParameters => {
  const { usernameFragment, password, fingerprints, setup, maxMessageSize } = parameters;
  const refuse = (reason: string): never => {
    throw new TransportParametersError(reason);
  };
  if (!USERNAME_FRAGMENT.test(usernameFragment)) refuse('the ICE username fragment is malformed');
  if (!PASSWORD.test(password)) refuse('the ICE password is malformed');
  const fingerprint =
    usableFingerprint(fingerprints) ??
    refuse('no certificate fingerprint is SHA-256, SHA-384 or SHA-512');
  if (type === 'answer' && setup === 'actpass') refuse('an answer must take a DTLS role');
  if (!Number.isSafeInteger(maxMessageSize) || maxMessageSize < 0)
    refuse('the largest message size is no number of bytes');
  return { ...parameters, fingerprint };
};
