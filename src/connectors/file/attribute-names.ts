import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** What getfattr(1) said of one file; `exit` 127 where it is not installed. */
export interface Said {
  readonly exit: number;
  readonly text: string;
}

/** The limit is for hangs only, in milliseconds. */
const HANG_MS = 10_000;

/** One name a line (no name that is replicated has a line end); the answer is `exit NUL text NUL`. */
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
    this.child = spawn('/bin/sh', ['-c', SCRIPT], { env: { PATH: path, LC_ALL: 'C' }, cwd: '/' });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text));
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr])
      stream.on('error', error => this.end(error));
    this.child.on('error', error => this.end(error));
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
    if (request === undefined) return;
    this.hang = setTimeout(() => this.end(new Error('it does not answer')), HANG_MS);
    this.child.stdin.write(`${request.file}\n`);
  }

  private hear(text: string): void {
    this.heard += text;
    const [exit, said, rest] = this.heard.split('\0');
    if (rest === undefined) return;
    this.heard = rest;
    clearTimeout(this.hang);
    this.requests.shift()?.answer({ exit: Number(exit), text: said! });
    this.next();
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
    for (const one of [child, child.stdin, child.stdout, child.stderr] as unknown as NodeJS.Timeout[])
      if (isAwaited) one.ref?.();
      else one.unref?.();
  }
}

let shell: Shell | undefined;

/** What getfattr says of the attributes of a file, of every sort. Rejects where it gives no answer. */
export function askAttributes(file: string): Promise<Said> {
  const path = process.env.PATH ?? '';
  if (shell === undefined || shell.isOver || shell.path !== path) {
    shell?.end(new Error('another one takes its place'));
    shell = new Shell(path);
  }
  return shell.ask(file);
}
