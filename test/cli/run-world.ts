import { COMMAND_NAMES, type CommandContext } from '../../src/cli/commands/command.ts';
import type { Exit } from '../../src/cli/exit.ts';
import type { Host } from '../../src/cli/host.ts';
import { run } from '../../src/cli/run.ts';

/** A configuration with nothing wrong, for tests to break. */
export const GOOD = `version: 1
relationships:
  nas1-to-nas2:
    primary: {path: /srv/nas1/etc}
    backup: {path: /srv/nas2/etc}
    include: [samba/smb.conf, exports]
    identity:
      - {kind: hostname, primary: nas1, backup: nas2}
  iscsi:
    primary: {path: /srv/iscsi1}
    backup: {path: /srv/iscsi2}
    include: [tgt/targets.conf]
    identity: []
`;

export interface World {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
}

/** A host of files in memory, which keeps what is written. */
export function hostOf({
  files = { '/w/warmspare.yaml': GOOD },
  env = {},
  signal,
  isTTY = false,
}: World = {}) {
  const said = { stdout: '', stderr: '' };
  const written = new Map<string, string>();
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      said[name] += text;
    },
    isTTY,
    columns: 100,
  });
  const ended = new AbortController();
  const host: Host = {
    machine: {
      env,
      hostname: 'here',
      home: '/home/me',
      uid: 1000,
      read: path => {
        const text = files[path];
        if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
        return new TextEncoder().encode(text);
      },
    },
    cwd: '/w',
    stdout: output('stdout'),
    stderr: output('stderr'),
    now: () => 0,
    signal: signal ?? ended.signal,
    hangup: () => () => undefined,
    // What is done again and again is done once here.
    pause: async () => ended.abort(),
    writeFile: (path, content) => void written.set(path, Buffer.from(content).toString()),
  };
  return { host, said, written };
}

/** Runs a command line on commands that end with `exit` and keep their context. */
export async function runLine(
  line: string,
  world: World = {},
  work: (context: CommandContext) => Promise<Exit> = async () => 0,
) {
  const { host, said } = hostOf(world);
  const contexts: CommandContext[] = [];
  const command = async (context: CommandContext) => {
    contexts.push(context);
    return work(context);
  };
  const table = Object.fromEntries(COMMAND_NAMES.map(name => [name, command]));
  const exit = await run(
    line.split(' ').filter(word => word !== ''),
    host,
    table,
  );
  return { exit, ...said, context: contexts[0] };
}
