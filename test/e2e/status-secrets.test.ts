import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { heldNow } from './held.ts';

/** Each planted where its service has its secrets; `@n` stands for the canary. */
const PLACES: Readonly<Record<string, string>> = {
  'smb.conf':
    '[global]\n   server string = nas1\n   workers = 4\n   ldap admin password = @0\n   # password = @1 on nas1\n   tls keyfile password = "@2"\n',
  'tgt/targets.conf':
    '<target iqn.2003-01.org.linux-iscsi.nas1:a>\n  incominguser nas1 @3\n  outgoinguser backup @4\n  backing-store /dev/sda\n</target>\n',
  'ganesha.conf':
    'CEPH {\n  Host = nas1;\n  secret_access_key = "@5";\n  User_Id = "nas1";\n}\nRGW { access_key = "nas1"; secret_key = @6; }\n',
  'garage.toml':
    'host = "nas1"\nrpc_secret = "@7"\nworkers = 4\n\n[admin]\nadmin_token = "@8"\nmetrics_token = \'@9\'\n',
  'keepalived.conf':
    'vrrp_instance VI_1 {\n  interface eth0 # nas1\n  authentication {\n    auth_type PASS\n    auth_pass @10\n  }\n}\n',
  'config.json':
    '{\n  "host": "nas1",\n  "password": "@11",\n  "chap": {"userid": "nas1", "password": "@12", "mutual_password": "@13"},\n  "tokens": {"api_token": "@14"},\n  "url": "https://admin:@15@nas1/x"\n}\n',
  'backend.yaml':
    'host: nas1\npassword: @16\nchapInitiatorSecret: "@17"\nstorage:\n  secretKey: \'@18\'\n  clientPrivateKey: @19\n',
};

const canary = (version: string, number: number) => `Canary${version}xq${String(number).padStart(2, '0')}Zk8`;
const CANARY = /Canary[A-Z]xq\d\dZk8/g;

/** The place's file with the canaries of a version; they differ between versions, sides and places. */
function plant(text: string, version: string): string {
  return text.replace(/@(\d+)/g, (_, number) => canary(version, Number(number)));
}

const RELATIONSHIP = {
  include: ['**'],
  identity: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    {
      kind: 'iqn',
      primary: 'iqn.2003-01.org.linux-iscsi.nas1:*',
      backup: 'iqn.2003-01.org.linux-iscsi.nas2:*',
    },
  ],
};

const leaked: string[] = [];

async function quiet(pair: NodePair, ...argv: string[]): Promise<void> {
  for (const line of [argv, [...argv, '--json']]) {
    const { stdout, stderr } = await pair.warmspare(...line);
    for (const [where, said] of [
      ['stdout', stdout],
      ['stderr', stderr],
    ] as const) {
      for (const text of new Set(said.match(CANARY) ?? [])) {
        const at = said.split('\n').find(each => each.includes(text));
        leaked.push(`${line.join(' ')} (${where}): ${text}: ${at?.trim()}`);
      }
    }
  }
}

async function everyLook(pair: NodePair, lines = 0): Promise<void> {
  for (const command of ['check', 'diff', 'status', 'verify']) await quiet(pair, command);
  await quiet(pair, 'update', '--dry-run');
  for (const file of Object.keys(PLACES)) {
    await quiet(pair, 'explain', file);
    for (let line = 1; line <= lines; line++) await quiet(pair, 'explain', file, String(line));
  }
}

test('twenty secrets stand in no output of any command', async () => {
  leaked.length = 0;
  await withPair(RELATIONSHIP, async pair => {
    const write = (side: 'primary' | 'backup', version: string, more = (text: string) => text) => {
      for (const [file, text] of Object.entries(PLACES)) {
        const own = side === 'backup' ? text.replaceAll('nas1', 'nas2') : text;
        pair.write(side, file, more(plant(own, version)));
      }
    };
    write('primary', 'A');
    expect(Object.values(PLACES).join('').match(/@\d+/g)).toHaveLength(20);
    await everyLook(pair);
    await quiet(pair, 'update');
    // Drift; then changed back there and on the primary instead.
    write('backup', 'F');
    await everyLook(pair, 8);
    expect((await pair.warmspare('verify')).stdout).toMatch(/drift: .*password.*••••••/);
    write('backup', 'A');
    // Changed on the primary; then on the backup as well: conflicts; then residue on the same lines.
    write('primary', 'B');
    await everyLook(pair);
    write('backup', 'C');
    await everyLook(pair);
    await quiet(pair, 'update');
    for (const { id } of (await heldNow(pair)).slice(0, 3)) await quiet(pair, 'reject', id);
    for (const { id } of await heldNow(pair)) await quiet(pair, 'approve', id);
    write('primary', 'D', text => text.replaceAll('nas1', '%6eas1'));
    await everyLook(pair);
    await quiet(pair, 'update');
    // Cut short: failures of parsing show the line.
    write('primary', 'E', text => text.slice(0, text.lastIndexOf('Zk8') + 3));
    await everyLook(pair);
    await quiet(pair, 'update');
    await quiet(pair, 'undo');
    await quiet(pair, 'undo', '--baseline');
  });
  expect([...new Set(leaked)]).toEqual([]);
});

test('--show-secrets shows them, and only then', async () => {
  await withPair(RELATIONSHIP, async pair => {
    for (const [file, text] of Object.entries(PLACES)) pair.write('primary', file, plant(text, 'A'));
    const { stdout } = await pair.warmspare('diff', '--show-secrets');
    expect(new Set(stdout.match(CANARY))).toHaveProperty('size', 20);
  });
});

test('what holds real bytes is for its owner alone', async () => {
  await withPair(RELATIONSHIP, async pair => {
    for (const [file, text] of Object.entries(PLACES)) pair.write('primary', file, plant(text, 'A'));
    await pair.warmspare('diff', '--out', 'plan.json');
    await pair.warmspare('update');
    pair.write('primary', 'garage.toml', plant(PLACES['garage.toml']!, 'B'));
    await pair.warmspare('update');
    expect(statSync(join(pair.folder, 'plan.json')).mode & 0o777).toBe(0o600);
    const own = pair.path('backup', '.warmspare');
    expect(statSync(own).mode & 0o777).toBe(0o700);
    // An earlier version has the mode of the file that it was; what guards it is the folder above.
    const all = readdirSync(own, { recursive: true, withFileTypes: true }).filter(
      entry => !/^\d+\.file\./.test(entry.name),
    );
    const modes = all.map(entry => [
      entry.isDirectory(),
      statSync(join(entry.parentPath, entry.name)).mode & 0o777,
    ]);
    expect(modes.filter(([isFolder]) => !isFolder).length).toBeGreaterThan(15);
    expect(modes.filter(([isFolder, mode]) => mode !== (isFolder ? 0o700 : 0o600))).toEqual([]);
  });
});
