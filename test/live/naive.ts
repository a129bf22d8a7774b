import { readFileSync } from 'node:fs';
import { type FSWatcher, watch } from 'chokidar';

/**
 * The control: what most programs do. chokidar on the folder, and the file is read in the handler; a file
 * that is gone is taken for deleted.
 */
export class Naive {
  readonly published: (string | undefined)[] = [];
  /** What its watches met: a control that could not watch proves nothing. */
  readonly errors: unknown[] = [];
  private watcher: FSWatcher | undefined;

  constructor(
    private readonly file: string,
    private readonly folder: string,
  ) {}

  start(): Promise<void> {
    const watcher = watch(this.folder, { ignoreInitial: true });
    this.watcher = watcher;
    watcher.on('error', error => this.errors.push(error));
    watcher.on('all', (event, path) => {
      if (path !== this.file) return;
      if (event === 'unlink') this.published.push(undefined);
      else this.read();
    });
    return new Promise(resolve => watcher.on('ready', () => resolve()));
  }

  async stop(): Promise<void> {
    await this.watcher?.close();
  }

  private read(): void {
    try {
      this.published.push(readFileSync(this.file, 'utf8'));
    } catch {
      this.published.push(undefined);
    }
  }
}
