/** Why data cannot be written for RemoteMedia. */
export type RemoteMediaErrorCode =
  | 'REMOTE_MEDIA_UNSUPPORTED'
  | 'REMOTE_MEDIA_RANGE'
  | 'REMOTE_MEDIA_SPACE';

/**
 * Thrown by `encodeRemoteMedia`: for data that RemoteMedia has no type for (`REMOTE_MEDIA_UNSUPPORTED`), for values that
 * its layout cannot hold or that contradict each other (`REMOTE_MEDIA_RANGE`), and for memory that is too small
 * (`REMOTE_MEDIA_SPACE`).
 */
export class RemoteMediaError extends Error {
  override readonly name = 'RemoteMediaError';
  readonly code: RemoteMediaErrorCode;

  constructor(code: RemoteMediaErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
