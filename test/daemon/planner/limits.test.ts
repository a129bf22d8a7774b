import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { openPlanner } from '../../../src/daemon/planner/planner.ts';
import { changed, ENTRY, fileOf, fresh, planningProcesses, RULES, withPlanner } from './world.ts';

/** A program that plans, run by a process of its own. */
const PRELUDE = `
import { openPlanner } from '${new URL('planner.js', ENTRY)}';
import { compileMapping } from '${new URL('../../core/rewrite/mapping.js', ENTRY)}';
import { sha256 } from '${new URL('../../connectors/file/source.js', ENTRY)}';
const { mapping } = compileMapping({ pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }], shared: [] });
const rules = { relationship: 'pair', mapping, rewrite: 'swap', preserve: [], conflict: 'hold', mode: 'auto',
  unmapped: {}, guard: undefined, digest: sha256 };
const planner = openPlanner();
const job = (format, bytes) => {
  const entry = format === 'yaml' ? '- a: nas1\\n' : '/x nas1(rw)\\n';
  const primary = new TextEncoder().encode(entry.repeat(bytes / entry.length));
  return { input: { path: 'f', primary, local: undefined, deletedBefore: 0 }, rules: { ...rules, format } };
};`;

/** Hundredths of a second that a process has worked. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** One that is dead and whose end nobody has asked for yet does not count. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
}

const exports = { input: fresh('exports', '/x nas1(rw)\n'), rules: RULES };
const large = { input: fresh('large.yaml', fileOf('yaml', 3 * 1024 * 1024)), rules: RULES };

describe('a file that takes too much is held, and nobody else', () => {
  it('too much time: at once what waits behind it is planned, and the file says why', async () => {
    await withPlanner({ limits: { slowMs: () => 300 } }, async planner => {
      const [hostile, behind, other] = await Promise.all([
        planner.plan(large),
        planner.plan({ ...large, input: fresh('large.exports', '/x nas1(rw)\n') }),
        planner.plan(exports),
      ]);
      expect(hostile).toMatchObject({
        action: 'keep',
        primary: expect.stringMatching(/^[0-9a-f]{64}$/),
        held: [
          { failure: 'too-costly', message: expect.stringContaining('0.3 s'), at: { file: 'large.yaml' } },
        ],
      });
      expect([behind.text, other.text]).toEqual(['/x nas2(rw)\n', '/x nas2(rw)\n']);
    });
  });

  it('a large file does not take too much time while the machine gives it none', async () => {
    await withPlanner({ limits: { slowMs: () => 20_000 } }, async planner => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const plan = planner.plan({ ...large, input: fresh('large.exports', fileOf('lines', 3_000_000)) });
        while (planningProcesses().length === 0) await new Promise(done => setImmediate(done));
        const [pid] = planningProcesses();
        process.kill(pid!, 'SIGSTOP');
        // More than its time by the clock, of which it has had next to nothing.
        await vi.advanceTimersByTimeAsync(30_000);
        process.kill(pid!, 'SIGCONT');
        expect((await plan).action).toBe('create');
        expect(planningProcesses()).toContain(pid);
      } finally {
        vi.useRealTimers();
      }
    });
  });

  it('too much memory', async () => {
    await withPlanner({ limits: { slowHeapMb: 24 } }, async planner => {
      const [hostile, behind] = await Promise.all([
        planner.plan(large),
        planner.plan({ ...large, input: { ...large.input, path: 'again.yaml' } }),
      ]);
      expect(hostile.held).toMatchObject([
        { failure: 'too-costly', message: expect.stringContaining('24 MB of memory') },
      ]);
      expect(behind.held).toMatchObject([{ failure: 'too-costly', at: { file: 'again.yaml' } }]);
      expect((await planner.plan(exports)).text).toBe('/x nas2(rw)\n');
    });
  });

  it('a small file that takes long is planned apart from the others, now and later', async () => {
    const slow = { input: fresh('slow.yaml', fileOf('yaml', 100_000)), rules: RULES };
    await withPlanner({ limits: { quickMs: 50 } }, async planner => {
      await planner.plan(exports);
      const first = await planner.plan(slow);
      expect([first.action, first.held]).toEqual(['create', []]);
      const before = planningProcesses();
      expect((await planner.plan(slow)).action).toBe('create');
      expect(planningProcesses()).toEqual(before);
    });
  });

  it('while a large file is planned, small ones are', async () => {
    await withPlanner({}, async planner => {
      const order: string[] = [];
      const note = (name: string) => () => order.push(name);
      const slow = planner.plan(large).then(note('large'));
      await planner.plan(exports).then(note('small'));
      await planner.close();
      await slow;
      expect(order).toEqual(['small', 'large']);
    });
  });
});

describe('the processes', () => {
  it('whose death was not the file’s doing is replaced, and the file is planned', async () => {
    await withPlanner({}, async planner => {
      const plan = planner.plan({ ...large, input: fresh('large.exports', fileOf('lines', 3_000_000)) });
      await vi.waitFor(() => expect(planningProcesses()).toHaveLength(1), 20_000);
      const [first] = planningProcesses();
      process.kill(first!, 'SIGKILL');
      expect((await plan).action).toBe('create');
      expect(planningProcesses()).not.toContain(first);
    });
  });

  it('are started when they are needed, and ended by close', async () => {
    const planner = openPlanner({});
    expect((await planner.plan(exports)).text).toBe('/x nas2(rw)\n');
    expect(planningProcesses()).toEqual([]);
    await planner.plan({ input: fresh('a.yaml', fileOf('yaml', 50_000)), rules: RULES });
    expect(planningProcesses()).toHaveLength(1);
    const pending = planner.plan(large);
    await planner.close();
    expect((await pending).held).toMatchObject([{ failure: 'internal' }]);
    expect((await planner.plan(exports)).held).toMatchObject([{ failure: 'internal' }]);
    expect(planningProcesses()).toEqual([]);
  });

  it('that fail by themselves hold the file, and do not blame it', async () => {
    const entry = new URL('file:///nowhere/child.js');
    await withPlanner({ entry }, async planner => {
      expect((await planner.plan(exports)).held).toMatchObject([
        { failure: 'internal', at: { file: 'exports' } },
      ]);
    });
  });

  it('keep nobody alive who has nothing to plan', async () => {
    const program = `${PRELUDE} const plan = await planner.plan(job('lines', 100_000)); console.log(plan.action);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 60_000,
    });
    expect(stdout).toBe('create\n');
  });

  it('end with the daemon, by whatever it ends, and in the midst of a file', async () => {
    const program = `${PRELUDE} planner.plan(job('yaml', 3_000_000)); setInterval(() => {}, 1e6);`;
    const daemon = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    const isBusy = (pid: number) => cpuOf(pid) > 100;
    await vi.waitFor(() => expect(planningProcesses(daemon.pid).filter(isBusy)).toHaveLength(1), 20_000);
    const [child] = planningProcesses(daemon.pid);
    daemon.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(child!)).toBe(false), 20_000);
  });
});

describe('what is told of a plan', () => {
  it('is bounded, with the true numbers, wherever it was made', async () => {
    const [before, after] = [fileOf('lines', 200_000), fileOf('lines', 200_000).replaceAll('(rw)', '(ro)')];
    const input = changed('exports', [before, after], RULES);
    for (const inlineMs of [-1, 1e9]) {
      const plan = await withPlanner({ limits: { inlineMs } }, planner =>
        planner.plan({ input, rules: RULES }),
      );
      expect(plan.counts.swaps).toBeGreaterThan(10_000);
      expect(plan.counts.patch).toBeGreaterThan(1000);
      expect([plan.swaps.length, plan.patch.length]).toEqual([1000, 1000]);
      expect(plan).not.toHaveProperty('was');
      expect(plan.text).toBe(after.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1', '10.0.1.9'));
    }
  });
});
