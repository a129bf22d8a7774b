import { EXIT } from './exit.ts';
import { nodeHost } from './host.ts';
import { humanReport } from './report/human.ts';
import { run, unexpected } from './run.ts';

/** The process: signals in, exit code out. */
export async function main(): Promise<void> {
  const interruption = new AbortController();
  const host = nodeHost(interruption.signal);
  const crash = (error: unknown) => process.exit(unexpected(error, humanReport(host), host));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  const exit = await run(process.argv.slice(2), host);
  // Only an interruption leaves work behind; otherwise the pipe to a slow reader is left to drain.
  if (exit === EXIT.interrupted) process.exit(exit);
  process.exitCode = exit;
}
