import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createColors } from 'picocolors';
import { readConfig } from '../../config/load.ts';
import { FailureError } from '../../core/failure.ts';
import type { MemberView, RouteView } from '../../daemon/membership/view.ts';
import { EXIT, type Exit } from '../exit.ts';
import { forwarded } from '../forwarded.ts';
import { Interrupted } from '../interruption.ts';
import type { Report } from '../report/report.ts';
import type { CommandContext, CommandName } from './command.ts';
import { DemoMembers } from './demo-members.ts';

const MEMBERS = ['nas1', 'nas2', 'nas3'] as const;
const RELATIONSHIPS = 9;
/** Far beyond what anything here takes. */
const DEADLINE_MS = 60_000;
const LOOK_MS = 50;

/**
 * Three members and a real nats-server, in a temporary folder: nine relationships are spread over them, edits go on,
 * one member is killed, its tasks go on elsewhere, it comes back and gets them back.
 */
export async function demoCluster(context: CommandContext): Promise<Exit> {
  const folder = await mkdtemp(join(tmpdir(), 'warmspare-demo-'));
  const stage = new Stage(context, folder);
  const remove = () => {
    stage.members.killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    return await play(stage);
  } finally {
    await stage.members.stop();
    await rm(folder, { recursive: true, force: true });
    process.off('exit', remove);
  }
}

async function play(stage: Stage): Promise<Exit> {
  const { context, members } = stage;
  const { report, host } = context;
  report.print(
    `Three file servers, each with three configurations that others stand ready for: ${RELATIONSHIPS} relationships.\n`,
  );
  stage.heading('a nats-server and three members');
  await members.startServer(host.machine.env);
  for (const member of MEMBERS) members.start(member);
  await stage.until('all is in sync', async () => (await stage.inSync('nas1')) === RELATIONSHIPS);
  await stage.show('nas1', 'cluster', { action: 'members' });
  stage.heading('every configuration is edited');
  const edited = await stage.edit(1);
  report.print(`on all ${RELATIONSHIPS} backups ${edited.toFixed(0)} ms after the save\n`);

  const { victim, witness } = await stage.choose();
  stage.heading(`${victim} is killed (kill -9)`);
  const had = (await stage.routes(witness)).filter(({ owner }) => owner === victim);
  const killed = performance.now();
  members.kill(victim);
  await stage.until('its tasks are elsewhere', async () => {
    const routes = await stage.routes(witness);
    return had.every(({ task }) => {
      const now = routes.find(route => route.task === task);
      return now?.owner !== undefined && now.owner !== victim && now.state === 'following';
    });
  });
  const elsewhere = performance.now() - killed;
  report.print(`its ${had.length} tasks go on elsewhere ${(elsewhere / 1000).toFixed(1)} s after the kill\n`);
  await stage.show(witness, 'cluster', { action: 'routes' });
  // Whose primary lies beside the dead one nobody can see: that is said, and nobody calls it in sync.
  const seen = stage.names.filter(name => stage.beside(name) !== victim);
  const after = await stage.edit(2, seen);
  report.print(
    `\nan edit of the ${seen.length} primaries that are left: on all backups after ${after.toFixed(0)} ms\n`,
  );

  stage.heading(`${victim} comes back`);
  members.start(victim);
  await stage.until('all is in sync again', async () => (await stage.inSync(witness)) === RELATIONSHIPS);
  await stage.edit(3);
  await stage.until('all is in sync at last', async () => (await stage.inSync(witness)) === RELATIONSHIPS);
  const exit = await stage.show(witness, 'status');
  report.set('handedOver', { tasks: had.length, ms: Math.round(elsewhere) });
  report.print(
    '\nNext: etc/nats/nats.conf is a server configuration with roles and TLS for your own members.\n',
  );
  return exit === EXIT.done ? EXIT.done : EXIT.failed;
}

/** The demo's folder with its members, and how they are asked. */
class Stage {
  readonly names = Array.from({ length: RELATIONSHIPS }, (_, i) => `config${i + 1}`);
  readonly members: DemoMembers;

