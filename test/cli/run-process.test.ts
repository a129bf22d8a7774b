import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const start = fileURLToPath(new URL('../../scripts/start.js', import.meta.url));

/** Runs the real process. `listens` false: nobody reads its stdout, and the pipe is closed at once. */
async function runProcess(args: readonly string[], listens = true) {
  const child = spawn(process.execPath, [start, ...args], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', data => {
    said.stderr += data;
  });
  if (listens) child.stdout.on('data', data => (said.stdout += data));
  else child.stdout.destroy();
  const exit = await new Promise(done => child.once('close', done));
  return { exit, ...said };
}

describe('the process', () => {
  it('writes a command and nothing else to stdout', async () => {
    const { exit, stdout } = await runProcess(['--help']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Usage: warmspare /);
  });

  it('ends quietly when nobody reads on', async () => {
    const { exit, stderr } = await runProcess(['--help'], false);
    expect([exit, stderr.replace(/^warmspare: building.*\n/, '')]).toEqual([0, '']);
  });

  it('exits with 2 for a configuration that is not there, without a stack trace', async () => {
    const { exit, stdout, stderr } = await runProcess(['check', '-c', 'nowhere.yaml']);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain('nowhere.yaml: error config-missing: ');
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
