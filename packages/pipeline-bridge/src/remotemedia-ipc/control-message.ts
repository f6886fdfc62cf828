import { z } from 'zod';
import type { ControlData, ControlMessage, JsonValue } from '../runtime-data/runtime-data.js';
import { parseJson } from './json-within.js';

const count = z.int().min(0);

/** A control message as RemoteMedia's serializer writes it. */
const schema = z.object({
  message_type: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('CancelSpeculation'),
      from_timestamp: count,
      to_timestamp: count,
    }),
    z.object({ type: z.literal('BatchHint'), suggested_batch_size: count }),
    z.object({ type: z.literal('DeadlineWarning'), deadline_us: count }),
  ]),
  segment_id: z.string().nullish(),
  timestamp_ms: count,
  metadata: z.unknown(),
});

type WireControl = z.infer<typeof schema>;

/** The JSON of a control message, or undefined if a number in it is not a whole one from 0. */
export function controlText(data: ControlData): string | undefined {
  const wire = {
    message_type: messageType(data.message),
    segment_id: data.segmentId ?? null,
    timestamp_ms: data.timestampMs,
    metadata: data.metadata,
  };
  return schema.safeParse(wire).success ? JSON.stringify(wire) : undefined;
}

/** The way back, or undefined if the text is something else. */
export function readControl(text: string, streamId: string): ControlData | undefined {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) return undefined;
  const { message_type, segment_id, timestamp_ms, metadata } = result.data;
  return {
    kind: 'control',
    streamId,
    capture: undefined,
    message: controlMessage(message_type),
    segmentId: segment_id ?? undefined,
    timestampMs: timestamp_ms,
    metadata: (metadata ?? null) as JsonValue,
  };
}

function messageType(message: ControlMessage): WireControl['message_type'] {
  switch (message.type) {
    case 'CancelSpeculation':
      return { type: message.type, from_timestamp: message.from, to_timestamp: message.to };
    case 'BatchHint':
      return { type: message.type, suggested_batch_size: message.suggestedBatchSize };
    case 'DeadlineWarning':
      return { type: message.type, deadline_us: message.deadline };
  }
}

function controlMessage(wire: WireControl['message_type']): ControlMessage {
  switch (wire.type) {
    case 'CancelSpeculation':
      return { type: wire.type, from: wire.from_timestamp, to: wire.to_timestamp };
    case 'BatchHint':
      return { type: wire.type, suggestedBatchSize: wire.suggested_batch_size };
    case 'DeadlineWarning':
      return { type: wire.type, deadline: wire.deadline_us };
  }
}
