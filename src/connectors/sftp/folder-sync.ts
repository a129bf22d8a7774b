import type { ClientChannel } from 'ssh2';
import type { Line } from './line.ts';
import { type Address, urlOf } from './url.ts';

/** An answer that no server gives which starts its SFTP program whatever command is asked for. */
const WORD = 'warmspare-may-run';

interface Ran {
  readonly exit: number | null;
  readonly said: string;
}

/**
 * Brings the names in a folder to disk. SFTP cannot: OpenSSH's fsync is for files that are open, and opens no folder. So
 * `sync FOLDER` is run beside it, where the server lets commands be run; that is asked once for each connection.
 * Elsewhere it is nothing: the names come to disk when the server's file system brings them there, mostly within
 * seconds, and in their order on those that have a journal.
 */
export class FolderSync {
  private readonly allowed = new WeakMap<Line, Promise<boolean>>();
  private hasWarned = false;

  constructor(
    private readonly address: Address,
    private readonly warn: (text: string) => void,
  ) {}

  async sync(line: Line, folder: string): Promise<void> {
    const answer = this.allowed.get(line) ?? this.ask(line);
    this.allowed.set(line, answer);
    if (!(await answer)) return;
    const { exit, said } = await run(line, `sync -- ${quoted(folder)}`);
    if (exit === 0) return;
    throw Object.assign(new Error(`EIO, sync ${folder}: ${said.slice(0, 200)}`), {
      code: 'EIO',
      path: folder,
    });
  }

  private async ask(line: Line): Promise<boolean> {
    const answer = await run(line, `command -v sync >/dev/null && printf %s ${WORD}`).catch(() => undefined);
    const isAllowed = answer?.exit === 0 && answer.said === WORD;
    if (!isAllowed && !this.hasWarned && !line.isOver) {
      this.hasWarned = true;
      this.warn(
        `${urlOf(this.address)} runs no commands, so that folders cannot be synced there: a power cut of that machine may take back the last seconds`,
      );
    }
    return isAllowed;
  }
}

/** For a shell: one word, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function run(line: Line, command: string): Promise<Ran> {
  return line.call<Ran>(({ client }, done) => {
    client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
      if (error !== undefined && error !== null) return done(Object.assign(error, { code: 4 }));
      let [exit, said] = [null as number | null, ''];
      const hear = (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(0, 1000);
      };
      channel.on('data', hear).on('exit', (status: number | null) => {
        exit = status;
      });
      channel.stderr.on('data', hear);
      channel.on('close', () => done(undefined, { exit, said }));
      // A server that begins its SFTP program in place of the command ends it when nothing comes.
      channel.end();
    });
  });
}
