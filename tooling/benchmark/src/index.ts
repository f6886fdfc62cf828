export { figure } from './figure.js';
export type { Figure, Goal } from './figure.js';
export { median } from './median.js';
export { runBenchmark } from './run-benchmark.js';
export type { Part } from './run-benchmark.js';
export { figuresTable, table } from './table.js';
