import * as z from 'zod';

/** Bounds of the fields on the wire; lengths are UTF-16 code units. */
export const FieldLimit = {
  ID_LENGTH: 128,
  SDP_LENGTH: 65_536,
  CANDIDATE_LENGTH: 1_024,
  USER_DATA_JSON_LENGTH: 8_192,
  CAPABILITIES: 64,
  CAPABILITY_LENGTH: 64,
  REASON_LENGTH: 256,
  CLOSE_REASON_LENGTH: 120,
  MID_LENGTH: 256,
  USER_FRAGMENT_LENGTH: 256,
  ICE_SERVERS: 16,
  ICE_SERVER_URLS: 8,
  ICE_SERVER_FIELD_LENGTH: 512,
  TOKEN_LENGTH: 256,
} as const;

const printable = (length: number): z.ZodString =>
  z
    .string()
    .max(length)
    // Not \p{Cc}: readers of the published schemas may not know it.
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters');

/** A peer id or room name: 1 to 128 of A–Z a–z 0–9 . _ ~ -, safe in file names and URLs. */
export const id = z
  .string()
  .max(FieldLimit.ID_LENGTH)
  .regex(/^[A-Za-z0-9._~-]+$/, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -')
  .refine((value) => value !== '.' && value !== '..', 'must not be . or ..');

export const requestId = printable(FieldLimit.ID_LENGTH).min(1);

/** A session description (RFC 8866); that it begins as one is {@link isSessionDescription}. */
export const sdp = z.string().min(1).max(FieldLimit.SDP_LENGTH);

/** Whether `text` begins as a session description does: RFC 8866 §5.1 puts `v=0` first. */
export const isSessionDescription = (text: string): boolean => /^v=0\r?\n/.test(text);

/** An ICE candidate line (RFC 8839 §5.1) without line end; empty means end of candidates. */
export const candidate = z
  .string()
  .max(FieldLimit.CANDIDATE_LENGTH)
  .regex(/^(?:(?:a=)?candidate:[\x20-\x7e]+)?$/, 'must be empty or one candidate: line');

export const sdpMid = printable(FieldLimit.MID_LENGTH).nullable();

export const sdpMLineIndex = z.int().min(0).max(65_535).nullable();

export const userFragment = printable(FieldLimit.USER_FRAGMENT_LENGTH).nullish();

export const reason = printable(FieldLimit.REASON_LENGTH);

/** Why a connection is closed; at most 123 bytes (RFC 6455 §5.5). */
export const closeReason = z
  .string()
  .max(FieldLimit.CLOSE_REASON_LENGTH)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
  .default('removed by an admin');

/** An RTCIceServer (W3C WebRTC §4.2.2) whose `urls` are always a list. */
export const iceServer = z.object({
  urls: z
    .array(printable(FieldLimit.ICE_SERVER_FIELD_LENGTH).min(1))
    .min(1)
    .max(FieldLimit.ICE_SERVER_URLS),
  username: printable(FieldLimit.ICE_SERVER_FIELD_LENGTH).optional(),
  credential: printable(FieldLimit.ICE_SERVER_FIELD_LENGTH).optional(),
});

export const iceServers = z.array(iceServer).max(FieldLimit.ICE_SERVERS);

/** A count of things, or a version of something that changes. */
export const count = z.int().min(0);

export const resumeToken = printable(FieldLimit.TOKEN_LENGTH).min(1);

export const capabilities = z
  .array(printable(FieldLimit.CAPABILITY_LENGTH).min(1))
  .max(FieldLimit.CAPABILITIES);

/** Free data of the application about a peer: an object of at most 8192 characters of JSON. */
export const userData = z
  .record(z.string(), z.unknown())
  .refine((value) => jsonLength(value) <= FieldLimit.USER_DATA_JSON_LENGTH, {
    error: `must be JSON of at most ${FieldLimit.USER_DATA_JSON_LENGTH} characters`,
  });

/** What comes from the own application may be no JSON at all, such as a cycle or a bigint. */
function jsonLength(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The four states of an RTCPeerConnection (W3C WebRTC §4.3). */
export const connectionState = z.enum([
  'new',
  'connecting',
  'connected',
  'disconnected',
  'failed',
  'closed',
]);

export const iceConnectionState = z.enum([
  'new',
  'checking',
  'connected',
  'completed',
  'failed',
  'disconnected',
  'closed',
]);

export const iceGatheringState = z.enum(['new', 'gathering', 'complete']);

export const signalingState = z.enum([
  'stable',
  'have-local-offer',
  'have-remote-offer',
  'have-local-pranswer',
  'have-remote-pranswer',
  'closed',
]);
