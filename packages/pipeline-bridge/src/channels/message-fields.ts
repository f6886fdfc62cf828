import { z } from 'zod';
import type {
  ControlData,
  FileData,
  NumpyData,
  StreamPosition,
  TensorData,
} from '../runtime-data/runtime-data.js';

/** What messages carry as JSON: each function gives the fields, or undefined when they are not what they must be. */
type Fields<T> = Omit<T, keyof StreamPosition | 'kind' | 'bytes' | 'lease'>;

const integer = z.int();
const count = integer.min(0);
const shape = z.array(count).max(32);
const tensor = z.object({ dtype: integer, shape });
const numpy = z.object({
  dtype: z.string().max(64),
  shape,
  strides: z.array(integer).max(32),
  cContiguous: z.boolean(),
  fContiguous: z.boolean(),
});
const controlMessage = z.union([
  z.object({ type: z.literal('CancelSpeculation'), from: integer, to: integer }),
  z.object({ type: z.literal('BatchHint'), suggestedBatchSize: count }),
  z.object({ type: z.literal('DeadlineWarning'), deadline: count }),
]);
const json = z.json();
const control = z.object({
  message: controlMessage,
  segmentId: z.string().optional(),
  timestampMs: z.number(),
  metadata: json,
});
const file = z.object({
  path: z.string(),
  filename: z.string().optional(),
  mimeType: z.string().optional(),
  size: count.optional(),
  offset: count.optional(),
  length: count.optional(),
});

export function tensorFields(value: unknown): Fields<TensorData> | undefined {
  return tensor.safeParse(value).data;
}

export function numpyFields(value: unknown): Fields<NumpyData> | undefined {
  return numpy.safeParse(value).data;
}

export function controlPayload(value: unknown): Fields<ControlData> | undefined {
  const { data } = control.safeParse(value);
  return data === undefined ? undefined : { ...data, segmentId: data.segmentId };
}

export function filePayload(value: unknown): Fields<FileData> | undefined {
  const { data } = file.safeParse(value);
  if (data === undefined) return undefined;
  const { path, filename, mimeType, size, offset, length } = data;
  return { path, filename, mimeType, size, offset, length };
}
