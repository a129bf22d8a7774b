import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** How far apart two glances at the processor time are; the kernel counts it in ticks of 10 ms. */
const GLANCE_MS = 40;

/**
 * Waits until a process and its children have nothing to do, so that what one pipeline does after a save
 * (audits, bases, garbage) is not on the clock of the next. False: it was still busy after `limitMs`.
 */
export async function quiet(pid: number, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (let before = ticksOf(pid); ; ) {
    await pause(GLANCE_MS);
    const now = ticksOf(pid);
    if (now === before) return true;
    if (performance.now() >= end) return false;
    before = now;
  }
}

/** Processor time of a process and its descendants, in ticks. */
function ticksOf(pid: number): number {
  try {
    // The name of a process stands in brackets, and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    const own = Number(stat[11]) + Number(stat[12]);
    return children.reduce((sum, child) => sum + ticksOf(Number(child)), own);
  } catch {
    return 0;
  }
}
