import type { CaptureTime, Micros } from '@rm/codecs';
import type { AudioData, JsonValue, StreamPosition } from '../runtime-data/runtime-data.js';
import { isMap, parseJson } from './json-within.js';
import type { RemoteMediaEnvelope } from './message.js';

type Annotations = RemoteMediaEnvelope['annotations'];

/** The JSON beside audio: annotations, and with them the stream id and capture time that the layout has no field for. */
export function audioMetadata(
  { streamId, capture }: AudioData,
  annotations: Annotations,
): Readonly<Record<string, JsonValue>> {
  return {
    ...annotations,
    ...(streamId === '' ? {} : { stream_id: streamId }),
    ...(capture === undefined
      ? {}
      : { timestamp_us: capture.time, timestamp_bound_us: capture.bound }),
  };
}

/** The way back. What is no JSON map is passed over, as RemoteMedia does: Python writes NaN where JSON has none. */
export function readAudioMetadata(
  text: string,
  streamId: string,
): StreamPosition & { readonly annotations: Annotations } {
  const value = text === '' ? undefined : parseJson(text);
  if (!isMap(value)) return { streamId, capture: undefined, annotations: undefined };
  const { stream_id, timestamp_us, timestamp_bound_us, ...rest } = value;
  const annotations: Record<string, JsonValue> = rest;
  const capture = captureOf(timestamp_us, timestamp_bound_us);
  // Of others' making, and not what is meant here: theirs to keep.
  if (stream_id !== undefined && typeof stream_id !== 'string')
    annotations['stream_id'] = stream_id;
  if (capture === undefined) {
    if (timestamp_us !== undefined) annotations['timestamp_us'] = timestamp_us;
    if (timestamp_bound_us !== undefined) annotations['timestamp_bound_us'] = timestamp_bound_us;
  }
  return {
    streamId: typeof stream_id === 'string' ? stream_id : streamId,
    capture,
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
  };
}

function captureOf(
  time: JsonValue | undefined,
  bound: JsonValue | undefined,
): CaptureTime | undefined {
  return isInteger(time) && isInteger(bound) && bound >= 0
    ? { time: time as Micros, bound: bound as Micros }
    : undefined;
}

function isInteger(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value);
}
