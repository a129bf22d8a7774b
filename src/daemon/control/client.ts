import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { code } from '../../connectors/file/place.ts';
import { type Failure, FailureError } from '../../core/failure.ts';
import { type Answer, answerSchema, type Request, socketPath } from './protocol.ts';

/**
 * Asks the daemon that runs on this state, and hands on what it says. The answer is the exit code;
 * undefined: no daemon runs there. An aborted signal lets go of the daemon, which finishes what it began.
 */
export async function askDaemon(
  state: string,
  request: Request,
  hear: (answer: Exclude<Answer, { exit: number }>) => void,
  signal: AbortSignal,
): Promise<number | undefined> {
  const socket = createConnection(socketPath(state));
  const isThere = await new Promise<boolean>((done, failed) => {
    socket.once('connect', () => done(true));
    socket.once('error', error => {
      if (ABSENT.has(code(error) ?? '')) done(false);
      else failed(new FailureError(unreachable(state, error)));
    });
  });
  if (!isThere) return undefined;
  const letGo = () => socket.destroy();
  signal.addEventListener('abort', letGo, { once: true });
  try {
    socket.on('error', () => undefined);
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const answer = answerSchema.safeParse(JSON.parse(line)).data;
      if (answer === undefined) continue;
      if ('exit' in answer) return answer.exit;
      hear(answer);
    }
    if (signal.aborted) return 130;
    throw new FailureError(cutOff(state));
  } finally {
    signal.removeEventListener('abort', letGo);
    socket.destroy();
  }
}

/** Nobody listens: no socket, or one that a killed daemon left. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ENAMETOOLONG', 'EINVAL']);

function unreachable(state: string, error: unknown): Failure {
  return {
    failure: 'locked',
    message: `the running daemon cannot be asked (${code(error) ?? (error as Error).message})`,
    at: { file: socketPath(state) },
    hint: 'run this as the daemon’s own user, or as root',
  };
}

function cutOff(state: string): Failure {
  return {
    failure: 'locked',
    message: 'the daemon ended before it had answered',
    at: { file: socketPath(state) },
    hint: 'see its log; `warmspare status` shows what was done',
  };
}
