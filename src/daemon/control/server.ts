import { chmod, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { code } from '../../connectors/file/place.ts';
import type { Failure } from '../../core/failure.ts';
import { type Answer, REQUEST_MAX, type Request, requestSchema } from './protocol.ts';

/** Does what a request asks for; `say` may be called until the promise settles with the exit code. */
export type Serve = (request: Request, say: (answer: Answer) => void) => Promise<number>;

/** The daemon's end of the control socket. */
export class ControlServer {
  private readonly sockets = new Set<Socket>();
  /** Those whose request is being answered. */
  private readonly busy = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** Listens; the state's lock is held by the caller, so that a socket that is there is a dead one's. */
  static async listen(path: string, serve: Serve): Promise<ControlServer | Failure> {
    const server = createServer();
    const control = new ControlServer(server, path);
    server.on('connection', socket => control.take(socket, serve));
    try {
      await unlink(path).catch(error => {
        if (code(error) !== 'ENOENT') throw error;
      });
      await new Promise<void>((done, failed) => {
        server.once('error', failed);
        server.listen(path, () => done());
      });
      await chmod(path, 0o600);
      return control;
    } catch (error) {
      return unusable(path, error);
    }
  }

  private take(socket: Socket, serve: Serve): void {
    this.sockets.add(socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.busy.delete(socket);
    });
    // Whoever asked may go away; what was begun is finished all the same.
    socket.on('error', () => socket.destroy());
    let read = 0;
    socket.on('data', chunk => {
      read += chunk.length;
      if (read > REQUEST_MAX) socket.destroy();
    });
    const lines = createInterface({ input: socket });
    // It hands on the socket's errors, and nobody else may be left to hear them.
    lines.on('error', () => undefined);
    lines.once('line', line => void this.answer(socket, line, serve));
  }

  private async answer(socket: Socket, line: string, serve: Serve): Promise<void> {
    this.busy.add(socket);
    const say = (answer: Answer) => {
      if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
    };
    const request = parse(line);
    if (request === undefined) {
      say({ fail: [OTHER_VERSION], severity: 'error' });
      say({ exit: 1 });
    } else {
      say({ exit: await serve(request, say) });
    }
    this.busy.delete(socket);
    socket.end();
  }

  /** No new request is taken; those that are being answered get their answer. */
  async close(): Promise<void> {
    await new Promise<void>(done => {
      this.server.close(() => done());
      for (const socket of this.sockets) if (!this.busy.has(socket)) socket.destroySoon();
    });
    await unlink(this.path).catch(() => undefined);
  }
}

function parse(line: string): Request | undefined {
  try {
    return requestSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

const OTHER_VERSION = {
  failure: 'unsupported' as const,
  message: 'the running daemon does not understand this command',
  hint: 'it is of another version: restart it',
};

/** A socket's path has a shortest longest length of all systems, and its folder must be writable. */
const PATH_MAX_BYTES = 107;

function unusable(path: string, error: unknown): Failure {
  const isLong = Buffer.byteLength(path) > PATH_MAX_BYTES;
  return {
    failure: 'unwritable',
    message: isLong
      ? `the path of the control socket has more than ${PATH_MAX_BYTES} bytes: ${path}`
      : `the control socket cannot be made (${code(error) ?? (error as Error).message})`,
    at: { file: path },
    hint: isLong
      ? 'set `state:` in the configuration file to a shorter path'
      : `see that ${dirname(path)} is writable and on a local file system`,
  };
}
