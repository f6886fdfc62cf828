import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command of a clone that is built. */
export const RTPPLAY: string = fileURLToPath(new URL('../../bin/rm-rtpplay.mjs', import.meta.url));

/** What a program left behind. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Node program that runs, and what it has said so far. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  readonly #readers = new Set<() => void>();

  constructor(program: string, args: readonly string[], flags: readonly string[] = [], env = {}) {
    this.child = spawn(process.execPath, [...flags, program, ...args], {
      env: { ...process.env, ...env },
    });
    this.child.stdout!.on('data', (text) => {
      this.#stdout += String(text);
      for (const reader of this.#readers) reader();
    });
    this.child.stderr!.on('data', (text) => (this.#stderr += String(text)));
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status) => {
        resolve({ status, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Waits until it prints what matches, and gives the match. Rejects when it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#stdout);
        if (match === null) return;
        this.#readers.delete(look);
        resolve(match);
      };
      this.#readers.add(look);
      void this.ended.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)));
      look();
    });
  }
}
