export { exampleMessages } from './examples.js';
export type { ExampleMessage } from './examples.js';
export { MethodDocError, openRpcDocument } from './document.js';
export type {
  ContentDescriptor,
  DirectedParams,
  Direction,
  ExamplePairing,
  ExampleValue,
  JsonSchema,
  OpenRpcDocument,
  OpenRpcMethod,
} from './document.js';
