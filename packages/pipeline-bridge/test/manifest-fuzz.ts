import { parseManifest } from '@rm/pipeline-bridge';
import type { ManifestProblem } from '@rm/pipeline-bridge';
import { mutated, numbers } from './support/mutation.js';

const SEEDS: readonly string[] = [
  `version: "v1"
metadata: { name: studio, created_at: "2025-01-01", auto_negotiate: true }
nodes:
  - id: in
    node_type: PassThrough
    execution: { placement: remote }
  - id: loud
    node_type: Gain
    params: { gain_db: 6 }
    is_output_node: true
connections:
  - { from: in, to: loud }
`,
  '{"version":"v1","metadata":{"name":"a\\u00e9"},\n"nodes":[{"id":"a","node_type":"Gain","params":{"gain":1e0}},\n\t{"id":"b","node_type":"Level"}],"connections":[{"from":"a","to":"b"}]}',
  `# shared
version: v1
metadata:
  name: |-
    two
    lines
nodes:
  - &n { id: a, node_type: Gain, params: &p { gain_db: -6 } }
  - { id: b, node_type: Gain, params: *p }
connections: []
`,
];

const NASTY = [
  ...Array.from('{}[]:,-&*!|>\'"#?@%`~<.\\\n\n\r\t 0a1eé_\u2028\ufeff\ud800😀'),
  '\n  - ',
  ': ',
  '*n',
  '*p',
  '&p ',
  '__proto__',
];

/**
 * Mutates manifests `count` times. Each is taken or refused, with what is said of it at a place in its text. Returns
 * how many were refused; the seed is told when something is wrong.
 */
export function fuzzManifests(count: number, seed: number): number {
  const random = numbers(seed);
  const corpus = SEEDS.map((text) => Array.from(text));
  let refused = 0;
  for (let n = 0; n < count; n++) {
    const text = mutated(corpus[random(corpus.length)]!, random, NASTY).join('');
    try {
      if (!isTaken(text)) refused++;
    } catch (error) {
      throw new Error(`manifest ${n} of seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  return refused;
}

function isTaken(text: string): boolean {
  const result = parseManifest(text, { fileName: 'm' });
  const said = result.ok ? result.warnings : result.problems;
  if (!result.ok && said.length === 0) throw new Error('refused without a reason');
  const lines = text.split('\n');
  for (const problem of said) expectPlace(problem, lines);
  return result.ok;
}

function expectPlace({ message, line, column }: ManifestProblem, lines: readonly string[]): void {
  const text = lines[(line ?? 0) - 1];
  if (text === undefined) throw new Error(`line ${line} of ${lines.length}: ${message}`);
  if (column === undefined || column < 1 || column > text.length + 1) {
    throw new Error(`column ${column} of ${text.length} in line ${line}: ${message}`);
  }
  if (!message.startsWith(`m:${line}:${column}: `)) throw new Error(`not at its place: ${message}`);
}
