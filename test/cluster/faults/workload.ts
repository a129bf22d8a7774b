import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import type { Random } from '../../sim/random.ts';
import { type History, hashOf } from './history.ts';
import { IDENTITY, MAKERS, rewritten } from './texts.ts';

/** Entries of a small file, as most are; and how often one is larger, and how large. A file keeps its own number. */
const LINES = { least: 2, most: 12, large: 120, largeShare: 0.05 };
/** Share of the saves that write into the file itself, as some tools do, in two pieces. */
const IN_PLACE = 0.2;

export interface WorkloadSetup {
  /** Folder for all primaries and backups. */
  readonly folder: string;
  readonly tasks: number;
  readonly history: History;
  readonly random: Random;
}

/** Relationships with a few files each, and an editor that saves them; everything it does is noted. */
export class Workload {
  readonly tasks: readonly string[];
  private readonly revisions = new Map<string, number>();
  private readonly lines = new Map<string, number>();
  /** What the backup is to have of each file, and the files of which it has something else. */
  private readonly newest = new Map<string, string>();
  private readonly waiting = new Set<string>();
  private editing: Promise<void> = Promise.resolve();
  private over = new AbortController();

  constructor(private readonly setup: WorkloadSetup) {
    setup.history.listen(entry => {
      if (entry.op !== 'see' && entry.op !== 'save') return;
      const key = `${entry.task}/${entry.file}`;
      if (entry.op === 'save' && entry.type === 'invoke') this.newest.set(key, entry.expected);
      if (entry.op === 'see' && entry.hash === this.newest.get(key)) this.waiting.delete(key);
      else if (entry.op === 'see' || entry.type === 'invoke') this.waiting.add(key);
    });
    this.tasks = Array.from({ length: setup.tasks }, (_, at) => `t${at}`);
    for (const task of this.tasks)
      for (const side of ['primary', 'backup'] as const)
        mkdirSync(this.root(side, task), { recursive: true });
    for (const task of this.tasks) for (const [file] of MAKERS) this.save(task, file);
  }

  root(side: 'primary' | 'backup', task: string): string {
    return join(this.setup.folder, side, task);
  }

  /** The relationship of a task in a configuration file; both ends are local folders of those members. */
  relationship(task: string, nodes: { readonly primary?: string; readonly backup?: string } = {}): object {
    const end = (side: 'primary' | 'backup') => ({
      path: this.root(side, task),
      ...(nodes[side] === undefined ? {} : { node: nodes[side] }),
    });
    return {
      primary: end('primary'),
      backup: end('backup'),
      include: MAKERS.map(([file]) => file),
      identity: IDENTITY,
      // Every line changes with every save, which a guard may well take for deletions.
      guard: 'off',
    };
  }

  /** Saves one file anew: by a draft and a rename, or now and then in place. */
  save(task: string, file: string): void {
    const { history, random } = this.setup;
    const path = join(this.root('primary', task), file);
    const revision = (this.revisions.get(path) ?? 0) + 1;
    const make = MAKERS.find(([name]) => name === file)![1];
    const drawn = random.chance(LINES.largeShare) ? LINES.large : random.int(LINES.least, LINES.most);
    const lines = this.lines.get(path) ?? drawn;
    this.lines.set(path, lines);
    const text = make(task, revision, lines);
    const isInPlace = revision > 1 && random.chance(IN_PLACE);
    const one = { proc: 'editor', op: 'save', task, file, revision } as const;
    history.add({ ...one, type: 'invoke', hash: hashOf(text)!, expected: hashOf(rewritten(text))! });
    if (isInPlace) inPlace(path, text);
    else byRename(path, text);
    this.revisions.set(path, revision);
    history.add({ ...one, type: 'ok' });
  }

  /** Saves files that are drawn, so many a second, until `rest`. */
  edit(perSecond: number): void {
    this.over = new AbortController();
    const { signal } = this.over;
    const { random } = this.setup;
    const beatMs = 1000 / perSecond;
    const work = async () => {
      try {
        for await (const _ of every(beatMs, undefined, { signal }))
          this.save(random.pick(this.tasks), random.pick(MAKERS)[0]);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    };
    this.editing = work();
    this.editing.catch(() => undefined);
  }

  /** Ends the edits; they may begin again. */
  async rest(): Promise<void> {
    this.over.abort();
    await this.editing;
  }

  /** Files whose newest version was not seen on the backup yet. */
  get behind(): readonly string[] {
    return [...this.waiting];
  }

  /** Waits until everything is in step, at most so many milliseconds, and notes how each file stands then. */
  async end(withinMs: number): Promise<void> {
    const { history } = this.setup;
    await history.until(() => this.waiting.size === 0, withinMs);
    for (const [task, file] of this.files())
      history.add({ proc: 'test', type: 'ok', op: 'end', task, file, ...this.compared(task, file) });
  }

  private files(): (readonly [task: string, file: string])[] {
    return this.tasks.flatMap(task => MAKERS.map(([file]) => [task, file] as const));
  }

  private compared(task: string, file: string) {
    const primary = this.read('primary', task, file);
    return {
      expected: hashOf(primary === undefined ? undefined : rewritten(primary)),
      found: hashOf(this.read('backup', task, file)),
    };
  }

  private read(side: 'primary' | 'backup', task: string, file: string): string | undefined {
    try {
      return readFileSync(join(this.root(side, task), file), 'utf8');
    } catch {
      return undefined;
    }
  }
}

function byRename(path: string, text: string): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Who looks in between sees half of it. */
function inPlace(path: string, text: string): void {
  const half = text.length >> 1;
  const file = openSync(path, 'w');
  try {
    writeSync(file, text.slice(0, half));
    writeSync(file, text.slice(half));
  } finally {
    closeSync(file);
  }
}
