export { dialectFor, SUB_PROTOCOLS } from './select.js';
export type { Dialect, DialectDrop, DialectOptions, DialectOutput, HostInfo } from './dialect.js';