  constructor(
    readonly context: CommandContext,
    private readonly folder: string,
  ) {
    for (const name of this.names) {
      for (const side of ['primary', 'backup']) mkdirSync(this.path(side, name), { recursive: true });
      this.save(name, 0);
    }
    const relationships = this.names.map(name => [
      name,
      {
        primary: { path: this.path('primary', name), node: this.beside(name) },
        backup: { path: this.path('backup', name) },
        include: ['smb.conf'],
        identity: [
          { kind: 'hostname', primary: 'fileserver', backup: 'sparetwin' },
          { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.0.2' },
        ],
      },
    ]);
    this.members = new DemoMembers(folder, Object.fromEntries(relationships));
  }

  /** The member on whose machine the primary lies. */
  beside(name: string): string {
    return MEMBERS[this.names.indexOf(name) % MEMBERS.length]!;
  }

  heading(title: string): void {
    const { report } = this.context;
    report.print(`\n${createColors(report.colour).bold(`== ${title}`)}\n`);
  }

  /** Saves each of them, and waits for all backups; the answer in milliseconds. */
  async edit(version: number, names: readonly string[] = this.names): Promise<number> {
    for (const name of names) this.save(name, version);
    const saved = performance.now();
    const isThere = (name: string) => {
      try {
        return readFileSync(join(this.path('backup', name), 'smb.conf'), 'utf8') === rewritten(version);
      } catch {
        return false;
      }
    };
    await this.until('the edits are on the backups', async () => names.every(isThere));
    return performance.now() - saved;
  }

  /** A member that does not coordinate, and another one to watch what becomes of it. */
  async choose(): Promise<{ victim: string; witness: string }> {
    const { members = [], coordinator } = await this.asked('nas1', 'cluster', { action: 'members' });
    const victim = (members as MemberView[]).find(({ member }) => member !== coordinator)!.member;
    return { victim, witness: MEMBERS.find(member => member !== victim)! };
  }

  async routes(member: string): Promise<readonly RouteView[]> {
    const { routes = [] } = await this.asked(member, 'cluster', { action: 'routes' });
    return routes as RouteView[];
  }

  /** How many relationships are in sync, by the words of their owners. */
  async inSync(member: string): Promise<number> {
    const { relationships = [] } = await this.asked(member, 'status');
    return (relationships as { state: string }[]).filter(({ state }) => state === 'in sync').length;
  }

  async show(member: string, command: CommandName, operands: Record<string, string> = {}): Promise<Exit> {
    const { report } = this.context;
    report.print(`$ warmspare ${command} ${Object.values(operands).join(' ')}   # on ${member}\n`);
    return (await this.ask(
      member,
      command,
      operands,
      quiet(
        report,
        () => {},
        text => report.print(text),
      ),
    ))!;
  }

  private async asked(
    member: string,
    command: CommandName,
    operands: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const data: Record<string, unknown> = {};
    const hear = (key: string, value: unknown) => {
      data[key] = value;
    };
    await this.ask(
      member,
      command,
      operands,
      quiet(this.context.report, hear, () => {}),
    );
    return data;
  }

  /** Undefined: the member is not there yet. */
  private async ask(
    member: string,
    command: CommandName,
    operands: Record<string, string>,
    report: Report,
  ): Promise<Exit | undefined> {
    const { host } = this.context;
    const loaded = readConfig(this.members.config(member), host.machine);
    if (Array.isArray(loaded)) throw new FailureError(loaded[0]!);
    const { config } = loaded;
    const { relationships } = config;
    return forwarded({ ...this.context, command, operands, options: {}, config, relationships, report });
  }

  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const { host } = this.context;
    const deadline = performance.now() + DEADLINE_MS;
    while (!(await isSo())) {
      if (host.signal.aborted) throw new Interrupted('interrupted');
      if (performance.now() > deadline)
        throw new Error(`${what}: not within a minute; ${this.members.said.slice(-12).join('; ')}`);
      await host.pause(LOOK_MS);
    }
  }

  private path(side: string, name: string): string {
    return join(this.folder, side, name);
  }

  private save(name: string, version: number): void {
    const draft = join(this.path('primary', name), '.draft');
    writeFileSync(draft, textOf(version));
    renameSync(draft, join(this.path('primary', name), 'smb.conf'));
  }
}

function textOf(version: number): string {
  return `[global]\n  netbios name = FILESERVER\n  interfaces = 10.0.0.1/24\n[data]\n  path = /srv/data${version}\n`;
}

function rewritten(version: number): string {
  return textOf(version).replace('FILESERVER', 'SPARETWIN').replace('10.0.0.1', '10.0.0.2');
}

function quiet(
  { colour }: Report,
  set: (key: string, value: unknown) => void,
  print: (text: string) => void,
): Report {
  return { colour, print, set, fail: () => {}, hide: () => {}, end: () => {} };
}
