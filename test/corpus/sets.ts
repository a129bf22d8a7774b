/**
 * The corpus of public configuration files, read where it lies: `../shared/corpus` beside the checkout.
 * It is no part of the repository, so its absence is a case of its own.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OracleFormat, OraclePair } from '../oracle/rules.ts';

export interface CorpusSet {
  readonly name: string;
  /** Name of the configuration file, without a folder. */
  readonly file: string;
  readonly format: OracleFormat;
  readonly text: string;
  readonly mapping: readonly OraclePair[];
  /** Strings in the file that resemble an identifier and are none. */
  readonly lookalikes: readonly string[];
}

/** Where the corpus is looked for: beside the folder that holds package.json. */
export function corpusFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(dirname(folder), 'shared', 'corpus');
}

/** The sentence to show when the corpus is absent; undefined when it is there. */
export function corpusMissing(folder: string = corpusFolder()): string | undefined {
  if (existsSync(join(folder, 'README.md'))) return undefined;
  return `the corpus of configuration files was looked for in ${folder} and is not there`;
}

/**
 * Called by a test of each file that needs the corpus: throws the sentence in CI, which must not pass
 * without it; elsewhere hands it over to be reported.
 */
export function demandCorpus(report: (sentence: string) => void): void {
  const missing = corpusMissing();
  if (missing === undefined) return;
  if (process.env.CI === 'true') throw new Error(missing);
  report(missing);
}

/** All sets, sorted by name; empty when the corpus is absent, and then `corpusMissing` says so. */
export function corpusSets(): CorpusSet[] {
  if (corpusMissing() !== undefined) return [];
  const folder = corpusFolder();
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => readSet(join(folder, entry.name), entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One folder of a configuration file and its identity.json, in the corpus' form. */
export function readSet(folder: string, name: string): CorpusSet {
  const identity = JSON.parse(readFileSync(join(folder, 'identity.json'), 'utf8'));
  const { file, format, mapping, lookalikes } = identity;
  return { name, file, format, mapping, lookalikes, text: readFileSync(join(folder, file), 'utf8') };
}
