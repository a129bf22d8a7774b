import { readFileSync } from 'node:fs';

/** What the kernel counts in, for every program on Linux. */
const TICK_MS = 10;

/** For how many milliseconds a process has had the processor; undefined: it has ended, or nobody can tell here. */
export function workedMs(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    // Its name, in parentheses, may have blanks of its own.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}
