import { NodeTypes } from '../graph/node-types.js';
import { builtInNodes } from '../nodes/built-in-nodes.js';
import { checkGraph, findUnused } from './check-graph.js';
import { checkShape } from './check-shape.js';
import { readDocument } from './document.js';
import type { Finding, ManifestProblem, Place } from './problem.js';
import type { Manifest } from './schema.js';

/** A manifest that runs with the given node types, or all that is wrong with it. */
export type ParsedManifest =
  | {
      readonly ok: true;
      readonly value: Manifest;
      /** What the manifest says to no effect. */
      readonly warnings: readonly ManifestProblem[];
    }
  | {
      readonly ok: false;
      /** All problems, one a line. */
      readonly reason: string;
      readonly problems: readonly ManifestProblem[];
    };

/** How a manifest is read. */
export interface ParseManifestOptions {
  /** The node types it may name, whose schemas their params must match; default the built-in ones. */
  readonly nodeTypes?: NodeTypes;
  /** Named in front of line and column; default `manifest`. */
  readonly fileName?: string;
}

/**
 * Reads a RemoteMedia v1 manifest from YAML or JSON and checks everything that can be checked before it runs.
 * Never throws; texts over 256 Ki characters, 32 levels or 20,000 values are refused.
 */
export function parseManifest(text: string, options: ParseManifestOptions = {}): ParsedManifest {
  const fileName = options.fileName ?? 'manifest';
  const at = (place: Place, what: string): ManifestProblem => ({
    message: `${fileName}:${place.line}:${place.column}: ${what}`,
    line: place.line,
    column: place.column,
  });
  const source = readDocument(text);
  if (!source.ok) return failed(source.problems.map((problem) => at(problem, problem.text)));
  const { document } = source;
  const placed = (finding: Finding): ManifestProblem => at(document.locate(finding), finding.text);
  const shape = checkShape(document.value);
  if (!shape.ok) return failed(shape.findings.map(placed));
  const findings = checkGraph(shape.manifest, options.nodeTypes ?? new NodeTypes(builtInNodes));
  if (findings.length > 0) return failed(findings.map(placed));
  return { ok: true, value: shape.manifest, warnings: findUnused(shape.manifest).map(placed) };
}

/** The problems of a manifest that was built in code; empty when it runs with these node types. */
export function checkManifest(
  manifest: Manifest,
  nodeTypes: NodeTypes,
): readonly ManifestProblem[] {
  const shape = checkShape(manifest);
  const findings = shape.ok ? checkGraph(shape.manifest, nodeTypes) : shape.findings;
  return findings.map(({ text }) => ({ message: text, line: undefined, column: undefined }));
}

function failed(problems: readonly ManifestProblem[]): ParsedManifest {
  return { ok: false, reason: problems.map(({ message }) => message).join('\n'), problems };
}
