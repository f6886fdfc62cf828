import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ErrorCode, METHODS } from '@rm/signaling-protocol';
import { openRpcDocument } from '@rm/signaling-protocol/openrpc';
import type {
  ContentDescriptor,
  DirectedParams,
  ExampleValue,
} from '@rm/signaling-protocol/openrpc';
import * as z from 'zod';
import { describeMethods } from '../src/openrpc/document.js';
import type { MethodSchemas } from '../src/openrpc/document.js';
import { protocolSections, withSections } from '../src/openrpc/markdown.js';
import { METHOD_DOCS } from '../src/openrpc/method-docs.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const document = openRpcDocument();
const methods: Readonly<Record<string, MethodSchemas>> = METHODS;
const OUTDATED = 'is out of date: run `npm run generate` in packages/signaling-protocol';

test('openrpc.json is what the code says', () => {
  const checkedIn: unknown = JSON.parse(read('../openrpc.json'));
  const same = JSON.stringify(checkedIn) === JSON.stringify(document);
  expect(same ? 'up to date' : `openrpc.json ${OUTDATED}`).toBe('up to date');
});

test('docs/protocol.md has the tables and the flow that the code says', () => {
  const page = read('../../../docs/protocol.md');
  const same = withSections(page, protocolSections()) === page;
  expect(same ? 'up to date' : `docs/protocol.md ${OUTDATED}`).toBe('up to date');
});

test('a page without the markers of a section is refused', () => {
  expect(withSections('# Page\n', { methods: 'x' })).toBeUndefined();
  const page = '<!-- a:begin -->\nold\n<!-- a:end -->';
  expect(withSections(page, { a: 'new' })).toBe('<!-- a:begin -->\n\nnew\n\n<!-- a:end -->');
});

test('the document has the shape of OpenRPC 1.4: versions, unique methods, resolvable references', () => {
  expect(document.openrpc).toMatch(/^1\.4\.\d+$/);
  expect(document.info).toMatchObject({ title: 'rm.signaling.v1', version: '1.0.0' });
  expect(document.methods.map(({ name }) => name)).toEqual(Object.keys(METHODS));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(0);
  for (const [, pointer = ''] of references) {
    const target = pointer
      .split('/')
      .reduce<unknown>(
        (node, key) => (node as Record<string, unknown> | undefined)?.[key],
        document,
      );
    expect([pointer, target]).toEqual([pointer, expect.anything()]);
  }
  expect(document.components.errors).toEqual(
    Object.fromEntries(
      Object.entries(ErrorCode).map(([name, code]) => [
        name,
        { code, message: expect.stringMatching(/^.+; .+$/) },
      ]),
    ),
  );
});

const object = (values: readonly ExampleValue[]): Record<string, unknown> =>
  Object.fromEntries(values.map(({ name, value }) => [name, value]));

/** The published JSON Schema, not the one it was made from. */
const accepts = ({ schema }: ContentDescriptor, value: unknown): boolean =>
  z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(value).success;

const directions = document.methods.flatMap((method) => {
  const main = method['x-direction'] === 'to-client' ? 'toClient' : 'toHub';
  const second = method['x-to-client'];
  return [
    [method.name, main, method as DirectedParams] as const,
    ...(second === undefined ? [] : [[method.name, 'toClient', second] as const]),
  ];
});

test.each(directions)(
  'the example of %s (%s) is valid by the published schemas',
  (name, side, directed) => {
    const [example] = directed.examples;
    const params = object(example?.params ?? []);
    for (const param of directed.params) {
      const given = Object.hasOwn(params, param.name);
      const valid = given ? accepts(param, params[param.name]) : !param.required;
      expect([param.name, valid]).toEqual([param.name, true]);
    }
    expect(methods[name]?.[side]?.safeParse(params)).toMatchObject({ success: true, data: params });
  },
);

test.each(document.methods.map((method) => [method.name, method] as const))(
  '%s has a result just if it is a request, and the example of it is valid',
  (name, { result, examples: [example] }) => {
    expect(result === undefined).toBe(methods[name]?.result === undefined);
    expect(example?.result === undefined).toBe(result === undefined);
    const value = example?.result?.value;
    expect(result === undefined || accepts(result, value)).toBe(true);
    expect(methods[name]?.result?.safeParse(value).success ?? true).toBe(true);
  },
);

test('the published schemas refuse what the server refuses', () => {
  const [announce] = document.methods;
  const [peerId] = announce?.params ?? [];
  expect(peerId?.name).toBe('peer_id');
  for (const bad of ['', 'a b', 'a'.repeat(129), 7, null]) {
    expect([bad, peerId !== undefined && accepts(peerId, bad)]).toEqual([bad, false]);
  }
});

const ping = { toHub: z.object({ at: z.int() }), result: z.object({ at: z.int() }) };
const pingDoc = { summary: 'Pings.', errors: [], toHub: { at: 1 }, result: { at: 2 } };

test('a new method is taken up from its schemas', () => {
  const [method] = describeMethods({ 'peer.ping': ping }, { 'peer.ping': pingDoc });
  expect(method).toMatchObject({
    name: 'peer.ping',
    params: [{ name: 'at', required: true, schema: { type: 'integer' } }],
    result: { name: 'result', required: true, schema: { required: ['at'] } },
    'x-direction': 'to-server',
    examples: [{ params: [{ name: 'at', value: 1 }], result: { value: { at: 2 } } }],
  });
});

test.each([
  ['documentation', {}, /^peer\.ping has no documentation: .* npm run generate$/],
  [
    'an example',
    { 'peer.ping': { ...pingDoc, result: undefined } },
    /^peer\.ping has no example of result/,
  ],
  [
    'a schema for an example',
    { 'peer.ping': { ...pingDoc, toClient: {} } },
    /^peer\.ping has an example of toClient/,
  ],
  [
    'a method for documentation',
    { 'peer.ping': pingDoc, ...METHOD_DOCS },
    /^peer\.announce is documented but/,
  ],
])('a method without %s is named', (_, docs, message) => {
  expect(() => describeMethods({ 'peer.ping': ping }, docs as typeof METHOD_DOCS)).toThrow(
    expect.objectContaining({
      code: 'METHOD_DOC_MISMATCH',
      message: expect.stringMatching(message),
    }),
  );
});

test('parameters that are no object are refused, as they could not go by name', () => {
  const methodsOf = { 'peer.ping': { toHub: z.array(z.int()) } };
  const docs = { 'peer.ping': { summary: 'Pings.', errors: [], toHub: {} } };
  expect(() => describeMethods(methodsOf, docs)).toThrow(/^peer\.ping takes no object as toHub/);
});
