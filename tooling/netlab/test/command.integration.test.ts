import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Lab, LabCommandError } from '../src/index.js';
import { describeInLab } from './support/describe-in-lab.js';
import { inLab, netlab, output } from './support/probe.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Runs until a condition holds; gives whether it came to hold within five seconds. */
async function comesTrue(holds: () => boolean): Promise<boolean> {
  const until = performance.now() + 5000;
  while (!holds() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return holds();
}

const runs = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** The network namespace of a process; undefined when it is gone. */
function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Whether any process is in this network namespace. */
const inhabited = (namespace: string | undefined): boolean =>
  readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && namespaceOf(pid) === namespace);

/** A laboratory whose command prints its own process id and that of a program on host 1, and then waits. */
async function waiting(): Promise<{ readonly lab: ReturnType<typeof netlab>; pids: number[] }> {
  const lab = netlab(['--', `echo $$; on 1 bash -c 'echo $$; exec sleep 60' & wait`]);
  const pids: number[] = [];
  const lines = createInterface({ input: lab.stdout! });
  lines.on('line', (line) => pids.push(Number(line)));
  expect(await comesTrue(() => pids.length === 2)).toBe(true);
  return { lab, pids };
}

test('a profile that there is not is told before anything is made', async () => {
  await expect(Lab.start({ profile: 'wfi' as 'wifi' })).rejects.toThrow(
    'profile wfi: no such name or file (No such file or directory): give one of clean, lan, wan',
  );
  const { status, err } = await output(netlab(['--profile', '{"dely_ms": 3}', '--', 'true']));
  expect({ status, err }).toEqual({
    status: 2,
    err: 'netlab: a profile has no dely_ms: give some of delay_ms, jitter, loss, rate_kbps, queue_ms, reorder, down\n',
  });
});

describeInLab('a laboratory', () => {
  test('the commands of the README run', async () => {
    const commands = /```sh\n([\s\S]*?)```/.exec(README)![1]!.trim().split('\n');
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const done = await output(spawn('bash', ['-c', command], { cwd: ROOT }));
      expect(done).toMatchObject({ status: 0, err: expect.stringContaining('netlab: seed') });
      expect(JSON.parse(done.out.trim().split('\n').at(-1)!)).toHaveProperty('netlab.links');
      expect(done.err).not.toContain('no command');
    }
  });

  test('a command that the network does not know is told, and the rest goes on', async () => {
    const { status, err } = await output(
      netlab(['--', 'tell slow 1-2; tell counters; sleep 0.3; exit 5']),
    );
    expect(status).toBe(5);
    expect(err).toContain('`slow 1-2` is no command: give one of');
    expect(err).toContain('"late": 0');
  });

  test('the status is that of the command, and the seed is told', async () => {
    const { status, out, err } = await output(netlab(['--seed', '42', '--', 'exit 7']));
    expect(status).toBe(7);
    expect(err).toContain('netlab: seed 42');
    expect(out.trim()).toBe('{"netlab": {"links": {}, "late": 0, "latest_ms": 0.0}}');
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'after %s neither hosts nor programs are left',
    async (signal) => {
      const { lab, pids } = await waiting();
      const host = namespaceOf(pids[1]!);
      expect(host).not.toBe(namespaceOf('self'));
      lab.kill(signal);
      await once(lab, 'exit');
      expect(await comesTrue(() => !pids.some(runs))).toBe(true);
      expect(await comesTrue(() => !inhabited(host))).toBe(true);
    },
  );

  test('a laboratory ends with whoever started it', async () => {
    const script = `
    const { spawn } = require('node:child_process');
    const lab = spawn('python3', ['tooling/netlab/lab', '--', 'echo $$; sleep 60'], { stdio: ['ignore', 'inherit', 'ignore'] });
    console.log(lab.pid);`;
    const parent = spawn(process.execPath, ['-e', script], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids: number[] = [];
    createInterface({ input: parent.stdout }).on('line', (line) => pids.push(Number(line)));
    expect(await comesTrue(() => pids.length === 2)).toBe(true);
    parent.kill('SIGKILL');
    expect(await comesTrue(() => !pids.some(runs))).toBe(true);
  });

  test('what runs on a host ends with the laboratory', async () => {
    const lab = await Lab.start();
    // One that does not listen to SIGTERM.
    const child = lab.spawn(1, 'bash', ['-c', 'trap "" TERM; echo; while :; do sleep 0.1; done'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout!, 'data');
    await lab.close();
    await lab.close();
    expect(runs(child.pid!)).toBe(false);
  });

  test('mistakes are told with what to do', async () => {
    await inLab({}, async (lab) => {
      await expect(lab.cut('1>9')).rejects.toThrow('no link 1>9: give two of 2 hosts');
      await expect(lab.lose('1>2', 3)).rejects.toThrow('SHARE is 3: give a number from 0 to 1');
      await expect(lab.use('1>2', { delay_ms: -1 })).rejects.toThrow('give a number from 0');
      expect(() => lab.spawn(3, 'true', [])).toThrow('no host 3: give 1 to 2');
      expect((await lab.counters()).links).toEqual({});
      await lab.close();
      await expect(lab.cut('1>2')).rejects.toThrow(LabCommandError);
    });
  });

  test('what is missing is told in a line, with status 3', async () => {
    const without = mkdtempSync(join(tmpdir(), 'netlab-'));
    const python = await output(spawn('python3', ['-c', 'import sys; print(sys.executable)']));
    symlinkSync(python.out.trim(), join(without, 'python3'));
    const env = { ...process.env, PATH: without };
    const lab = spawn('python3', ['tooling/netlab/lab', '--', 'true'], { cwd: ROOT, env });
    expect(await output(lab)).toEqual({
      status: 3,
      out: '',
      err: 'netlab: there is no `ip` command: install iproute2\n',
    });
  });
});
