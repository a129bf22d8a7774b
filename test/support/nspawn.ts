import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const CGROUPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];

/** What came of a program that ran in the machine. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/**
 * A machine with a real systemd as its first process: this machine's own files seen through an overlay, so
 * that nothing has to be installed and nothing here is changed. It has no network.
 */
export class Machine {
  constructor(private readonly leader: number) {}

  /** Runs a program in it. */
  run(...argv: readonly string[]): Promise<Ran> {
    return ran('nsenter', ['-t', String(this.leader), '-a', '--', ...argv]);
  }

  /** Throws where systemctl fails. */
  async systemctl(...args: readonly string[]): Promise<string> {
    const { exit, out, err } = await this.run('systemctl', ...args);
    if (exit !== 0) throw new Error(`systemctl ${args.join(' ')} (${exit}): ${err}${out}`);
    return out;
  }

  /** Properties of a unit, as `systemctl show` has them. */
  async show(unit: string, ...properties: readonly string[]): Promise<Record<string, string>> {
    const out = await this.systemctl('show', unit, `--property=${properties.join(',')}`);
    return Object.fromEntries(
      out
        .trimEnd()
        .split('\n')
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  /** Looks again and again until these properties have these values; throws after `limitMs`. */
  async until(unit: string, wanted: Readonly<Record<string, string>>, limitMs = 20_000) {
    return this.met(
      () => this.show(unit, ...Object.keys(wanted), 'MainPID'),
      found => Object.entries(wanted).every(([key, value]) => found[key] === value),
      limitMs,
      async found =>
        `${unit} has not become ${JSON.stringify(wanted)}, but ${JSON.stringify(found)}\n${await this.journal(unit)}`,
    );
  }

  /** Looks again and again until something holds, and gives what was found then. */
  async met<T>(
    look: () => Promise<T>,
    holds: (found: T) => boolean,
    limitMs = 20_000,
    why: (found: T) => Promise<string> = async found => `never met: ${JSON.stringify(found)}`,
  ): Promise<T> {
    const end = performance.now() + limitMs;
    for (;;) {
      const found = await look();
      if (holds(found)) return found;
      if (performance.now() > end) throw new Error(await why(found));
    }
  }

  /** What a unit has said, and systemd about it. */
  async journal(unit: string): Promise<string> {
    return (await this.run('journalctl', '--no-pager', '-o', 'cat', '-u', unit)).out;
  }

  /** The machine's own files, as a path on this side. */
  path(inside: string): string {
    return join(`/proc/${this.leader}/root`, inside);
  }

  async write(inside: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(inside)), { recursive: true });
    await writeFile(this.path(inside), text);
  }

  read(inside: string): Promise<string> {
    return readFile(this.path(inside), 'utf8');
  }
}

/** Whether such a machine can be started here: as root, with namespaces and overlays. */
export function canBoot(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/systemd-nspawn')) return false;
  const trial = mkdtempSync(join(tmpdir(), 'warmspare-trial-'));
  try {
    return spawnSync('unshare', [...PRIVATE, 'sh', '-ec', OVERLAY, 'trial', trial]).status === 0;
  } finally {
    rmSync(trial, { recursive: true });
  }
}

/** Of its own, so that with its first process all of it is gone: mounts, processes, memory. */
const PRIVATE = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

const OVERLAY = `
  mount -t tmpfs -o size=512m,mode=755 tmpfs "$1"
  mkdir "$1/upper" "$1/work" "$1/root"
  mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
`;

/** Two machines in one control group would meet in it; and this process must not be moved. */
const START = `
  for group in ${CGROUPS.join(' ')}; do
    if [ -e $group/cgroup.procs ]; then mkdir -p $group/$2; echo $$ >$group/$2/cgroup.procs; fi
  done
  ${OVERLAY}
  # What this machine starts by itself is not under test, nor what warmspare has been here so far.
  find "$1/root/etc/systemd/system" -path '*.wants/*' -delete
  rm -rf "$1/root/etc/warmspare" "$1/root/var/lib/warmspare" "$1/root/etc/systemd/system/warmspare.service"*
  folder=$1; name=$2; shift 2
  exec systemd-nspawn --quiet --directory="$folder/root" --machine="$name" --boot --private-network \\
    --register=no --keep-unit --link-journal=no "$@"
`;

/** Starts a machine, does the work, and leaves nothing of the machine behind, however the work ends. */
export async function withSystemd(work: (machine: Machine) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-machine-'));
  const name = basename(folder).toLowerCase();
  // Ends with this process, should that be killed.
  const outer = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...PRIVATE, 'sh', '-ec', START, 'start', folder, name, ...seen()],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SYSTEMD_NSPAWN_TMPFS_TMP: '0' } },
  );
  const ended = once(outer, 'close');
  let said = '';
  for (const stream of [outer.stdout, outer.stderr]) stream.on('data', text => (said += text));
  try {
    await work(await booted(outer, () => said));
  } finally {
    // The outer process ends by itself, when the kernel has ended all that was in the namespace.
    const inner = childrenOf(outer.pid!);
    for (const pid of inner) process.kill(pid, 'SIGKILL');
    if (inner.length === 0) outer.kill('SIGKILL');
    await ended;
    for (const group of CGROUPS) removeGroup(join(group, name));
    rmSync(folder, { recursive: true });
  }
}

/** The checkout and node, where they are not in the file system that the machine sees. */
function seen(): string[] {
  const root = statSync('/').dev;
  const node = dirname(process.execPath);
  const elsewhere = statSync(node).dev !== root ? [node] : [];
  // The checkout in any case: a machine that starts empties /tmp.
  return [CHECKOUT, ...elsewhere].map(path => `--bind-ro=${path}`);
}

const BOOT_LIMIT_MS = 60_000;

async function booted(outer: ChildProcess, said: () => string): Promise<Machine> {
  const end = performance.now() + BOOT_LIMIT_MS;
  for (;;) {
    if (outer.exitCode !== null || performance.now() > end) throw new Error(`no systemd: ${said()}`);
    const leader = leaderOf(outer.pid!);
    if (leader === undefined) {
      // Something is said at each step of the start, and nothing before the first process is there.
      await Promise.race([once(outer.stdout!, 'data'), once(outer, 'close')]);
      continue;
    }
    const machine = new Machine(leader);
    const { out } = await machine.run('systemctl', 'is-system-running', '--wait');
    if (/^(running|degraded)$/m.test(out)) return machine;
  }
}

/** The machine's first process: the only child of systemd-nspawn that is number 1 of a namespace. */
function leaderOf(outer: number): number | undefined {
  return childrenOf(outer)
    .flatMap(childrenOf)
    .find(pid =>
      / 1$/m.test(/^NSpid:.*$/m.exec(textOf(`/proc/${pid}/status`))?.[0].replaceAll('\t', ' ') ?? ''),
    );
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => /^PPid:\t(\d+)$/m.exec(textOf(`/proc/${name}/status`))?.[1] === String(parent))
    .map(Number);
}

/** '' for a process that has just ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Control groups are removed one by one, from the innermost on. */
function removeGroup(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  }
  rmdirSync(group);
}

function ran(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    execFile(program, [...args], { timeout: 60_000 }, (error, out, err) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exit, out, err });
    });
  });
}
