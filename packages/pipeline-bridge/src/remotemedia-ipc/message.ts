import type { Micros } from '@rm/codecs';
import type { JsonValue, RuntimeData } from '../runtime-data/runtime-data.js';

/** What surrounds the data in a message of RemoteMedia. */
export interface RemoteMediaEnvelope {
  /** The session it belongs to; at most 65,535 bytes of UTF-8. */
  readonly sessionId: string;
  /** When it was written: microseconds of the wall clock since 1970, not negative. */
  readonly timestamp: Micros;
  /** For text and JSON, what the text is for: 1–255 bytes; `tts`, to be spoken, unless given. */
  readonly channel?: string | undefined;
  /** For audio, what nodes have noted about it beside its stream and capture time. */
  readonly annotations?: Readonly<Record<string, JsonValue>> | undefined;
}

/** What a message of RemoteMedia carries: data, or the sign that all that comes of one piece of input has been sent. */
export type RemoteMediaContent = RuntimeData | 'end-of-input';

/** A message of RemoteMedia between processes. */
export interface RemoteMediaMessage extends RemoteMediaEnvelope {
  /** Its buffers are views of the message that was read. */
  readonly content: RemoteMediaContent;
}

/** Why bytes are no message of RemoteMedia. */
export type RemoteMediaRefusal =
  /** They end before a length in them says. */
  | 'too-short'
  /** They, or something in them, are over a limit. */
  | 'too-long'
  /** A type, pixel format or codec has a number that means nothing. */
  | 'unknown-number'
  /** A text is not UTF-8, or a control message not JSON of its shape. */
  | 'not-text'
  /** A value is out of range, or contradicts another. */
  | 'wrong-value';
