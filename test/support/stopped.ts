import { readdirSync, readFileSync } from 'node:fs';

/** Resolves when no thread of a process that was sent SIGSTOP runs any more. */
export async function untilStopped(pid: number): Promise<void> {
  const threads = `/proc/${pid}/task`;
  const isStopped = (thread: string) => / T /.test(readFileSync(`${threads}/${thread}/stat`, 'utf8'));
  while (!readdirSync(threads).every(isStopped)) await new Promise(done => setImmediate(done));
}
