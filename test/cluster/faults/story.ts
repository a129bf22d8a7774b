import type { Entry, Happening } from './history.ts';

type Op = Happening['op'];
export type Of<O extends Op> = Extract<Entry, { op: O }>;

/** One version of a file of a primary, from the begin of its save to its end. */
export interface Version {
  readonly task: string;
  readonly file: string;
  /** The place among the versions of its file: saves of one file never overlap. */
  readonly number: number;
  readonly revision: number;
  readonly hash: string;
  readonly expected: string;
  readonly began: number;
  /** Undefined: it is not known to have ended. */
  ended: number | undefined;
}

/** The versions of one file, as its editor made them. */
export class Versions {
  readonly all: Version[] = [];
  private readonly byHash = new Map<string, Version>();
  private readonly byExpected = new Map<string, Version>();

  begin({ task, file, revision, hash, expected, t }: Of<'save'> & { type: 'invoke' }): void {
    const version = {
      ...{ task, file, number: this.all.length, revision, hash, expected },
      began: t,
      ended: undefined,
    };
    this.all.push(version);
    this.byHash.set(hash, version);
    this.byExpected.set(expected, version);
  }

  end({ revision, t }: Of<'save'>): void {
    const version = this.all.find(each => each.revision === revision);
    if (version !== undefined) version.ended = t;
  }

  /** As the primary has it. */
  saved(hash: string): Version | undefined {
    return this.byHash.get(hash);
  }

  /** As a backup has it. */
  rewritten(hash: string | null): Version | undefined {
    return hash === null ? undefined : this.byExpected.get(hash);
  }

  get lastEnded(): Version | undefined {
    return this.all.findLast(({ ended }) => ended !== undefined);
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly tasks: readonly string[] | undefined;
}

/** A history by what its checks ask for. */
export class Story {
  readonly tasks: readonly string[];
  private readonly files = new Map<string, Map<string, Versions>>();
  private readonly perTask = new Map<string, Entry[]>();
  private readonly outages: Span[] = [];
  private readonly losses: { readonly from: number; to: number }[] = [];

  constructor(readonly entries: readonly Entry[]) {
    const open = new Map<string, Of<'outage'>>();
    for (const entry of entries) {
      if ('task' in entry) {
        const mine = this.perTask.get(entry.task) ?? [];
        this.perTask.set(entry.task, mine);
        mine.push(entry);
      }
      if (entry.op === 'save') this.save(entry);
      if (entry.op === 'fault') this.fault(entry);
      if (entry.op !== 'outage') continue;
      const begun = open.get(entry.name);
      open.delete(entry.name);
      if (entry.type === 'invoke') open.set(entry.name, entry);
      else if (begun !== undefined) this.outages.push({ from: begun.t, to: entry.t, tasks: begun.tasks });
    }
    for (const { t, tasks } of open.values())
      this.outages.push({ from: t, to: Number.POSITIVE_INFINITY, tasks });
    this.tasks = [...this.perTask.keys()];
  }

  private save(entry: Of<'save'>): void {
    const files = this.files.get(entry.task) ?? new Map<string, Versions>();
    this.files.set(entry.task, files);
    const versions = files.get(entry.file) ?? new Versions();
    files.set(entry.file, versions);
    if (entry.type === 'invoke') versions.begin(entry);
    else versions.end(entry);
  }

  private fault({ t, fault }: Of<'fault'>): void {
    if (fault === 'wipe') this.losses.push({ from: t, to: Number.POSITIVE_INFINITY });
    if (fault === 'whole') for (const loss of this.losses) loss.to = Math.min(loss.to, t);
  }

  /**
   * Whether the engine may have lost by `later` what it had acknowledged by `earlier`. It loses when the test empties
   * it, and until that one notes that it is whole: servers that lost different things take back, while they find each
   * other, what one of them has taken meanwhile.
   */
  forgot(earlier: number, later: number): boolean {
    return this.losses.some(({ from, to }) => earlier < to && later > from);
  }

  of<O extends Op>(task: string, ...ops: readonly O[]): Of<O>[] {
    return (this.perTask.get(task) ?? []).filter((entry): entry is Of<O> => ops.includes(entry.op as O));
  }

  all<O extends Op>(op: O): Of<O>[] {
    return this.entries.filter((entry): entry is Of<O> => entry.op === op);
  }

  /** By file. */
  versionsOf(task: string): ReadonlyMap<string, Versions> {
    return this.files.get(task) ?? new Map();
  }

  /** How much of that time nothing could be replicated, in milliseconds. */
  outage(task: string, from: number, to: number): number {
    const spans = this.outages
      .filter(({ tasks }) => tasks === undefined || tasks.includes(task))
      .map(span => [Math.max(span.from, from), Math.min(span.to, to)] as const)
      .filter(([begin, end]) => begin < end)
      .sort(([a], [b]) => a - b);
    let sum = 0;
    let covered = from;
    for (const [begin, end] of spans) {
      if (end <= covered) continue;
      sum += end - Math.max(begin, covered);
      covered = end;
    }
    return sum;
  }

  /** When the last thing happened that somebody had to get over: a save, a fault, the end of an outage. */
  get calm(): number {
    const last = this.entries.findLast(({ op }) => op === 'save' || op === 'fault' || op === 'outage');
    return last?.t ?? 0;
  }
}
