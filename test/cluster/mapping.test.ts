import {
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { LONG, SEED } from '../runs.ts';
import { Random } from '../sim/random.ts';
import { NatsServer } from '../support/nats.ts';
import { DaemonProcess } from '../support/process.ts';
import { untilStopped } from '../support/stopped.ts';

const NAMES = ['nas1', 'nas2', 'nas3'];
const TASKS = Array.from({ length: 6 }, (_, at) => `t${at}`);
const ROUNDS = LONG ? 20 : 1;
/** Between two saves: the load itself. */
const BEAT_MS = 50;
const WRONG = 'nas8';
const RIGHT = 'nas9';

/** Members that share a mapping, which is wrong; an editor; and eyes on every backup. */
class Mixed {
  private readonly folder = mkdtempSync(join(tmpdir(), 'warmspare-mapping-'));
  private readonly watchers: FSWatcher[] = [];
  private readonly over = new AbortController();
  private editing: Promise<void> = Promise.resolve();
  private saves = 0;
  readonly members = new Map(NAMES.map(name => [name, new DaemonProcess({})]));
  /** By task: every text that its backup's file had. */
  readonly seen = new Map(TASKS.map(task => [task, [] as string[]]));
  private readonly looks = new Set<() => void>();

  constructor(
    private readonly url: string,
    private readonly random: Random,
  ) {
    for (const task of TASKS) {
      for (const side of ['primary', 'backup']) mkdirSync(join(this.folder, side, task), { recursive: true });
      this.save(task);
      this.watchers.push(watch(join(this.folder, 'backup', task), () => this.look(task)));
    }
    for (const name of NAMES) this.map(name, WRONG);
  }

  /** What a member's configuration file says from now on, when it is read. */
  map(name: string, backup: string): void {
    const end = (side: string, task: string) => ({ path: join(this.folder, side, task) });
    const identity = [{ kind: 'hostname', primary: 'nas1', backup }];
    const relationships = Object.fromEntries(
      TASKS.map(task => [
        task,
        { primary: end('primary', task), backup: end('backup', task), include: ['a.conf'], identity },
      ]),
    );
    const cluster = { engine: 'nats', servers: [this.url], name: 'test' };
    const config = { version: 1, node: name, state: './state', cluster, relationships };
    writeFileSync(join(this.members.get(name)!.folder, 'warmspare.yaml'), stringify(config));
  }

  save(task: string): void {
    const path = join(this.folder, 'primary', task, 'a.conf');
    writeFileSync(`${path}.draft`, `host = nas1\nnumber = ${++this.saves}\n`);
    renameSync(`${path}.draft`, path);
  }

  edit(): void {
    const { signal } = this.over;
    const work = async () => {
      for await (const _ of every(BEAT_MS, undefined, { signal })) this.save(this.random.pick(TASKS));
    };
    this.editing = work().catch(error => {
      if (!signal.aborted) throw error;
    });
  }

  async rest(): Promise<void> {
    this.over.abort();
    await this.editing;
  }

  private look(task: string): void {
    const text = read(join(this.folder, 'backup', task, 'a.conf'));
    const all = this.seen.get(task)!;
    if (text === undefined || text === all.at(-1)) return;
    all.push(text);
    for (const look of [...this.looks]) look();
  }

  until(isSo: () => boolean): Promise<void> {
    return new Promise(done => {
      const look = () => {
        if (!isSo()) return;
        this.looks.delete(look);
        done();
      };
      this.looks.add(look);
      look();
    });
  }

  /** Every backup is what the primary's newest text is by that mapping. */
  isAll(backup: string): boolean {
    return TASKS.every(task => {
      const text = read(join(this.folder, 'primary', task, 'a.conf'));
      return text?.replace('nas1', backup) === this.seen.get(task)!.at(-1);
    });
  }

  /** So many more texts on backups. */
  more(count: number): Promise<void> {
    const number = () => [...this.seen.values()].reduce((sum, all) => sum + all.length, 0);
    const enough = number() + count;
    return this.until(() => number() >= enough);
  }

  async owners(asked: string): Promise<Map<string, string | undefined>> {
    const { stdout } = await this.members.get(asked)!.warmspare('cluster', 'routes', '--json');
    const { routes } = JSON.parse(stdout) as { routes: { relationship: string; owner?: string }[] };
    return new Map(routes.map(({ relationship, owner }) => [relationship, owner]));
  }

  async remove(): Promise<void> {
    await this.rest();
    for (const watcher of this.watchers) watcher.close();
    for (const member of this.members.values()) {
      await member.signal('SIGKILL').catch(() => undefined);
      member.remove();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where the old mapping was used after the new one. */
function stale(seen: ReadonlyMap<string, readonly string[]>): string[] {
  return [...seen].flatMap(([task, texts]) => {
    const first = texts.findIndex(text => text.includes(RIGHT));
    return first < 0
      ? []
      : texts.slice(first).flatMap(text => (text.includes(WRONG) ? [`${task}: ${text}`] : []));
  });
}

it('whoever uses the old mapping after the new one is found', () => {
  const text = (backup: string, number: number) => `host = ${backup}\nnumber = ${number}\n`;
  const texts = [text(WRONG, 1), text(RIGHT, 1), text(RIGHT, 2)];
  expect(stale(new Map([['t0', texts]]))).toEqual([]);
  expect(stale(new Map([['t0', [...texts, text(WRONG, 3)]]]))).toEqual([`t0: ${text(WRONG, 3)}`]);
});

it(`a mapping is corrected member by member while edits run, one of them stopped meanwhile: ${ROUNDS} rounds`, async () => {
  let [old, corrected] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await NatsServer.started();
    const mixed = new Mixed(server.url, new Random(SEED + round));
    const { members } = mixed;
    try {
      await Promise.all([...members.values()].map(member => member.start()));
      await mixed.until(() => mixed.isAll(WRONG));
      mixed.edit();
      await mixed.more(20);
      const owners = [...(await mixed.owners('nas1')).values()];
      const late = NAMES.filter(name => owners.includes(name)).at(round % 2 === 0 ? -1 : 0)!;
      const others = NAMES.filter(name => name !== late);
      await members.get(late)!.signal('SIGSTOP');
      await untilStopped(members.get(late)!.pid);
      for (const name of others) {
        mixed.map(name, RIGHT);
        await members.get(name)!.signal('SIGHUP');
        await mixed.more(10);
      }
      await mixed.until(() => TASKS.every(task => mixed.seen.get(task)!.at(-1)!.includes(RIGHT)));
      // It has what it was about to write, and the old mapping.
      await members.get(late)!.signal('SIGCONT');
      await mixed.more(40);
      mixed.map(late, RIGHT);
      await members.get(late)!.signal('SIGHUP');
      await mixed.more(40);
      await mixed.rest();
      await mixed.until(() => mixed.isAll(RIGHT));
      expect(stale(mixed.seen)).toEqual([]);
      const texts = [...mixed.seen.values()].flat();
      old += texts.filter(text => text.includes(WRONG)).length;
      corrected += texts.filter(text => text.includes(RIGHT)).length;
    } finally {
      await mixed.remove();
      await server.remove();
    }
  }
  console.log(
    `a mapping corrected live: ${old} texts by the old one, then ${corrected} by the new one, none the other way round`,
  );
  expect(Math.min(old, corrected)).toBeGreaterThan(0);
});
