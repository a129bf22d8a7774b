import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The functions of scripts/ensure.js, which is no TypeScript because it runs before the compiler is there. */
export interface Ensure {
  isTooOld(version: string): boolean;
  missingPackages(root: string): string[];
  isBuilt(root: string, stamp: string): boolean;
  sourceStamp(root: string): string;
}

const scripts = fileURLToPath(new URL('../../scripts/', import.meta.url));

export async function ensureModule(): Promise<Ensure> {
  return import(join(scripts, 'ensure.js'));
}

/** A folder like a fresh clone, with an npm and a compiler that only write down what they are asked. */
export class Clone {
  readonly root = mkdtempSync(join(tmpdir(), 'warmspare-clone-'));

  constructor() {
    cpSync(scripts, join(this.root, 'scripts'), { recursive: true });
    this.write('package.json', '{"type": "module"}');
    this.lock({ 'node_modules/typescript': { version: '1.0.0' } });
    this.write('src/a.ts', 'export {};');
    this.write('npm.js', NPM);
    this.write(
      'bin/warmspare.js',
      'console.log(JSON.stringify([process.cwd(), process.argv.slice(2)])); process.exitCode = 5;',
    );
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  lock(packages: Record<string, object>): void {
    this.write('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
  }

  /** Runs one of the scripts with the npm above. */
  run(
    script: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    cwd = this.root,
  ) {
    const { npm_lifecycle_event: _, INIT_CWD: __, ...rest } = process.env;
    const result = spawnSync(process.execPath, [join(this.root, 'scripts', script), ...args], {
      cwd,
      encoding: 'utf8',
      env: { ...rest, npm_execpath: join(this.root, 'npm.js'), ...env },
    });
    return { exit: result.status, stdout: result.stdout, stderr: result.stderr };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Installs a compiler as npm would. With NPM_FAILS=1 it fails. */
const NPM = `
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
console.log('npm', process.argv.slice(2).join(' '));
if (process.env.NPM_FAILS === '1') process.exit(7);
mkdirSync('node_modules/typescript/bin', { recursive: true });
cpSync('package-lock.json', 'node_modules/.package-lock.json');
writeFileSync('node_modules/typescript/package.json', '{"type": "module"}');
writeFileSync('node_modules/typescript/bin/tsc', \`
import { mkdirSync, writeFileSync } from 'node:fs';
console.log('tsc', process.argv.slice(2).join(' '));
if (process.env.TSC_FAILS === '1') process.exit(2);
mkdirSync('dist/cli', { recursive: true });
writeFileSync('dist/cli/main.js', '');
\`);
mkdirSync('node_modules/rolldown', { recursive: true });
writeFileSync('node_modules/rolldown/package.json', '{"type": "module", "exports": "./index.js"}');
writeFileSync('node_modules/rolldown/index.js', \`
import { mkdirSync, writeFileSync } from 'node:fs';
export const rolldown = async () => ({
  write: async ({ dir }) => {
    if (process.env.BUNDLE_FAILS === '1') process.exit(3);
    mkdirSync(dir, { recursive: true });
    writeFileSync(dir + '/main.js', '');
    return { output: [] };
  },
  close: async () => {},
});
\`);
`;
