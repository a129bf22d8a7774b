import { isUnheardOfStore } from '../daemon/journal/unheard.ts';
import { EXIT } from './exit.ts';
import { nodeHost } from './host.ts';
import { humanReport } from './report/human.ts';
import { run, unexpected } from './run.ts';

/** The process: signals in, exit code out. */
export async function main(): Promise<void> {
  const interruption = new AbortController();
  const host = nodeHost(interruption.signal);
  const crash = (error: unknown) => process.exit(unexpected(error, humanReport(host), host));
  // What a library prints there (lmdb, each write that fails, with its stack) is no message to a person: the
  // failure itself reaches us, and is said in words.
  if (host.machine.env.WARMSPARE_DEBUG !== '1') console.error = () => {};
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', (error, promise) => {
    if (!isUnheardOfStore(error, promise)) crash(error);
  });
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  const exit = await run(process.argv.slice(2), host);
  // Only an interruption leaves work behind; otherwise the pipe to a slow reader is left to drain.
  if (exit === EXIT.interrupted) process.exit(exit);
  process.exitCode = exit;
}
