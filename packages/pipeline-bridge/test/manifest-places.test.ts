import { expect, test } from '@jest/globals';
import { parseManifest } from '@rm/pipeline-bridge';
import { fuzzManifests } from './manifest-fuzz.js';
import { fuzzSeed } from './support/mutation.js';

test('what is wrong behind a quote that is never closed is told at the line where it is', () => {
  const text = 'version: v1\nmetadata: { name: """ }\nnodes:\n  - { id: a, node_type: X }\n';
  const result = parseManifest(text, { fileName: 'm' });
  if (result.ok) throw new Error('taken');
  const lines = text.split('\n');
  for (const { line, column } of result.problems)
    expect(column).toBeLessThanOrEqual(lines[line! - 1]!.length + 1);
});

const seed = fuzzSeed();

test(`broken manifests are refused at a place in them (FUZZ_SEED=${seed})`, () => {
  expect(fuzzManifests(300, seed)).toBeGreaterThan(100);
});
