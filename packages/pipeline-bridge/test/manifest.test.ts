import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseManifest, PipelineRunner } from '@rm/pipeline-bridge';
import { graph } from './builders.js';

const yaml = `version: "v1"
metadata:
  name: studio
nodes:
  - id: in
    node_type: PassThrough
  - id: loud
    node_type: Gain
    params: { gain_db: 6 }
    is_output_node: true
connections:
  - { from: in, to: loud }
`;

function problems(source: string): readonly string[] {
  const result = parseManifest(source, { fileName: 'm.yaml' });
  if (result.ok) throw new Error('parsed');
  expect(result.reason).toBe(result.problems.map(({ message }) => message).join('\n'));
  for (const { line, column, message } of result.problems) {
    expect(message.startsWith(`m.yaml:${line}:${column}: `)).toBe(true);
  }
  return result.problems.map(({ message }) => message);
}

function exactly(message: string): RegExp {
  return new RegExp(`^${message.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

test('YAML and JSON say the same', () => {
  const fromYaml = parseManifest(yaml);
  if (!fromYaml.ok) throw new Error(fromYaml.reason);
  expect(fromYaml.value.nodes[1]).toEqual({
    id: 'loud',
    node_type: 'Gain',
    params: { gain_db: 6 },
    is_output_node: true,
  });
  for (const indent of [undefined, 2, '\t']) {
    expect(parseManifest(JSON.stringify(fromYaml.value, null, indent))).toEqual(fromYaml);
  }
});

test('strings of JSON keep their escapes', () => {
  const manifest = { ...graph(['a']), metadata: { name: '"😀\\/\n\u0000' } };
  const source = JSON.stringify(manifest).replace('😀', '\\ud83d\\ude00');
  expect(parseManifest(source)).toEqual({ ok: true, value: manifest, warnings: [] });
});

test('what RemoteMedia writes besides is accepted, and said to have no effect here', () => {
  const result = parseManifest(
    `version: v1
metadata: { name: x, description: d, created_at: "2025-01-01", auto_negotiate: true }
python_env: { python_version: "3.11", scope: shared, extra_deps: [numpy] }
nodes:
  - id: a
    node_type: PassThrough
    params:
    is_streaming: true
    is_output_node: false
    capabilities: { gpu: { type: cuda, min_memory_gb: 4, required: false }, cpu: { cores: 2 } }
    media_capabilities: {}
    host: box
    runtime_hint: rust
    execution: { placement: remote }
    docker: { image: x }
    fast_path: true
    python_deps: [torch]
connections: []
`,
    { fileName: 'm' },
  );
  if (!result.ok) throw new Error(result.reason);
  expect(result.warnings.map(({ message }) => message.split(/ has no effect| means/)[0])).toEqual([
    'm:3:1: python_env',
    'm:2:64: metadata.auto_negotiate',
    ...[
      'm:10:5: capabilities',
      'm:11:5: media_capabilities',
      'm:12:5: host',
      'm:13:5: runtime_hint',
      'm:15:5: docker',
      'm:16:5: fast_path',
      'm:17:5: python_deps',
    ].map((start) => `${start} of node "a"`),
    'm:14:29: placement "remote" of node "a"',
  ]);
});

describe('a problem is shown at its place, with what would be right', () => {
  const cases: readonly [string, string | RegExp, string, readonly (string | RegExp)[]][] = [
    [
      'an unknown root key',
      '"v1"',
      '"v1"\nedges: []',
      [
        'm.yaml:2:1: unknown key "edges" in the manifest; it may have version, metadata, nodes, connections, python_env',
      ],
    ],
    [
      'an unknown node key',
      'node_type: Gain',
      'nodeType: Gain',
      [
        'm.yaml:7:5: nodes[1].node_type is missing; it must be a string',
        /^m\.yaml:8:5: unknown key "nodeType" in nodes\[1\]; it may have id, node_type, params, /,
      ],
    ],
    [
      'an unknown key of a connection',
      'to: loud',
      'source: loud',
      [
        'm.yaml:12:5: connections[0].to is missing; it must be a string',
        'm.yaml:12:17: unknown key "source" in connections[0]; it may have from, to',
      ],
    ],
    ['another version', '"v1"', '"1.0"', ['m.yaml:1:10: version must be "v1", not "1.0"']],
    [
      'a missing version',
      'version: "v1"\n',
      '',
      ['m.yaml:1:1: version is missing; it must be "v1"'],
    ],
    ['a number as id', 'id: in', 'id: 1', ['m.yaml:5:9: nodes[0].id must be a string, not 1']],
    [
      'nodes that are no list',
      /nodes:\n[^]*connections/,
      'nodes: {}\nconnections',
      ['m.yaml:4:8: nodes must be a list, not a map'],
    ],
    [
      'a node id given twice',
      'id: loud',
      'id: in',
      [
        'm.yaml:7:9: nodes[1] has the id "in" of nodes[0]; give each node its own',
        'm.yaml:12:21: connections[0].to names "loud", which is no node; nodes are in',
      ],
    ],
    [
      'a connection from no node',
      'from: in',
      'from: mic',
      ['m.yaml:12:13: connections[0].from names "mic", which is no node; nodes are in, loud'],
    ],
    [
      'a connection given twice',
      '{ from: in, to: loud }',
      '{ from: in, to: loud }\n  - { from: in, to: loud }',
      ['m.yaml:13:5: in → loud is connected twice; remove connections[1]'],
    ],
    [
      'a cycle',
      '{ from: in, to: loud }',
      '{ from: in, to: loud }\n  - { from: loud, to: in }',
      [
        /^m\.yaml:1[23]:5: the connections form a cycle: (in → loud → in|loud → in → loud); remove one/,
      ],
    ],
    [
      'a node connected to itself',
      'from: in, to: loud',
      'from: in, to: in',
      [/^m\.yaml:12:5: the connections form a cycle: in → in; /],
    ],
    [
      'an unknown node type',
      'node_type: Gain',
      'node_type: Gian',
      [
        /^m\.yaml:8:16: node "loud" has the unknown type "Gian"; known types are PassThrough, Gain, GainNode, .*VideoScale$/,
      ],
    ],
    [
      'an unknown param',
      'gain_db: 6',
      'gain_DB: 6',
      ['m.yaml:9:15: unknown key "gain_DB" in params of node "loud"; it may have gain_db, gain'],
    ],
    [
      'a param of another type',
      'gain_db: 6',
      'gain_db: six',
      ['m.yaml:9:24: params.gain_db of node "loud" must be a number, not "six"'],
    ],
    [
      'a param out of range',
      'gain_db: 6',
      'gain_db: 60',
      [/^m\.yaml:9:24: params\.gain_db of node "loud": .*40/],
    ],
    [
      'params that exclude each other',
      'gain_db: 6',
      'gain_db: 6, gain: 2',
      ['m.yaml:9:13: params of node "loud": gain_db and gain are both given; keep one'],
    ],
    [
      'a missing param',
      'node_type: Gain\n    params: { gain_db: 6 }',
      'node_type: Record',
      ['m.yaml:7:5: params.path of node "loud" is missing; it must be a string'],
    ],
    [
      'a key given twice',
      'name: studio',
      'name: studio\n  name: other',
      ['m.yaml:4:3: the key "name" is given twice; keep one of them'],
    ],
    ['broken YAML', 'name: studio', 'name: [studio', [/^m\.yaml:\d+:\d+: not YAML or JSON: /]],
    [
      'a tag',
      'name: studio',
      'name: !!js/function studio',
      [/^m\.yaml:3:9: not YAML or JSON: .*tag/i],
    ],
    ['two documents', 'version', '---\na: 1\n---\nversion', [/not YAML or JSON: .*multiple/]],
    [
      'the key __proto__',
      'gain_db: 6',
      '__proto__: 6',
      ['m.yaml:9:15: the key "__proto__" is not allowed; choose another name'],
    ],
    [
      'a key that is no string',
      'gain_db: 6',
      '6: 6',
      ['m.yaml:9:15: keys must be strings; put this one in quotes'],
    ],
    ['an alias without anchor', 'gain_db: 6', 'gain_db: *six', [/six/]],
  ];
  test.each(cases)('%s', (_, from, to, expected) => {
    expect(yaml.replace(from, '')).not.toBe(yaml);
    const found = problems(yaml.replace(from, to));
    const patterns = expected.map((message) =>
      typeof message === 'string' ? exactly(message) : message,
    );
    expect(found).toEqual(patterns.map((pattern): unknown => expect.stringMatching(pattern)));
  });
});

test('a cycle is named by its path, without what merely hangs on it', () => {
  const chains = ['out → far', 'in → a → b → c → a', 'c → out'];
  expect(problems(JSON.stringify(graph(chains)))).toEqual([
    expect.stringMatching(/cycle: (a → b → c → a|b → c → a → b|c → a → b → c);/),
  ]);
});

test('anchors and aliases can be used, a flood of them is refused at once', () => {
  const shared = yaml.replace(
    /nodes:\n[^]*connections/,
    'nodes:\n  - { id: in, node_type: Gain, params: &p { gain_db: 6 } }\n  - { id: loud, node_type: Gain, params: *p }\nconnections',
  );
  const result = parseManifest(shared);
  expect(result.ok && result.value.nodes[1]?.params).toEqual({ gain_db: 6 });

  const levels = Array.from({ length: 30 }, (_, i) => `l${i}: &l${i} [*l${i - 1}, *l${i - 1}]`);
  const bomb = `a: &l-1 x\n${levels.join('\n')}\n`.replaceAll('l-1', 'lx').replace('*l-1', '*lx');
  expect(problems(bomb)).toEqual([expect.stringContaining('more than 20000 values')]);
  expect(problems('a: &x [*x, *x]')[0]).toContain('nested more than 32 deep');
});

test.each([
  ['nested lists', '['.repeat(200_000)],
  ['nested dashes', '- '.repeat(100_000)],
  [
    'many keys',
    Array.from({ length: 40_000 }, (_, i) => `k${i}: 1`)
      .join('\n')
      .slice(0, 262_144),
  ],
  ['nothing', ''],
])('a hostile text is refused with a reason: %s', (_, source) => {
  expect(problems(source).length).toBeGreaterThan(0);
});

test('a text that is too long is not even looked at', () => {
  expect(problems(`${yaml}#${' '.repeat(262_144)}`)).toEqual([
    'm.yaml:1:1: the manifest is 262354 characters long; at most 262144 are read',
  ]);
});

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(
      fc.nat(yaml.length),
      fc.nat(12),
      fc.string({
        unit: fc.constantFrom(...Array.from('{}[]:,-&*!|>\'"#?@\n\t a1é~<')),
        maxLength: 8,
      }),
      (at, length, piece) => {
        const source = yaml.slice(0, at) + piece + yaml.slice(at + length);
        const result = parseManifest(source);
        expect(result.ok || result.problems.length > 0).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('a manifest made in code is checked in the same words', async () => {
  const runner = new PipelineRunner();
  await expect(runner.createSession(graph(['a → b → a']))).rejects.toMatchObject({
    name: 'ManifestError',
    code: 'INVALID_MANIFEST',
    problems: [
      { message: expect.stringMatching(/^the connections form a cycle/), line: undefined },
    ],
  });
});
