/** What a node reports of what it hears from another; see the mesh node's `--json`. Fields not measured are absent. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly connectMs?: number;
  readonly rttMs?: number;
  readonly packets: number;
  readonly lost: number;
  readonly concealedRatio?: number;
  readonly jitterBufferMs?: { readonly mean: number; readonly target: number };
  readonly mouthToEarMs?: { readonly p50: number; readonly p95: number; readonly bound: number };
  readonly levelDbfs?: number;
  readonly messages: number;
  readonly wav?: string;
}

/** One JSON line of a mesh node. */
export type NodeLine =
  | { readonly type: 'joined'; readonly node: string }
  | { readonly type: 'stats' | 'summary'; readonly node: string; readonly links: readonly Link[] };

/** The demo's own summary. */
export interface Summary {
  /** Every link carried audio. */
  readonly ok: boolean;
  /** Length of the measurement. */
  readonly seconds: number;
  readonly nodes: readonly string[];
  readonly links: readonly Link[];
}

/** Whether audio of the peer was heard. */
export const carriedAudio = (link: Link): boolean =>
  link.connectMs !== undefined && link.packets > 0;
