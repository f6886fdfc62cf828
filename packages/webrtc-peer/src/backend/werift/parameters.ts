import type { TransportParameters } from '../transport.js';
import { hasUsableFingerprint } from './dtls-association.js';
import { TransportParametersError } from '../errors.js';

// RFC 8839 §5.4
const USERNAME_FRAGMENT = /^[a-z0-9+/]{4,256}$/i;
const PASSWORD = /^[a-z0-9+/]{22,256}$/i;

/**
 * Checks the other side's parameters.
 * @throws `TransportParametersError` (`INVALID_DESCRIPTION`), saying which cannot be used.
 */
export const checkParameters = (
  type: 'offer' | 'answer',
  { usernameFragment, password, fingerprints, setup, maxMessageSize }: TransportParameters,
): void => {
  const refuse = (reason: string): never => {
    throw new TransportParametersError(reason);
  };
  if (!USERNAME_FRAGMENT.test(usernameFragment)) refuse('the ICE username fragment is malformed');
  if (!PASSWORD.test(password)) refuse('the ICE password is malformed');
  if (!hasUsableFingerprint(fingerprints))
    refuse('no certificate fingerprint is SHA-256, SHA-384 or SHA-512');
  if (type === 'answer' && setup === 'actpass') refuse('an answer must take a DTLS role');
  if (!Number.isInteger(maxMessageSize) || maxMessageSize < 0)
    refuse('the largest message size is no number of bytes');
};
