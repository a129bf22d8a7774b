import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';

/** What getfattr(1) said of one file; `exit` is `NOT_INSTALLED` where it is not. */
export interface Said {
  readonly exit: number;
  readonly text: string;
}

/** As shells say it. */
export const NOT_INSTALLED = 127;

/** The limit is for hangs only, in milliseconds. */
const HANG_MS = 10_000;

/** How a tool of the system's is run: it speaks English, and is given up when it hangs. */
export const toolOptions = (path = process.env.PATH ?? '') => ({
  timeout: HANG_MS,
  env: { PATH: path, LC_ALL: 'C' },
});

/** One name a line; the answer is `exit NUL text NUL`. */
const SCRIPT = `while IFS= read -r file; do
said=$(getfattr -h -m - --absolute-names -- "$file" 2>&1)
printf '%s\\0%s\\0' "$?" "$said"
done`;

interface Request {
  readonly file: string;
  readonly answer: (said: Said) => void;
  readonly fail: (error: Error) => void;
}

/**
 * Asks for the extended attributes of files through one small shell that lives on: to begin a process out of
 * a large one copies its page tables, and keeps the event loop for as long, while the shell does so in
 * a moment. It keeps nobody alive, and ends with the process that it serves.
 */
class Shell {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly requests: Request[] = [];
  private heard = '';
  private hang: NodeJS.Timeout | undefined;
  isOver = false;

  constructor(readonly path: string) {
    this.child = spawn('/bin/sh', ['-c', SCRIPT], { env: toolOptions(path).env, cwd: '/' });
    this.child.on('error', error => this.end(error));
    // Where no process can be begun (EMFILE) it has no streams, and `error` follows.
    if (this.child.stdout === undefined) return;
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr])
      stream.on('error', error => this.end(error));
    this.child.on('close', () => this.end(new Error('it ended')));
    this.child.stderr.resume();
    this.keep(false);
  }

  ask(file: string): Promise<Said> {
    return new Promise((answer, fail) => {
      this.requests.push({ file, answer, fail });
      if (this.requests.length === 1) this.next();
    });
  }

  private next(): void {
    const [request] = this.requests;
    this.keep(request !== undefined);
    if (request === undefined || this.child.stdin === undefined) return;
    this.hang = setTimeout(() => this.end(new Error('it does not answer')), HANG_MS);
    this.child.stdin.write(`${request.file}\n`);
  }

  private hear(text: string): void {
    this.heard += text;
    const [exit, said, rest] = this.heard.split('\0');
    if (rest === undefined) return;
    this.heard = rest;
    clearTimeout(this.hang);
    const request = this.requests.shift();
    // An answer to nothing asked would be taken for that of the next file.
    if (request === undefined || rest !== '') this.end(new Error('it said more than it was asked'));
    request?.answer({ exit: Number(exit), text: said! });
    if (!this.isOver) this.next();
  }

  end(error: Error): void {
    this.isOver = true;
    clearTimeout(this.hang);
    this.child.kill();
    for (const { fail } of this.requests.splice(0)) fail(error);
  }

  /** Only while somebody waits for an answer does it keep this process. */
  private keep(isAwaited: boolean): void {
    const { child } = this;
    const all = [child, child.stdin, child.stdout, child.stderr] as unknown as (NodeJS.Timeout | undefined)[];
    for (const one of all)
      if (isAwaited) one?.ref?.();
      else one?.unref?.();
  }
}

let shell: Shell | undefined;

/** Asks for the attributes of a file, of every sort. Rejects where there is no answer. A simulated disk has another. */
export const attributeTool: { ask(file: string): Promise<Said> } = { ask };

async function ask(file: string): Promise<Said> {
  const path = process.env.PATH ?? '';
  // A folder above the root may be called anything.
  if (/[\n\0]/.test(file)) return askAlone(file);
  // Somebody may have ended it while nobody waited.
  return theShell(path)
    .ask(file)
    .catch(() => theShell(path).ask(file));
}

function askAlone(file: string): Promise<Said> {
  const argv = ['-h', '-m', '-', '--absolute-names', '--', file];
  return new Promise((answer, fail) => {
    execFile('getfattr', argv, toolOptions(), (error, text, said) => {
      if (error === null) answer({ exit: 0, text });
      else if (error.code === 'ENOENT') answer({ exit: NOT_INSTALLED, text: '' });
      else if (typeof error.code === 'number') answer({ exit: error.code, text: said });
      else fail(error);
    });
  });
}

function theShell(path: string): Shell {
  if (shell === undefined || shell.isOver || shell.path !== path) {
    shell?.end(new Error('another one takes its place'));
    shell = new Shell(path);
  }
  return shell;
}
