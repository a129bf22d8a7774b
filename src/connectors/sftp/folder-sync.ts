import type { ClientChannel } from 'ssh2';
import type { Line } from './line.ts';

/** What no server says that starts its SFTP program whatever command is asked for. */
const WORD = 'warmspare-may-run';

/** A folder a line; the answer to each is how `sync` ended. */
const SCRIPT = `command -v sync >/dev/null || exit 1; echo ${WORD}; while IFS= read -r folder; do sync -- "$folder" >/dev/null 2>&1; echo "$?"; done`;

/** A first folder, which an SFTP program takes for a message of a gigabyte, and ends. */
const FIRST = '/././.';

/**
 * Brings the names in a folder to disk. SFTP cannot: OpenSSH's fsync is for files that are open, and opens no folder. So
 * `sync FOLDER` is run beside it, where the server lets commands be run: by one small shell for each connection, since
 * to begin one there costs as much as a hundred calls. Elsewhere it does nothing, which `check` tells: the
 * names come to disk when the server's file system brings them there, mostly within seconds, and in their order on
 * those that have a journal.
 */
export class FolderSync {
  private readonly shells = new WeakMap<Line, Promise<Shell | undefined>>();

  async sync(line: Line, folder: string): Promise<void> {
    await (await this.shellOf(line))?.sync(line, folder);
  }

  async isAllowed(line: Line): Promise<boolean> {
    return (await this.shellOf(line)) !== undefined;
  }

  private shellOf(line: Line): Promise<Shell | undefined> {
    const shell = this.shells.get(line) ?? Shell.begin(line);
    this.shells.set(line, shell);
    return shell;
  }
}

class Shell {
  private readonly waiting: ((said: string | undefined) => void)[] = [];
  private heard = '';
  private isOver = false;

  private constructor(private readonly channel: ClientChannel) {
    channel.setEncoding('utf8');
    channel.on('data', (text: string) => {
      const lines = `${this.heard}${text}`.split('\n');
      this.heard = lines.pop()!;
      for (const line of lines) this.waiting.shift()?.(line);
    });
    channel.stderr.resume();
    channel.on('close', () => {
      this.isOver = true;
      for (const tell of this.waiting.splice(0)) tell(undefined);
    });
  }

  /** Undefined: no command is run there. */
  static async begin(line: Line): Promise<Shell | undefined> {
    try {
      const channel = await line.call<ClientChannel>(({ client }, done) =>
        client.exec(SCRIPT, (error, opened) => done(refusalOf(error), opened)),
      );
      const shell = new Shell(channel);
      const [word, first] = await Promise.all([shell.hear(line), shell.ask(line, FIRST)]);
      return word === WORD && first === '0' ? shell : undefined;
    } catch (error) {
      if (line.isOver) throw error;
      return undefined;
    }
  }

  async sync(line: Line, folder: string): Promise<void> {
    const exit = await this.ask(line, folder);
    if (exit === '0') return;
    const why = exit === undefined ? 'the shell there ended' : `sync ended with ${exit}`;
    throw Object.assign(new Error(`EIO, ${why}, ${folder}`), { code: 'EIO', path: folder });
  }

  private ask(line: Line, folder: string): Promise<string | undefined> {
    // One that is two lines would be two folders; no root and no file of a configuration has such a name.
    if (folder.includes('\n')) return Promise.resolve(undefined);
    const answer = this.hear(line);
    if (!this.isOver) this.channel.write(`${folder}\n`);
    return answer;
  }

  private hear(line: Line): Promise<string | undefined> {
    if (this.isOver) return Promise.resolve(undefined);
    return line.call<string | undefined>((_, done) => {
      this.waiting.push(said => done(undefined, said));
    });
  }
}

/** An answer of the server's, as its others are. */
function refusalOf(error: Error | undefined): Error | undefined {
  return error === undefined || error === null ? undefined : Object.assign(error, { code: 4 });
}
