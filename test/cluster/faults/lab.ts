import { execFileSync, spawnSync } from 'node:child_process';

/** Whether this machine lets us have networks of our own. */
export const LAB =
  process.getuid?.() === 0 && spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0;

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

/** This process, which reaches every host; what it sends to one can be lost as well. */
export const US = 'us';

const NAME = /^ws-(\d+)-/;
let made = 0;

/**
 * Hosts of our own, each a network namespace on one bridge that this process reaches too. What goes from one to
 * another can be lost, each way by itself, without a word to anybody, as by a broken cable or a firewall.
 */
export class Lab {
  private readonly key = `${process.pid}-${made++}`;
  private readonly bridge = `wsb${this.key}`;
  private readonly net: string;
  private readonly lost = new Set<string>();
  private readonly orphaned = () => this.remove();

  constructor(private readonly hosts: readonly string[]) {
    sweep();
    process.once('exit', this.orphaned);
    // Another network for each process, and for each lab of it.
    const number = (process.pid + made * 4_099) % 16_384;
    this.net = `10.${64 + (number >> 8)}.${number & 255}`;
    try {
      ip('link', 'add', this.bridge, 'type', 'bridge');
      ip('addr', 'add', `${this.net}.254/24`, 'dev', this.bridge);
      ip('link', 'set', this.bridge, 'up');
      for (const host of hosts) this.add(host);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  address(host: string): string {
    return `${this.net}.${host === US ? 254 : this.hosts.indexOf(host) + 1}`;
  }

  /** What runs a program on a host: to be put before it. */
  on(host: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.space(host)];
  }

  /** Nothing that one host sends reaches the other any more; what that one sends still does. */
  lose(from: string, to: string): void {
    this.lost.add(`${from} ${to}`);
    this.drop(to);
  }

  /** Parts hosts from the others, both ways; those of one side still reach each other. */
  part(side: readonly string[], others = this.hosts.filter(host => !side.includes(host))): void {
    for (const one of side) {
      for (const other of others) {
        this.lose(one, other);
        this.lose(other, one);
      }
    }
  }

  heal(): void {
    this.lost.clear();
    for (const host of this.hosts) this.drop(host);
  }

  remove(): void {
    process.removeListener('exit', this.orphaned);
    for (const host of this.hosts) spawnSync('ip', ['netns', 'delete', this.space(host)]);
    spawnSync('ip', ['link', 'delete', this.bridge]);
  }

  private space(host: string): string {
    return `ws-${this.key}-${host}`;
  }

  private add(host: string): void {
    const space = this.space(host);
    const end = `wsv${this.key}${this.hosts.indexOf(host)}`;
    ip('netns', 'add', space);
    ip('link', 'add', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    ip('link', 'set', end, 'master', this.bridge, 'up');
    ip('-n', space, 'addr', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) ip('-n', space, 'link', 'set', link, 'up');
  }

  /** Drops at the host that would receive it: whoever sends learns nothing. */
  private drop(host: string): void {
    const senders = [...this.hosts, US].filter(from => this.lost.has(`${from} ${host}`));
    const rules = senders.map(from => `ip saddr ${this.address(from)} drop;`).join(' ');
    const input = `
      table inet lost {}
      delete table inet lost
      table inet lost { chain in { type filter hook input priority 0; ${rules} }; }
    `;
    const [first, ...words] = [...this.on(host), 'nft', '-f', '-'];
    execFileSync(first!, words, { input, stdio: ['pipe', 'ignore', 'pipe'] });
  }
}

/** Hosts of processes that were killed: nobody else will remove them. */
function sweep(): void {
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  for (const name of names.map(line => line.split(' ')[0]!)) {
    const pid = Number(NAME.exec(name)?.[1] ?? process.pid);
    if (pid === process.pid || isThere(pid)) continue;
    spawnSync('ip', ['netns', 'delete', name]);
    spawnSync('ip', ['link', 'delete', `wsb${name.slice(3).replace(/-[^-]*$/, '')}`]);
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
