import { performance } from 'node:perf_hooks';
import { setInterval as every, setTimeout as pause } from 'node:timers/promises';
import { FileSource } from '../../../src/connectors/file/source.ts';
import { type Look, sameVersion } from '../../../src/core/capture/look.ts';
import { type Scope, scopeRoots } from '../../../src/core/capture/scope.ts';
import {
  hintedAgain,
  looked,
  type Manner,
  type Settling,
  unsettled,
} from '../../../src/core/capture/settle.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { Capture, type Hint } from '../../../src/daemon/watch/capture.ts';
import type { Folders } from '../../../src/daemon/watch/folders.ts';
import type { Writers } from '../../../src/daemon/watch/writers.ts';

/** What somebody who watches a primary took for a version of a file. */
export interface Published {
  readonly path: string;
  /** Undefined: it was taken for deleted. */
  readonly content: string | undefined;
  readonly at: number;
  /** Without waiting, on the word of a whole arrival. */
  readonly whole: boolean;
}

export interface ObserverOptions {
  readonly root: string;
  readonly scope: Scope;
  readonly folders: Folders;
  readonly writers: Writers;
  readonly manner: Manner;
  /** Between two scans that nobody asked for. */
  readonly rescanMs: number;
}

/** Capture, settling and reading, put together as the daemon does, without a backup. */
export class CaptureObserver {
  readonly published: Published[] = [];
  readonly capture: Capture;
  private readonly source: FileSource;
  private readonly settling = new Map<string, Settling>();
  private readonly seen = new Map<string, Look>();
  private readonly waiting = new Set<() => void>();
  private readonly stopped = new AbortController();
  private readonly busy = new Map<string, number>();

  constructor(private readonly options: ObserverOptions) {
    this.source = new FileSource(options.root);
    this.capture = new Capture({
      root: options.root,
      scope: options.scope,
      folders: options.folders,
      now: () => performance.now(),
      hint: hint => this.hinted(hint),
      rescan: () => void this.scan(),
      blind: () => undefined,
      sighted: () => undefined,
    });
  }

  /** Watches; resolves when changes from now on are seen. */
  async start(): Promise<void> {
    const scan = await this.capture.scan();
    for (const [path, look] of scan.looks) this.seen.set(path, look);
    void this.rescans();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.capture.close();
  }

  /** When the last published version is that content, and nothing more is expected. Rejects after the limit. */
  until(path: string, content: string, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = AbortSignal.timeout(limitMs);
      const missed = () => {
        this.waiting.delete(check);
        const last = this.last(path)?.content;
        const said = last === undefined ? 'nothing' : `${last.length} characters: ${last.slice(0, 20)}...`;
        reject(new Error(`${path}: not published within ${limitMs} ms; last was ${said}`));
      };
      const check = () => {
        if (this.settling.has(path) || this.last(path)?.content !== content) return;
        this.waiting.delete(check);
        limit.removeEventListener('abort', missed);
        resolve();
      };
      limit.addEventListener('abort', missed);
      this.waiting.add(check);
      check();
    });
  }

  private last(path: string): Published | undefined {
    return this.published.findLast(one => one.path === path);
  }

  private hinted(hint: Hint): void {
    const { path } = hint;
    const before = this.settling.get(path);
    this.settling.set(path, before === undefined ? unsettled(hint) : hintedAgain(before, hint));
    void this.settle(path);
  }

  /** One loop per path; a hint that comes meanwhile wakes a new one and ends the old one. */
  private async settle(path: string): Promise<void> {
    const turn = (this.busy.get(path) ?? 0) + 1;
    this.busy.set(path, turn);
    const ended = () => this.busy.get(path) !== turn || this.stopped.signal.aborted;
    for (;;) {
      const settling = this.settling.get(path);
      if (settling === undefined) return;
      if (settling.whole) return this.publish(path, settling.look, true, ended);
      await pause(Math.max(0, settling.nextLook - performance.now()), undefined, { ref: false });
      if (ended()) return;
      const look = this.capture.look(path);
      const real = this.capture.real(path);
      const writing =
        look === undefined ? false : await this.options.writers.writing({ real, inode: look.inode });
      if (ended()) return;
      const answer = looked(settling, { look, writing, at: performance.now() }, this.options.manner);
      if (answer.settled) return this.publish(path, answer.look, false, ended);
      this.settling.set(path, answer.settling);
    }
  }

  private async publish(
    path: string,
    look: Look | undefined,
    whole: boolean,
    ended: () => boolean,
  ): Promise<void> {
    const file = look === undefined ? undefined : await this.source.read(path);
    await this.capture.told();
    if (ended()) return;
    // What was read must be what settled; otherwise it has changed again.
    const now = this.capture.look(path);
    if (!sameVersion(look, now) || isFailure(file)) {
      this.settling.set(path, unsettled({ look: now, whole: false, at: performance.now() }));
      return this.settle(path);
    }
    this.settling.delete(path);
    if (look === undefined) this.seen.delete(path);
    else this.seen.set(path, look);
    const content = file === undefined ? undefined : new TextDecoder().decode(file.bytes);
    this.published.push({ path, content, at: performance.now(), whole });
    for (const check of [...this.waiting]) check();
  }

  private async rescans(): Promise<void> {
    const { signal } = this.stopped;
    try {
      for await (const _ of every(this.options.rescanMs, undefined, { signal, ref: false }))
        await this.scan();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async scan(): Promise<void> {
    const scan = await this.capture.scan();
    if (scan.failure !== undefined || this.stopped.signal.aborted) return;
    const paths = new Set([
      ...scan.looks.keys(),
      ...this.seen.keys(),
      ...scopeRoots(this.options.scope).files,
    ]);
    for (const path of paths) {
      // A look of the scan may be older than a hint: it only tells where to look again.
      if (sameVersion(scan.looks.get(path), this.seen.get(path)) || this.settling.has(path)) continue;
      const look = this.capture.look(path);
      if (!sameVersion(look, this.seen.get(path))) {
        this.hinted({ path, look, whole: false, at: performance.now() });
      }
    }
  }
}
