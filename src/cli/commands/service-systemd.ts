import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { FailureError } from '../../core/failure.ts';
import { UNIT } from './service-unit.ts';

/** systemd reads its units again. Nothing to do where this machine was not started by systemd (an image). */
export async function reloadSystemd(): Promise<void> {
  if (!isRunning()) return;
  const { exit, said } = await systemctl('daemon-reload');
  if (exit === 0) return;
  throw new FailureError({
    failure: 'unwritable',
    message: `systemd did not read its units again: ${said}`,
    hint: 'Run systemctl daemon-reload',
  });
}

/** Whether the unit runs (or is about to), or will at the next start; undefined where neither. */
export async function inUse(root: string | undefined): Promise<'active' | 'enabled' | undefined> {
  if (root === undefined && isRunning()) {
    const { said } = await systemctl('is-active', UNIT);
    if (!['inactive', 'failed', 'unknown'].includes(said)) return 'active';
  }
  // With --root it looks at the links alone, and needs no systemd that runs.
  const { said } = await systemctl(`--root=${root ?? '/'}`, 'is-enabled', UNIT);
  return said.startsWith('enabled') ? 'enabled' : undefined;
}

/** The documented way to tell: sd_booted(3). */
function isRunning(): boolean {
  return existsSync('/run/systemd/system');
}

function systemctl(...args: readonly string[]): Promise<{ exit: number; said: string }> {
  return new Promise(resolve => {
    execFile('systemctl', [...args], { timeout: 30_000 }, (error, out, err) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      resolve({ exit, said: out.trim() || err.trim() || (error?.message ?? '') });
    });
  });
}
